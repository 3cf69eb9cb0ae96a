package capacity

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/queueing"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// look runs a search to its end.
func search(t testing.TB, c Config, run func(rate float64) Outcome) Result {
	t.Helper()
	s, err := New(c)
	require.NoError(t, err)
	for {
		rate, more := s.Next()
		if !more {
			break
		}
		require.NoError(t, s.Record(rate, run(rate)))
	}
	r := s.Result()
	require.NotEmpty(t, r.Reason)
	return r
}

// upTo is a system without noise.
func upTo(capacity float64) func(float64) Outcome {
	return func(rate float64) Outcome {
		if rate <= capacity {
			return Met
		}
		return Missed
	}
}

func TestSearchWithoutNoise(t *testing.T) {
	for _, capacity := range []float64{7, 99, 100, 101, 570, 5000, 40_000} {
		r := search(t, Config{Start: 100}, upTo(capacity))
		assert.True(t, r.Converged(0.1), "%g: %+v", capacity, r)
		assert.LessOrEqual(t, r.Low, capacity)
		assert.GreaterOrEqual(t, r.High, capacity)
		assert.InEpsilon(t, capacity, r.Capacity, 0.1)
		assert.LessOrEqual(t, len(r.Trials), 20)
	}
}

func TestBracketByDoubling(t *testing.T) {
	r := search(t, Config{Start: 100}, upTo(570))
	var rates []float64
	for _, trial := range r.Trials[:4] {
		rates = append(rates, trial.Rate)
	}
	assert.Equal(t, []float64{100, 200, 400, 800}, rates)
	r = search(t, Config{Start: 100}, upTo(30))
	assert.Equal(t, 50.0, r.Trials[1].Rate)
	assert.Equal(t, 25.0, r.Trials[2].Rate)
}

func TestOneMissBoundsNothing(t *testing.T) {
	s, err := New(Config{Start: 5000, Most: 80_000, Resolution: 0.15, MaxRuns: 12})
	require.NoError(t, err)
	for _, row := range []struct {
		rate    float64
		outcome Outcome
	}{{5000, Met}, {10_000, Met}, {20_000, Met}, {40_000, Missed}} {
		require.NoError(t, s.Record(row.rate, row.outcome))
	}
	r := s.Result()
	assert.True(t, r.AtLeast)
	assert.Equal(t, 20_000.0, r.Capacity)
	assert.Zero(t, r.High, "it may lie above what was missed once")
	next, more := s.Next()
	require.True(t, more)
	require.NoError(t, s.Record(next, Missed))
	r = s.Result()
	assert.False(t, r.AtLeast, "two misses do")
	assert.Less(t, r.High, 40_000.0*growth)
}

func TestGeneratorBound(t *testing.T) {
	for _, limit := range []float64{90, 130, 950, 6000} {
		r := search(t, Config{Start: 100}, func(rate float64) Outcome {
			if rate > limit {
				return GeneratorBound
			}
			return Met
		})
		assert.True(t, r.AtLeast, "%+v", r)
		assert.LessOrEqual(t, r.Capacity, limit)
		assert.GreaterOrEqual(t, r.Capacity, limit/1.25, "%+v", r)
		assert.Zero(t, r.High)
		assert.Contains(t, r.Reason, "the generator gave out")
	}
	// A system that gives out before the generator does is not at least anything.
	r := search(t, Config{Start: 100}, func(rate float64) Outcome {
		if rate > 900 {
			return GeneratorBound
		}
		return upTo(500)(rate)
	})
	assert.False(t, r.AtLeast)
	assert.InEpsilon(t, 500, r.Capacity, 0.1)

	r = search(t, Config{Start: 100, Least: 50}, func(float64) Outcome { return GeneratorBound })
	assert.Zero(t, r.Capacity)
	assert.Contains(t, r.Reason, "could not offer even")
}

func TestEndsOfTheRange(t *testing.T) {
	r := search(t, Config{Start: 100, Most: 300}, upTo(1e6))
	assert.True(t, r.AtLeast)
	assert.Equal(t, 300.0, r.Capacity)
	assert.Contains(t, r.Reason, "the highest rate to be tried")

	r = search(t, Config{Start: 100, Least: 25}, func(float64) Outcome { return Missed })
	assert.True(t, r.AtMost)
	assert.Equal(t, 25.0, r.Capacity)
	assert.Contains(t, r.Reason, "even the least rate")
}

