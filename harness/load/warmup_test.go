package load

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// tried is a timetable on a clock of its own, whose requests are all answered after a response time.
type tried struct {
	*timetable
	clock      time.Duration
	begun      [][2]time.Duration
	refuse     int // windows that cannot begin any more
	moments    []time.Duration
	response   func(at time.Duration) time.Duration
	unanswered []measure.Sample
}

func newTried(c Config) *tried {
	f := &tried{response: func(time.Duration) time.Duration { return 5 * ms }}
	f.timetable = newTimetable(c, func() time.Duration { return f.clock }, func(start, end time.Duration) bool {
		if f.refuse > 0 {
			f.refuse--
			return false
		}
		f.begun = append(f.begun, [2]time.Duration{start, end})
		return true
	})
	if c.Warmup.Fixed() {
		f.fix(c.Warmup.Least)
	}
	return f
}

// run goes through the schedule.
func (f *tried) run(t testing.TB) {
	t.Helper()
	for {
		moment, more := f.next()
		if !more {
			assert.Equal(t, f.end(), moment)
			return
		}
		f.moments = append(f.moments, moment)
		f.clock = moment
		f.unanswered = append(f.unanswered,
			measure.Sample{Scheduled: moment, Released: moment, Sent: moment, Done: moment + f.response(moment)})
		f.unanswered = slices.DeleteFunc(f.unanswered, func(s measure.Sample) bool {
			if s.Done <= f.clock {
				f.observe(s)
			}
			return s.Done <= f.clock
		})
	}
}

func until(least, most time.Duration, s Schedule) Warmup {
	return Warmup{Bounds: warmup.Bounds{Ramp: least / 3, Least: least, Most: most}, Schedule: s}
}

// The window's arrivals are the same whatever the warm-up took, and follow the warm-up's without a gap.
func TestTheWindowsScheduleIsTheSameAfterAnyWarmup(t *testing.T) {
	const second = time.Second
	shaped := Shaped(Piece{500 * ms, 20, 200}, Piece{60 * second, 200, 200})
	for name, s := range map[string]struct {
		warming, window Schedule
		gap             time.Duration // the longest between arrivals around the window's start
	}{
		"constant":       {shaped, Constant(200), 5 * ms},
		"poisson":        {ShapedPoisson(8, []Piece{{60 * second, 200, 200}}), Poisson(200, 7, 2*second), 100 * ms},
		"a shape":        {shaped, Shaped(Piece{2 * second, 200, 900}), 5 * ms},
		"a rare request": {Constant(0.4), Constant(2), 2500 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			want := arrivals(s.window, 2*second)
			for _, w := range []Warmup{
				until(1500*ms, 30*second, s.warming), until(4*second, 30*second, s.warming),
				until(0, 1300*ms, s.warming),
				{warmup.Bounds{Least: 1777 * ms, Most: 1777 * ms}, s.warming}, {},
			} {
				f := newTried(Config{Schedule: s.window, Warmup: w, Duration: 2 * second})
				f.run(t)
				require.Len(t, f.begun, 1)
				start := f.begun[0][0]
				assert.Equal(t, start+2*second, f.begun[0][1])
				assert.GreaterOrEqual(t, start, w.Least)
				assert.LessOrEqual(t, start, w.Most+announced+2500*ms)
				i := slices.IndexFunc(f.moments, func(at time.Duration) bool { return at >= start })
				for n, at := range f.moments[i:] {
					assert.Equal(t, want[n], at-start)
				}
				assert.Len(t, f.moments[i:], len(want))
				assert.True(t, slices.IsSorted(f.moments))
				if i > 0 && !w.Fixed() {
					assert.LessOrEqual(t, f.moments[i]-f.moments[i-1], s.gap+time.Microsecond)
				}
			}
		})
	}
}

