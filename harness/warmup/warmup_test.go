package warmup

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

const (
	ms = time.Millisecond
	s  = time.Second
)

// system is a simulated one under a constant load that rises over a ramp.
type system struct {
	rate    float64 // req/s
	servers int
	service time.Duration // mean, exponential; a server's own
	// slowed multiplies the service time of what starts at a moment.
	slowed func(at time.Duration) float64
	// fails says whether what starts at a moment fails; nil: nothing does.
	fails func(at time.Duration) bool
}

// moments is a heap of the times at which servers are free.
type moments []time.Duration

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i] < m[j] }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(v any)        { *m = append(*m, v.(time.Duration)) }
func (m *moments) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

// connections is how many the simulated generator has.
const connections = 256

// decide runs the system until its warm-up ends, and returns when that was, and how many requests were in the system.
func (y system) decide(t testing.TB, b Bounds, seed uint64) (time.Duration, Decision, float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0x7761726d))
	var meter Meter
	free, held := make(moments, y.servers), make(moments, connections)
	d, n := New(b), 0
	for at := time.Duration(0); ; {
		for _, interval := range meter.Take(at) {
			n++
			if decision := d.Add(interval); decision.State != Warming {
				return time.Duration(n) * Length, decision, d.backlog[n-1]
			}
		}
		require.LessOrEqual(t, at, b.Most+5*s, "the warm-up did not end")
		meter.Offered(at)
		connected := max(at, held[0])
		start := max(connected, free[0])
		service := r.ExpFloat64() * float64(y.service)
		if y.slowed != nil {
			service *= y.slowed(start)
		}
		done := start + time.Duration(service)
		free[0], held[0] = done, done
		heap.Fix(&free, 0)
		heap.Fix(&held, 0)
		good := y.fails == nil || !y.fails(start)
		meter.Answered(done, done-at, good, 2*(connected-at) > done-at)
		rate := y.rate
		if at < b.Ramp {
			rate *= max(0.1, at.Seconds()/b.Ramp.Seconds())
		}
		at += time.Duration(r.ExpFloat64() / rate * float64(time.Second))
	}
}

var bounds = Bounds{Ramp: 500 * ms, Least: 1500 * ms, Most: 30 * s}

// busy is a system whose servers are busy for a share of the time.
func busy(rate float64, servers int, share float64) system {
	return system{rate: rate, servers: servers, service: time.Duration(share * float64(servers) / rate * float64(s))}
}

// A stationary queue is called warm soon, and is never called saturated.
func TestStationaryQueueIsWarmSoon(t *testing.T) {
	effort.NoGoroutines(t)
	for _, y := range []system{
		busy(100, 1, 0.5), busy(100, 4, 0.8), busy(300, 4, 0.5), busy(300, 4, 0.8), busy(1000, 2, 0.7),
		busy(5000, 8, 0.5), busy(5000, 8, 0.8),
		{rate: 300, servers: 1000, service: 400 * ms}, // slow, and not busy
		{rate: 5, servers: 2, service: 100 * ms},
	} {
		late, total := 0, 0
		for seed := range effort.Of[uint64](20, 30, 100) {
			at, d, _ := y.decide(t, bounds, seed)
			assert.Equal(t, Warm, d.State, "%+v, seed %d", y, seed)
			assert.GreaterOrEqual(t, d.Steady, bounds.Ramp, "%+v", y)
			soon := 2500 * ms
			if y.service >= 100*ms { // a slow one takes a response time longer, a slow load as long as it takes to see
				soon = 10 * s
			}
			if total++; at > soon {
				late++
			}
			assert.Less(t, at, 20*s, "%+v, seed %d", y, seed)
		}
		assert.LessOrEqual(t, late, total/10, "%+v", y)
	}
}

// A cold start whose first second completes a tenth, and whose backlog takes until 4 s to drain, is warm
// only after that.
func TestColdStartIsWarmOnceItsBacklogIsGone(t *testing.T) {
	effort.NoGoroutines(t)
	for _, rate := range []float64{300, 1000, 5000} {
		// Of 1.3 times the rate, a tenth of which in the first second.
		y := busy(rate, 8, 1/1.35)
		y.slowed = func(at time.Duration) float64 {
			if at < s {
				return 13
			}
			return 1
		}
		for seed := range effort.Of[uint64](10, 15, 50) {
			at, d, backlog := y.decide(t, bounds, seed)
			assert.Equal(t, Warm, d.State, "%g, seed %d", rate, seed)
			// The ramp leaves 0.7 s of load unanswered, which 0.35 of the rate drain in 2 s.
			assert.Greater(t, at, 2500*ms, "%g, seed %d", rate, seed)
			assert.LessOrEqual(t, backlog, max(rate/10, 20), "%g, seed %d", rate, seed)
			assert.Less(t, at, 8*s, "%g, seed %d", rate, seed)
		}
	}
}

func TestOverloadIsRecognised(t *testing.T) {
	effort.NoGoroutines(t)
	for rate, shares := range map[float64][]float64{100: {2, 4}, 300: {1.5, 3}, 5000: {1.1, 1.5, 3}} {
		for _, share := range shares {
			for seed := range effort.Of[uint64](10, 15, 50) {
				at, d, _ := busy(rate, 4, share).decide(t, bounds, seed)
				assert.Equal(t, Saturated, d.State, "%g x %g, seed %d", rate, share, seed)
				assert.Zero(t, d.Steady)
				assert.Less(t, at, 6*s, "%g x %g, seed %d", rate, share, seed)
			}
		}
	}
}

