package judge

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// queued is a measurement window of a simulated M/M/c queue.
type queued struct {
	servers int
	rate    float64                      // Poisson arrivals, 1/s
	busy    float64                      // utilization at the mean service time
	slowed  func(second float64) float64 // factor on the service time; nil: 1
	seconds int
	cut     time.Duration // taken from the window's end
}

func (q queued) window(r *rand.Rand) *measure.Window {
	const warmup = 2.0
	w := &measure.Window{Start: 0, End: time.Duration(q.seconds)*time.Second - q.cut}
	for i := range q.seconds {
		w.Seconds = append(w.Seconds,
			measure.Second{At: time.Duration(i) * time.Second, Response: measure.NewSparseHistogram()})
	}
	service, free, now := q.busy*float64(q.servers)/q.rate, make([]float64, q.servers), -warmup
	for i := range free {
		free[i] = now
	}
	for {
		if now += r.ExpFloat64() / q.rate; now >= float64(q.seconds) {
			return w
		}
		k := 0
		for j := range free {
			if free[j] < free[k] {
				k = j
			}
		}
		work := r.ExpFloat64() * service
		if q.slowed != nil && now > 0 {
			work *= q.slowed(now)
		}
		free[k] = max(now, free[k]) + work
		if now >= 0 {
			w.Seconds[int(now)].Offered++
			w.Seconds[int(now)].Response.Record(min(measure.Highest, time.Duration((free[k]-now)*1e9)))
		}
		if at := int(math.Floor(free[k])); at >= 0 && at < q.seconds {
			w.Seconds[at].Completed++
		}
	}
}

// alarms is how many of n windows are called unsteady.
func alarms(t *testing.T, q queued, n int) int {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(q.seconds), uint64(100*q.busy)))
	count := 0
	for range n {
		reason, known := SteadyState(q.window(r))
		require.True(t, known, reason)
		if !reason.None() {
			count++
		}
	}
	return count
}

// A queue in its steady state is called unsteady in less than 2 % of all runs, also at
// 90 % utilization, where its seconds depend on each other.
func TestFalseAlarmsOfSteadyState(t *testing.T) {
	effort.NoGoroutines(t)
	runs := effort.Of(200, 200, 400)
	for _, q := range []queued{
		{servers: 1, rate: 100, busy: 0.6, seconds: 5}, {servers: 4, rate: 300, busy: 0.7, seconds: 5},
		{servers: 4, rate: 300, busy: 0.9, seconds: 5},
		{servers: 8, rate: 1000, busy: 0.75, seconds: 5},
		{servers: 4, rate: 300, busy: 0.7, seconds: 7}, {servers: 4, rate: 300, busy: 0.7, seconds: 10},
		{servers: 4, rate: 300, busy: 0.9, seconds: 10},
		{servers: 4, rate: 300, busy: 0.7, seconds: 30}, {servers: 4, rate: 300, busy: 0.9, seconds: 30},
	} {
		n := alarms(t, q, runs)
		t.Logf("M/M/%d at %.0f/s, %.0f %% busy, %2d s: %.1f %% false alarms", q.servers, q.rate, 100*q.busy, q.seconds,
			100*float64(n)/float64(runs))
		assert.LessOrEqual(t, n, runs*2/100+5, "%+v", q) // 2 % and two standard errors
	}
}

func TestPowerOfSteadyState(t *testing.T) {
	effort.NoGoroutines(t)
	const runs = 100
	step := func(at, to float64) func(float64) float64 {
		return func(s float64) float64 {
			if s < at {
				return 1
			}
			return to
		}
	}
	rise := func(perSecond float64) func(float64) float64 {
		return func(s float64) float64 { return 1 + perSecond*s }
	}
	for _, c := range []struct {
		name string
		q    queued
		want int // of the runs, at least
	}{
		{"overload, 5 s", queued{servers: 4, rate: 300, busy: 1.15, seconds: 5}, 90},
		{"overload, 10 s", queued{servers: 4, rate: 300, busy: 1.10, seconds: 10}, 90},
		{"ever slower, 5 s", queued{servers: 4, rate: 1000, busy: 0.4, slowed: rise(0.4), seconds: 5}, 80},
		{"ever slower, 10 s", queued{servers: 4, rate: 300, busy: 0.3, slowed: rise(0.2), seconds: 10}, 90},
		{
			"twice as slow from the middle on, 10 s",
			queued{servers: 4, rate: 300, busy: 0.3, slowed: step(5, 2), seconds: 10}, 80,
		},
		{
			"twice as slow from the middle on, 30 s",
			queued{servers: 4, rate: 300, busy: 0.3, slowed: step(15, 2), seconds: 30}, 99,
		},
		{
			"faster after ten seconds: the warm-up was too short, 30 s",
			queued{
				servers: 4, rate: 300, busy: 0.3,
				slowed: func(s float64) float64 { return step(10, 1)(s) * (1 + step(10, 0)(s)*1.5) }, seconds: 30,
			}, 99,
		},
	} {
		n := alarms(t, c.q, runs)
		t.Logf("%s: %d of %d told", c.name, n, runs)
		assert.GreaterOrEqual(t, n, c.want*runs/100, c.name)
	}
}