func TestTheWarmupEndsAsItsIntervalsSay(t *testing.T) {
	for _, c := range []struct {
		name     string
		w        Warmup
		response func(at time.Duration) time.Duration
		state    warmup.State
		from, to time.Duration // between which the window starts
	}{
		{"warm at once", until(1500*ms, 30*time.Second, nil), func(time.Duration) time.Duration { return 5 * ms },
			warmup.Warm, 1600 * ms, 1700 * ms},
		{"nothing is answered for 3 s", until(1500*ms, 30*time.Second, nil), func(at time.Duration) time.Duration {
			return max(3*time.Second-at, 0) + 5*ms
		}, warmup.Warm, 4 * time.Second, 5 * time.Second},
		{"nothing is ever answered", until(1500*ms, 30*time.Second, nil),
			func(time.Duration) time.Duration { return time.Hour }, warmup.Saturated, 3900 * ms, 4300 * ms},
		{"response times that grow", until(1500*ms, 30*time.Second, nil),
			func(at time.Duration) time.Duration { return at / 3 }, warmup.Saturated, 3900 * ms, 6 * time.Second},
		{"a fixed one", FixedWarmup(2 * time.Second), func(time.Duration) time.Duration { return time.Hour },
			warmup.Fixed, 2 * time.Second, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTried(Config{Schedule: Constant(300), Warmup: c.w, Duration: time.Second})
			f.response = c.response
			f.run(t)
			require.Len(t, f.begun, 1)
			if !c.w.Fixed() { // else nothing is decided
				assert.Equal(t, c.state, f.decision.State)
			}
			assert.GreaterOrEqual(t, f.start, c.from)
			assert.LessOrEqual(t, f.start, c.to)
		})
	}
}

// A window that would lose a sample is begun later.
func TestAWindowThatCannotBeginAnyMoreBeginsLater(t *testing.T) {
	f := newTried(Config{Schedule: Constant(300), Warmup: until(1500*ms, 30*time.Second, nil), Duration: time.Second})
	f.refuse = 2
	f.run(t)
	require.Len(t, f.begun, 1)
	assert.Zero(t, f.refuse)
	assert.Len(t, arrivals(Constant(300), time.Second),
		len(slices.DeleteFunc(f.moments, func(at time.Duration) bool { return at < f.start })))
}

// A whole run against a server that answers nothing at first.
func TestDriveMeasuresOnceTheServerIsWarm(t *testing.T) {
	t.Parallel()
	cold := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { <-cold })
	c := brief(s.URL)
	c.Warmup = until(300*ms, time.Minute, Shaped(Piece{100 * ms, 20, 200}, Piece{time.Minute, 200, 200}))
	var mu sync.Mutex
	var window [2]time.Duration
	all := 0
	c.Started = func(origin time.Time) { time.AfterFunc(time.Until(origin.Add(500*ms)), func() { close(cold) }) }
	c.Window = func(start, end time.Duration) { window = [2]time.Duration{start, end} }
	c.Observe = func(measure.Sample) {
		mu.Lock()
		defer mu.Unlock()
		all++
	}
	o := drive(t, c)
	assert.Equal(t, [2]time.Duration{o.Window.Start, o.Window.End}, window)
	assert.Greater(t, o.Window.Start, 500*ms)
	assert.Equal(t, uint64(all), o.Warmup.Offered+o.Window.Offered, "no sample is lost")
	// How a warm-up ends is told exactly on a modelled server: a slow machine may not become warm here.
	assert.NotEqual(t, warmup.Fixed, o.Ended)
	assert.Less(t, o.Steady, o.Window.Start)
}

func TestARunThatIsBrokenOffWithinTheWarmupHasAnEmptyWindow(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	c := brief(s.URL)
	c.Warmup = until(time.Hour, time.Hour+1, nil)
	c.Progress = func(time.Duration) { cancel() }
	o, err := Drive(ctx, c)
	require.NoError(t, err)
	assert.True(t, o.Interrupted)
	assertConserved(t, o)
	assert.Zero(t, o.Window.Offered)
	assert.Equal(t, o.Warmup.End, o.Window.Start)
	assert.Equal(t, o.Window.Start, o.Window.End)
}