func TestVoidRunsAreRepeatedAndThenEndIt(t *testing.T) {
	n := 0
	r := search(t, Config{Start: 100}, func(rate float64) Outcome {
		if n++; n%3 == 1 {
			return Void
		}
		return upTo(570)(rate)
	})
	assert.InEpsilon(t, 570, r.Capacity, 0.1)
	r = search(t, Config{Start: 100}, func(float64) Outcome { return Void })
	assert.Zero(t, r.Capacity)
	assert.Len(t, r.Trials, 3)
	assert.Contains(t, r.Reason, "no evidence")
}

func TestRunsAreBounded(t *testing.T) {
	r := search(t, Config{Start: 100, MaxRuns: 3}, upTo(5000))
	assert.Len(t, r.Trials, 3)
	assert.True(t, r.AtLeast, "nothing was missed yet")
	assert.Equal(t, 400.0, r.Capacity)
	assert.Contains(t, r.Reason, "3 runs were made")
}

// Outcomes drawn from the model itself: the interval must hold the capacity as often as
// it says, with a few runs.
func TestOperatingCharacteristicsOfTheModel(t *testing.T) {
	effort.NoGoroutines(t)
	repetitions := effort.Of(100, 100, 300)
	for _, c := range []struct{ knee, lapse float64 }{{0.003, 0}, {0.01, 0.03}, {0.03, 0.03}, {0.08, 0.03}} {
		r := rand.New(rand.NewPCG(11, 12))
		var held, runs, converged int
		var errors []float64
		for range repetitions {
			capacity := 100 * math.Exp(6*(r.Float64()-0.3))
			found := search(t, Config{Start: 100, MaxRuns: 25}, func(rate float64) Outcome {
				p := c.lapse + (1-2*c.lapse)/(1+math.Pow(rate/capacity, 1/c.knee))
				if r.Float64() < p {
					return Met
				}
				return Missed
			})
			runs += len(found.Trials)
			if found.Low <= capacity && capacity <= found.High {
				held++
			}
			if found.Converged(0.1) {
				converged++
			}
			errors = append(errors, math.Abs(found.Capacity/capacity-1))
		}
		slices.Sort(errors)
		t.Logf("knee %.3f lapse %.2f: held %.1f %%, converged %.0f %%, %.1f runs, median error %.1f %%", c.knee,
			c.lapse,
			100*float64(held)/float64(repetitions), 100*float64(converged)/float64(repetitions),
			float64(runs)/float64(repetitions), 100*errors[repetitions/2])
		n := float64(repetitions)
		assert.GreaterOrEqual(t, float64(held), 0.95*n-3*math.Sqrt(0.95*0.05*n),
			"nominal 95 %%, three standard errors, %+v", c)
		assert.LessOrEqual(t, errors[repetitions/2], 0.05)
	}
}

// p99 simulates n requests of an M/M/c queue and returns the p99 of their response times in
// seconds, leaving out the first tenth.
func p99(r *rand.Rand, c int, rate, service float64, n int) float64 {
	free := make([]float64, c)
	responses := make([]float64, 0, n)
	now := 0.0
	for i := range n {
		now += r.ExpFloat64() / rate
		k := 0
		for j := range free {
			if free[j] < free[k] {
				k = j
			}
		}
		free[k] = max(now, free[k]) + r.ExpFloat64()*service
		if i >= n/10 {
			responses = append(responses, free[k]-now)
		}
	}
	slices.Sort(responses)
	return responses[int(0.99*float64(len(responses)))]
}

// Systems of known capacity, with the noise of finite runs. Their p99 is a little low, since a run begins
// with an empty queue, so that the capacity found lies slightly above the queue's own.
func TestOperatingCharacteristicsOfQueues(t *testing.T) {
	effort.NoGoroutines(t)
	const requests = 40_000
	repetitions := effort.Of(6, 12, 40)
	for _, c := range []struct {
		servers int
		service float64
		bound   float64
	}{{1, 0.007, 0.2}, {4, 0.007, 0.15}, {8, 0.007, 0.1}} {
		truth, err := queueing.MaxRate(c.servers, c.service, 0.99, c.bound)
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(uint64(c.servers), 5))
		var held, runs int
		var errors []float64
		for range repetitions {
			found := search(t, Config{Start: truth * math.Exp(3*(r.Float64()-0.5))}, func(rate float64) Outcome {
				if p99(r, c.servers, rate, c.service, requests) <= c.bound {
					return Met
				}
				return Missed
			})
			runs += len(found.Trials)
			if found.Low <= truth && truth <= found.High {
				held++
			}
			errors = append(errors, math.Abs(found.Capacity/truth-1))
		}
		slices.Sort(errors)
		t.Logf("M/M/%d, p99 <= %g s, capacity %.0f/s: held %d of %d, %.1f runs, median error %.1f %%, worst %.1f %%",
			c.servers, c.bound, truth, held, repetitions, float64(runs)/float64(repetitions), 100*errors[repetitions/2],
			100*errors[repetitions-1])
		assert.GreaterOrEqual(t, held, repetitions*82/100)
		assert.LessOrEqual(t, errors[repetitions/2], 0.04)
		assert.LessOrEqual(t, float64(runs)/float64(repetitions), 18.0)
	}
}