// What becomes faster step by step is waited for, however long it takes.
func TestRisingThroughputIsWaitedFor(t *testing.T) {
	effort.NoGoroutines(t)
	y := busy(1000, 4, 0.5)
	y.slowed = func(at time.Duration) float64 { return 1 + 7/(1+at.Seconds()) - 7/11.0 }
	for seed := range uint64(20) {
		_, d, _ := y.decide(t, bounds, seed)
		assert.Equal(t, Warm, d.State, "seed %d", seed)
	}
}

func TestFailuresThatEndAreWaitedFor(t *testing.T) {
	y := busy(300, 4, 0.5)
	y.fails = func(at time.Duration) bool { return at < 2*s }
	for seed := range uint64(20) {
		at, d, _ := y.decide(t, Bounds{Ramp: 500 * ms, Least: 2200 * ms, Most: 30 * s}, seed)
		assert.Equal(t, Warm, d.State)
		assert.Greater(t, at, 2400*ms)
	}
}

// level is an interval of a load that is answered as it comes.
func level(offered, good uint64, response time.Duration) Interval {
	i := Interval{Offered: offered, Good: good}
	for range good {
		i.Times.Add(response)
	}
	return i
}

func TestDecide(t *testing.T) {
	same := func(i Interval) func(int) Interval { return func(int) Interval { return i } }
	for _, c := range []struct {
		name string
		b    Bounds
		at   func(i int) Interval
		want Decision
		end  time.Duration
	}{
		{"steady from the start", bounds, same(level(30, 30, 5*ms)), Decision{Warm, 500 * ms}, 1500 * ms},
		{"a longer least", Bounds{500 * ms, 4 * s, 30 * s}, same(level(30, 30, 5*ms)), Decision{Warm, 500 * ms}, 4 * s},
		{"a fixed one", Bounds{0, 3 * s, 3 * s}, same(level(30, 30, 5*ms)), Decision{Fixed, 100 * ms}, 3 * s},
		{"a fixed one, overloaded", Bounds{0, 3 * s, 3 * s}, same(level(30, 20, 5*ms)), Decision{Fixed, 0}, 3 * s},
		{"overload", bounds, same(level(30, 20, 5*ms)), Decision{Saturated, 0}, 3900 * ms},
		{"nothing is answered", bounds, same(Interval{Offered: 30}), Decision{Saturated, 0}, 3900 * ms},
		{"everything fails", bounds, same(Interval{Offered: 30, Failed: 30}), Decision{Warm, 500 * ms}, 1500 * ms},
		{"overload, and a most before it can be told", Bounds{500 * ms, 1 * s, 2 * s}, same(level(30, 20, 5*ms)),
			Decision{Unsettled, 0}, 2 * s},
		{"no load", Bounds{0, s, 2 * s}, same(Interval{}), Decision{Unsettled, 0}, 2 * s},
		{"answers become faster until 3 s", bounds, func(i int) Interval {
			return level(500, 500, 4*s/time.Duration(1<<min(i/3, 10)))
		}, Decision{Warm, 3 * s}, 4 * s},
		{"answers become ever faster", Bounds{0, s, 5 * s}, func(i int) Interval {
			return level(500, 500, time.Duration(float64(s)*math.Pow(0.9, float64(i))))
		}, Decision{Unsettled, 0}, 5 * s},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, c.b.Check())
			d := New(c.b)
			for i := 0; ; i++ {
				got := d.Add(c.at(i))
				if got.State == Warming {
					require.Less(t, i, 400)
					continue
				}
				assert.Equal(t, c.want, got)
				assert.Equal(t, c.end, time.Duration(i+1)*Length)
				return
			}
		})
	}
}

func TestBounds(t *testing.T) {
	for _, b := range []Bounds{{}, {0, s, s}, {s, s, 2 * s}} {
		assert.NoError(t, b.Check())
	}
	for _, b := range []Bounds{{-1, 0, 0}, {0, -1, 0}, {2 * s, s, 3 * s}, {0, 2 * s, s}} {
		assert.ErrorContains(t, b.Check(), "allowed are")
	}
}

func TestMeter(t *testing.T) {
	var m Meter
	m.Offered(50 * ms)
	m.Offered(150 * ms)
	m.Answered(60*ms, 10*ms, true, false)
	assert.Len(t, m.Take(99*ms), 0)
	first := m.Take(250 * ms)
	require.Len(t, first, 2)
	assert.Equal(t, []uint64{1, 1, 1, 0}, []uint64{first[0].Offered, first[0].Good, first[1].Offered, first[1].Good})
	m.Answered(160*ms, 10*ms, false, true) // after its interval was taken
	late := m.Take(300 * ms)
	require.Len(t, late, 1)
	assert.Equal(t, []uint64{1, 1}, []uint64{late[0].Failed, late[0].Waited})
	assert.Len(t, m.Take(500*ms), 2)
}

func TestTimes(t *testing.T) {
	var times Times
	for i := range 1000 {
		times.Add(time.Duration(i+1) * ms)
	}
	times.Add(0)
	times.Add(time.Hour)
	assert.InEpsilon(t, 500_000, times.quantile(0.5), 0.1)
	assert.InEpsilon(t, 990_000, times.quantile(0.99), 0.1)
	assert.Equal(t, uint64(1002), times.count())
}

func TestASystemIsNotWarmWhileTheGeneratorPassesRequestsOver(t *testing.T) {
	for passed, want := range map[uint64]State{0: Warm, 1: Unsettled} {
		d := New(Bounds{Least: time.Second, Most: 6 * time.Second})
		var got Decision
		for range 60 {
			i := Interval{Offered: 100, Good: 100, Passed: passed}
			for range 100 {
				i.Times.Add(10 * time.Millisecond)
			}
			if got = d.Add(i); got.State != Warming {
				break
			}
		}
		assert.Equal(t, want, got.State, "%d passed over", passed)
	}
}
