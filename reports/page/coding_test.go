package page

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

// numbers reads what number wrote, as the script does.
func numbers(text string) (all []uint64) {
	v, shift := uint64(0), 0
	for _, c := range text {
		d := uint64(strings.IndexRune(digits, c))
		v |= d & 31 << shift
		if shift += 5; d < 32 {
			all, v, shift = append(all, v), 0, 0
		}
	}
	return all
}

// uncoded reads what coded wrote; NaN is unknown.
func uncoded(text string, scale float64) (all []float64) {
	last := int64(0)
	for _, z := range numbers(text) {
		last += int64(z>>1) ^ -int64(z&1)
		v := math.NaN()
		if last > 0 {
			v = float64(last-1) / scale
		}
		all = append(all, v)
	}
	return all
}

func TestValuesAreReadAsTheyWereWritten(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var want []float64
		for range rng.IntN(40) {
			v := math.Round(math.Exp(rng.Float64() * math.Log(largest-1)))
			want = append(want, []float64{v, 0, 1, math.NaN()}[rng.IntN(4)])
		}
		got := uncoded(coded(want, 1), 1)
		assert.Len(t, got, len(want))
		for i := range got {
			if math.IsNaN(want[i]) {
				assert.True(t, math.IsNaN(got[i]))
			} else {
				assert.Equal(t, want[i], got[i])
			}
		}
	}
	for _, bad := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), -1, 1 << 53} {
		assert.Equal(t, coded([]float64{math.NaN()}, 1), coded([]float64{bad}, 1), "%v is unknown", bad)
	}
	assert.Equal(t, []float64{0.123, 0.4}, uncoded(coded([]float64{0.1234, 0.4}, 1000), 1000))
}

func TestAnyQuantileFollowsFromTheEmbeddedBuckets(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, h := range []*measure.Histogram{measure.NewHistogram(), measure.NewSparseHistogram()} {
		h.Record(measure.Highest)
		for range 5000 {
			h.Record(time.Duration(rng.ExpFloat64() * float64(40*time.Millisecond)))
		}
		var sorted []time.Duration
		coded := numbers(buckets(h))
		for i, us := 0, uint64(0); i < len(coded); i += 2 {
			us += coded[i]
			for range coded[i+1] {
				sorted = append(sorted, time.Duration(us)*time.Microsecond)
			}
		}
		for _, q := range append(liveQuantiles, 0, 1) {
			want, _ := h.Quantile(q)
			assert.Equal(t, want, sorted[stats.NearestRank(q, h.Count())-1])
		}
		for range 10_000 {
			q := rng.Float64()
			if want, _ := h.Quantile(q); want != sorted[stats.NearestRank(q, h.Count())-1] {
				t.Errorf("quantile %v", q)
			}
		}
	}
	assert.Empty(t, buckets(nil))
	assert.Empty(t, buckets(measure.NewHistogram()))
}

func TestTheHeatMapHoldsEveryResponse(t *testing.T) {
	assert.Equal(t, []int64{1, 2, 10, 100, 1000, 10_000_000},
		[]int64{bands[0], bands[1], bands[12], bands[24], bands[36], bands[84]})
	h := measure.NewSparseHistogram()
	h.Record(time.Microsecond)
	h.RecordAll(3, time.Millisecond)
	h.Record(measure.Highest)
	got := numbers(heat([]*measure.Histogram{nil, h, measure.NewHistogram()}))
	assert.Equal(t, []uint64{0, 3, 0, 1, 35, 3, uint64(len(bands) - 38), 1, 0}, got)
}
