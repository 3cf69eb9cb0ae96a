package load

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrivals lists the arrivals of a schedule before end.
func arrivals(s Schedule, end time.Duration) []time.Duration {
	var all []time.Duration
	for i := uint64(0); s.At(i) < end; i++ {
		all = append(all, s.At(i))
	}
	return all
}

// within counts the arrivals in [from, to).
func within(all []time.Duration, from, to time.Duration) int {
	n := 0
	for _, at := range all {
		if from <= at && at < to {
			n++
		}
	}
	return n
}

func TestConstantHasExactlyItsRateInEveryWindow(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 3, 7, 100, 300, 333, 1000, 5000, 7919} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			all := arrivals(Constant(rate), 14*time.Second)
			for from := time.Duration(0); from < 14*time.Second; from += 2 * time.Second {
				assert.Equal(t, int(2*rate), within(all, from, from+2*time.Second), "from %v", from)
			}
			assert.Zero(t, all[0])
		})
	}
}

func TestConstantIsExactAfterYears(t *testing.T) {
	assert.Equal(t, 365*24*time.Hour, Constant(5000).At(5000*365*24*3600))
	assert.Equal(t, Never, Constant(1e-12).At(math.MaxUint64))
}

func TestPoissonHasExactlyItsCountInEveryWindow(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		windows []time.Duration
		want    []int
	}{
		{100, []time.Duration{2 * time.Second, 5 * time.Second}, []int{200, 500}},
		{5000, []time.Duration{time.Second, 3 * time.Second}, []int{5000, 15000}},
		{0.3, []time.Duration{time.Second, 5 * time.Second}, []int{0, 2}},
		{7, []time.Duration{0, 1500 * time.Millisecond}, []int{0, 11}},
		{4096, []time.Duration{time.Second, time.Second}, []int{4096, 4096}},
	} {
		t.Run(fmt.Sprint(c.rate), func(t *testing.T) {
			all := arrivals(Poisson(c.rate, 1, c.windows...), Never)
			start := time.Duration(0)
			for i, length := range c.windows {
				assert.Equal(t, c.want[i], within(all, start, start+length), "window %d", i)
				start += length
			}
			assert.Equal(t, within(all, 0, start), len(all))
			assert.IsNonDecreasing(t, all)
		})
	}
}

func TestPoissonIsTheSeedsAlone(t *testing.T) {
	of := func(seed uint64) []time.Duration {
		return arrivals(Poisson(9000, seed, time.Second, time.Second), Never)
	}
	assert.Equal(t, of(1), of(1))
	assert.NotEqual(t, of(1), of(2))
	forwards, backwards := of(3), Poisson(9000, 3, time.Second, time.Second)
	for i := len(forwards) - 1; i >= 0; i -= 700 {
		require.Equal(t, forwards[i], backwards.At(uint64(i)), "asked for in another order, arrival %d", i)
	}
}

func TestPoissonMayBeAskedByManyAtOnce(t *testing.T) {
	s := Poisson(9000, 3, time.Second)
	want := arrivals(Poisson(9000, 3, time.Second), Never)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := g; i < len(want); i += 997 {
				assert.Equal(t, want[i], s.At(uint64(i)))
			}
		})
	}
	wg.Wait()
}

// The arrivals are uniform over the window and the gaps between them exponential: by
// Kolmogorov and Smirnov, whose statistic times the root of n exceeds 1.95 once in a
// thousand cases.
func TestPoissonIsUniformWithExponentialGaps(t *testing.T) {
	const n, critical = 20000, 1.95
	all := arrivals(Poisson(n, 42, time.Second), Never)
	uniform, worst := 0.0, 0.0
	gaps := make([]float64, 0, n)
	for i, at := range all {
		uniform = max(uniform, math.Abs(at.Seconds()-float64(i)/n))
		if i > 0 {
			gaps = append(gaps, (at-all[i-1]).Seconds()*n)
		}
	}
	assert.Less(t, uniform*math.Sqrt(n), critical)
	for _, x := range []float64{0.1, 0.3, 0.7, 1, 2, 3, 5} {
		below := 0.0
		for _, g := range gaps {
			if g <= x {
				below++
			}
		}
		worst = max(worst, math.Abs(below/float64(len(gaps))-(1-math.Exp(-x))))
	}
	assert.Less(t, worst*math.Sqrt(n), critical)
}

func TestProcessorsFollowTheRate(t *testing.T) {
	of := func(s Schedule) int { return wanted(fastest(s, time.Hour)) }
	assert.Equal(t, 1, of(Constant(0.001)))
	assert.Equal(t, 1, of(Constant(5000)))
	assert.Equal(t, 3, of(Constant(20000)))
	assert.Equal(t, 3, of(Shaped(Piece{Length: time.Minute, To: 20000})), "at its fastest")
	assert.Equal(t, 1, of(Poisson(5000, 1, 100*time.Millisecond)), "fewer arrivals than are looked at")
	assert.Equal(t, 1<<16, of(Constant(1e18)))
}

// BenchmarkSchedule asks for one arrival after another, as a run does.
func BenchmarkSchedule(b *testing.B) {
	for name, s := range map[string]Schedule{"constant": Constant(5000), "poisson": Poisson(5000, 1, 2*time.Hour)} {
		b.Run("arrivals="+name, func(b *testing.B) {
			i := uint64(0)
			for b.Loop() {
				_ = s.At(i)
				i++
			}
		})
	}
}
