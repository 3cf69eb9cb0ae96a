package measure

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kinds are the two ways in which a histogram is kept; they must not differ in anything
// but their size.
var kinds = map[string]func() *Histogram{"dense": NewHistogram, "sparse": NewSparseHistogram}

func TestHistogramHoldsWhatFits(t *testing.T) {
	for _, c := range []struct {
		name       string
		value      time.Duration
		want       time.Duration // of the quantile 1
		outOfRange uint64
	}{
		{"zero counts as the lowest", 0, Lowest, 0},
		{"a part of the lowest counts as the lowest", 300 * time.Nanosecond, Lowest, 0},
		{"a part of a microsecond is rounded up", 17*time.Microsecond + 1, 18 * time.Microsecond, 0},
		{"the lowest", Lowest, Lowest, 0},
		{"the highest", Highest, Highest, 0},
		{"above the highest is recorded as the highest, and counted", Highest + 1, Highest, 1},
		{"far above", time.Duration(math.MaxInt64), Highest, 1},
		{"below zero is recorded as the lowest, and counted", -1, Lowest, 1},
		{"far below", time.Duration(math.MinInt64), Lowest, 1},
	} {
		for kind, fresh := range kinds {
			t.Run(c.name+", "+kind, func(t *testing.T) {
				h := fresh()
				h.Record(c.value)
				got, ok := h.Quantile(1)
				require.True(t, ok)
				assert.Equal(t, c.want, got)
				assert.Equal(t, uint64(1), h.Count())
				assert.Equal(t, c.outOfRange, h.OutOfRange())
			})
		}
	}
}

func TestHistogramWithoutValuesHasNoFigures(t *testing.T) {
	for kind, fresh := range kinds {
		h := fresh()
		_, quantile := h.Quantile(0.5)
		_, most := h.Quantile(1)
		assert.False(t, quantile || most, kind)
	}
}

func TestQuantileRefusesWhatIsNoShare(t *testing.T) {
	h := NewHistogram()
	h.Record(time.Second)
	for _, q := range []float64{-0.1, 1.1, math.NaN(), math.Inf(1)} {
		_, ok := h.Quantile(q)
		assert.False(t, ok, "%v", q)
	}
}

// The quantile is never below the exact one, and above it by the resolution at most.
func TestQuantileIsExactWithinTheResolution(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		values := make([]time.Duration, 1+rng.IntN(400))
		all := map[string]*Histogram{}
		for kind, fresh := range kinds {
			all[kind] = fresh()
		}
		for i := range values {
			values[i] = time.Duration(math.Exp(rng.Float64()*16+7)) + time.Duration(rng.IntN(100))
			values[i] = min(values[i], Highest)
			for _, h := range all {
				h.Record(values[i])
			}
		}
		slices.Sort(values)
		for _, q := range []float64{0, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1, rng.Float64()} {
			exact := values[max(1, int(math.Ceil(q*float64(len(values))-1e-9)))-1]
			dense, _ := all["dense"].Quantile(q)
			for kind, h := range all {
				got, ok := h.Quantile(q)
				require.True(t, ok)
				require.Equal(t, dense, got, "%s, q=%v of %d", kind, q, len(values))
				require.GreaterOrEqual(t, got, exact, "%s, q=%v of %d", kind, q, len(values))
				require.LessOrEqual(t, got, exact+max(2*time.Microsecond, exact/1000+time.Microsecond),
					"%s, q=%v of %d", kind, q, len(values))
			}
		}
	}
}

func TestMergeAddsWhateverTheKinds(t *testing.T) {
	for intoKind, into := range kinds {
		for fromKind, from := range kinds {
			a, b := into(), from()
			for i := range 1000 {
				a.Record(time.Duration(i) * time.Microsecond)
				b.Record(time.Duration(i) * time.Millisecond)
			}
			b.Record(2 * Highest)
			require.NoError(t, a.Merge(b))
			assert.Equal(t, uint64(2001), a.Count(), "%s into %s", fromKind, intoKind)
			assert.Equal(t, uint64(1), a.OutOfRange(), "%s into %s", fromKind, intoKind)
			most, _ := a.Quantile(1)
			assert.Equal(t, Highest, most)
			assert.Equal(t, uint64(1001), b.Count(), "the merged one is left as it was")
		}
	}
}

func BenchmarkHistogramRecord(b *testing.B) {
	for kind, fresh := range kinds {
		b.Run("kind="+kind, func(b *testing.B) {
			h := fresh()
			values := lognormal(1 << 12)
			i := 0
			for b.Loop() {
				h.Record(values[i&(len(values)-1)])
				i++
			}
		})
	}
}

// lognormal draws n durations around 1 ms.
func lognormal(n int) []time.Duration {
	rng := rand.New(rand.NewPCG(7, 7))
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = time.Duration(1e6 * math.Exp(0.7*rng.NormFloat64()))
	}
	return values
}

func TestACopyIsOfItsOwn(t *testing.T) {
	for name, h := range map[string]*Histogram{"dense": NewHistogram(), "sparse": NewSparseHistogram()} {
		assert.Zero(t, h.Copy().Count(), name)
		for i := range 3000 {
			h.Record(time.Duration(i*i) * time.Microsecond)
		}
		h.Record(2 * Highest)
		first := h.Copy()
		second := first.Copy()
		first.Record(time.Second)
		assert.Equal(t, []uint64{3001, 3002, 3001}, []uint64{h.Count(), first.Count(), second.Count()}, name)
		assert.Equal(t, maps.Collect(h.Buckets()), maps.Collect(second.Buckets()), name)
		assert.Equal(t, uint64(1), second.OutOfRange(), name)
		second.Reset()
		h.Reset()
		assert.Equal(t, uint64(3002), first.Count(), name)
	}
}