func TestRecordWhatWasNotAsked(t *testing.T) {
	s, err := New(Config{Start: 100, MaxRuns: 1})
	require.NoError(t, err)
	assert.ErrorContains(t, s.Record(90, Met), "the run to be made is at 100 req/s")
	assert.ErrorContains(t, s.Record(100, 0), "outcome 0")
	require.NoError(t, s.Record(100, Met))
	assert.ErrorContains(t, s.Record(100, Met), "has ended")
}

func TestBadConfigs(t *testing.T) {
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{}, "start 0"}, {Config{Start: math.NaN()}, "start NaN"},
		{Config{Start: 10, Least: 20}, "least rate 20"},
		{Config{Start: 10, Most: 5}, "highest rate 5"}, {Config{Start: 10, Resolution: 2}, "resolution 2"},
		{Config{Start: 10, Level: 1}, "level 1"}, {Config{Start: 10, Lapse: 0.5}, "lapse 0.5"},
		{Config{Start: 10, MaxRuns: -1}, "number of runs -1"},
	} {
		_, err := New(c.c)
		assert.ErrorContains(t, err, c.want)
	}
}

func TestClaimsAtAnotherRate(t *testing.T) {
	claims := []suite.Claim{
		{
			ID: "r", Metric: "rate", Op: suite.AtLeast,
			Value: suite.Quantity{Value: 100, Unit: suite.RequestsPerSecond}, Tolerance: 0.01,
		},
		{ID: "p", Metric: "p99", Op: suite.AtMost, Value: suite.Quantity{Value: 200, Unit: suite.Milliseconds}},
	}
	at := ClaimsAt(claims, 400, 0)
	assert.Equal(t, 396.0, at[0].Bound())
	assert.Equal(t, claims[1], at[1])
	assert.Equal(t, 100.0, claims[0].Value.Value, "the claims themselves stay")
}

func TestBottleneck(t *testing.T) {
	load := func(rate, worker, store, host float64) Load {
		return Load{rate, map[Resource]float64{Workers: worker, Stores: store, Host: host}}
	}
	limits := Limits([]Load{load(100, 0.2, 0.1, 0.15), load(200, 0.4, 0.2, 0.3), load(400, 0.8, 0.4, 0.6)}, 480)
	require.Len(t, limits, 3)
	assert.Equal(t, Workers, limits[0].Resource)
	assert.InEpsilon(t, 500, limits[0].Rate, 1e-9)
	assert.InEpsilon(t, 0.96, limits[0].Busy, 1e-9)
	assert.True(t, limits[0].Saturated)
	assert.Equal(t, "worker processor saturated first: 96 % busy at the capacity, fully at 500 req/s",
		Bottleneck(limits))
	assert.Contains(t, Bottleneck(Limits([]Load{load(100, 0.2, 0.1, 0.15)}, 200)),
		"nothing that was measured was fully used: the busiest, worker processor, was 40 % busy")
	assert.Contains(t, Bottleneck(Limits(nil, 200)), "not known")
}

func TestLoadOfARun(t *testing.T) {
	w := &measure.Window{End: 10 * time.Second, Offered: 1000, Succeeded: 1000, Completed: 1000}
	u := &measure.Usage{Series: []measure.Series{
		{Role: measure.RoleWorker, CPU: 8, Known: true}, {Role: measure.RoleWorker, CPU: 6, Known: true},
		{Role: measure.RoleStore, CPU: 4, Known: true}, {Role: measure.RoleGenerator, Known: false},
	}}
	l := LoadOf(w, u, 2, 4)
	assert.Equal(t, 100.0, l.Rate)
	assert.Equal(t, map[Resource]float64{Workers: 0.7, Stores: 0.1}, l.Busy, "what is not known is not there")
	assert.Empty(t, LoadOf(nil, nil, 1, 1).Busy)
}