// A window that began slower than it ended may be called unsteady, and proves what it met all the same.
func TestAChangeForTheBetterWithholdsNothing(t *testing.T) {
	effort.NoGoroutines(t)
	change := func(first, then float64) queued {
		return queued{servers: 4, rate: 300, busy: 0.3, seconds: 30, slowed: func(s float64) float64 {
			if s < 10 {
				return first
			}
			return then
		}}
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 20 {
		better, worse := change(2.5, 1).window(r), change(1, 2.5).window(r)
		for _, w := range []*measure.Window{better, worse} {
			reason, known := SteadyState(w)
			require.True(t, known)
			assert.Equal(t, P99Changed, reason.Code)
		}
		assert.Zero(t, Withheld(Evidence{Window: better}))
		assert.Equal(t, P99Changed, Withheld(Evidence{Window: worse}).Code)
	}
}

func TestTooShortToTell(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		q    queued
		want string
	}{
		{queued{servers: 4, rate: 300, busy: 2, seconds: 4}, "too short"},
		{queued{servers: 4, rate: 300, busy: 2, seconds: 5, cut: time.Millisecond}, "4 whole seconds"},
		{queued{servers: 4, rate: 20, busy: 0.5, seconds: 10}, "too few requests"},
	} {
		w := c.q.window(r)
		reason, known := SteadyState(w)
		assert.False(t, known)
		assert.Contains(t, reason.String(), c.want)
		assert.Zero(t, Withheld(Evidence{Window: w}), "what cannot be told withholds nothing")
	}
	_, known := SteadyState(nil)
	assert.False(t, known)
}

func TestReasonsHaveFigures(t *testing.T) {
	w := &measure.Window{End: 10 * time.Second}
	for i := range 10 {
		s := measure.Second{Offered: 100, Completed: 100, Response: measure.NewSparseHistogram()}
		if i >= 5 {
			s.Completed = 80 - uint64(i)
		}
		for range 100 {
			s.Response.Record(time.Duration(i+1) * time.Millisecond)
		}
		w.Seconds = append(w.Seconds, s)
	}
	reason := shareChanges(w.Seconds)
	assert.Equal(t, "no steady state: the throughput changed at second 6 from 100 % to 73 % of what was offered",
		reason.String())
	reason = p99Changes(w.Seconds)
	assert.Equal(t, "no steady state: p99 changed at second 6 from 3.00 ms to 8.00 ms", reason.String())
	all, known := SteadyState(w)
	assert.True(t, known)
	assert.False(t, all.None())
	assert.Equal(t, all, Withheld(Evidence{Window: w}))
	again, _ := SteadyState(w)
	assert.Equal(t, all, again, "a verdict can be reached again")
}

// steadily is a run of eight seconds whose backlog grows by some requests a second.
func steadily(growth uint64) Evidence {
	e := evidenceOf(good)
	e.Window.Start, e.Window.End = 0, 8*time.Second
	e.Window.Offered, e.Window.Sent, e.Window.Succeeded, e.Window.Completed = 800, 800, 800, 800
	e.Window.ScheduleLag = measure.NewHistogram()
	for i := range 8 {
		s := measure.Second{
			At: time.Duration(i) * time.Second, Offered: 100, Completed: 100 - growth, Response: measure.NewHistogram(),
		}
		for range 100 {
			s.Response.Record(10 * time.Millisecond)
			e.Window.ScheduleLag.Record(0)
		}
		e.Window.Seconds = append(e.Window.Seconds, s)
	}
	return e
}

func TestARunWithoutASteadyStateProvesNothingAndExcusesNothing(t *testing.T) {
	runs := func(growth uint64) []Evidence {
		var all []Evidence
		for range 6 {
			all = append(all, steadily(growth))
		}
		return all
	}
	verdicts := func(in Input) (all []string) {
		for _, r := range Phase(in) {
			all = append(all, r.Verdict.String())
		}
		return all
	}
	steady := input(runs(0)...)
	assert.Equal(t, []string{"verified", "verified", "verified", "verified"}, verdicts(steady))
	assert.Empty(t, Exclusion(steady, steady.Runs[0]))

	growing := input(runs(20)...)
	assert.Equal(t, []string{"invalid", "invalid", "invalid", "invalid"}, verdicts(growing),
		"what was met is not proven")
	assert.Contains(t, Exclusion(growing, growing.Runs[0])[0].String(), "no steady state: the backlog grew by")
	met, _, _, why := Once(growing, growing.Runs[0])
	assert.False(t, met, "such a rate is not sustained")
	assert.NotEmpty(t, why)

	missed := input(runs(20)...)
	missed.Claims[1].Value.Value = 5 // ms; the answers take 10
	assert.Equal(t, []string{"invalid", "refuted", "invalid", "invalid"}, verdicts(missed),
		"what was missed stays evidence against the system")

	disturbed := input(runs(20)...)
	disturbed.Phase.Disturb = suite.DisturbKill
	assert.Equal(t, []string{"verified", "verified", "verified", "verified"}, verdicts(disturbed),
		"what is disturbed is not to be steady")
}

func TestAJumpedClockAndAChangedFrequencyMakeARunInvalid(t *testing.T) {
	e := evidenceOf(good)
	e.Noise.Wall, e.Noise.Monotonic = 9*time.Second, 7*time.Second
	assert.Contains(t, Guards(input(), e)[0].String(), "the clock jumped")
	e = evidenceOf(good)
	e.Noise.MHzBefore, e.Noise.MHzAfter = 3400, 1200
	assert.Contains(t, Guards(input(), e)[0].String(), "the processor's frequency fell")
}
