package supervise_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/supervise"
)

var origin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func noJitter() float64 { return 0 }

// world drives one supervisor with a clock of its own.
type world struct {
	*supervise.Supervisor
	now time.Time
}

func newWorld(workers, limit int) *world {
	return &world{supervise.New(supervise.Default(workers, limit, noJitter), origin), origin}
}

func (w *world) slot(n int) supervise.Slot { return w.Slots()[n-1] }

// die lets slot 1 die after it lived for so long, and returns how long its replacement waits.
func (w *world) die(ready bool, lived time.Duration) time.Duration {
	if ready {
		w.Ready(1, w.now)
	}
	w.now = w.now.Add(lived)
	w.Died(1, w.now)
	due, ok := w.Next()
	if !ok {
		return -1
	}
	wait := due.Sub(w.now)
	w.now = due
	w.Start(w.now)
	return wait
}

func TestAllWorkersAreStartedAtOnce(t *testing.T) {
	w := newWorld(3, 15)
	assert.Equal(t, []int{1, 2, 3}, w.Start(w.now))
	assert.Empty(t, w.Start(w.now), "and only once")
	assert.Equal(t, 3, w.Alive())
	assert.Zero(t, w.Active(), "none is ready")
}

func TestReplacementsWait(t *testing.T) {
	const ms = time.Millisecond
	type death struct {
		ready bool
		lived time.Duration
		wait  time.Duration
	}
	for _, tt := range []struct {
		name   string
		deaths []death
	}{
		{"not at all after a good life", []death{{true, time.Hour, 0}, {true, time.Hour, 0}, {true, time.Hour, 0}}},
		{"not at all the first time", []death{{false, ms, 0}}},
		{"1.5 times longer after each death before ready", []death{
			{false, ms, 0}, {false, ms, 50 * ms}, {false, ms, 75 * ms}, {false, ms, 112500 * time.Microsecond}}},
		{"as long for a worker that dies within a second of being ready", []death{
			{true, 999 * ms, 0}, {true, 999 * ms, 50 * ms}, {true, 999 * ms, 75 * ms}}},
		{"not at all once a worker has lived for a second", []death{
			{true, ms, 0}, {true, ms, 50 * ms}, {true, time.Second, 0}, {true, ms, 0}, {true, ms, 50 * ms}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(1, 100)
			w.Start(w.now)
			for i, d := range tt.deaths {
				assert.Equal(t, d.wait, w.die(d.ready, d.lived), "death %d", i+1)
			}
			assert.Equal(t, len(tt.deaths), w.slot(1).Restarts)
		})
	}
}

func TestTheWaitIsCappedAndJittered(t *testing.T) {
	p := supervise.Default(1, 100, func() float64 { return 0.5 })
	w := &world{supervise.New(p, origin), origin}
	w.Start(w.now)
	var last time.Duration
	for range 50 {
		last = w.die(false, 0)
	}
	assert.Equal(t, 2200*time.Millisecond, last, "2 s and half of a fifth")
}

func TestTheLimitCountsInASlidingWindow(t *testing.T) {
	for _, tt := range []struct {
		name   string
		at     []time.Duration // deaths, since the start
		gaveUp bool
	}{
		{"as many as the limit within a minute are replaced", []time.Duration{1, 2, 3}, false},
		{"one more is not", []time.Duration{1, 2, 3, 4}, true},
		{"one more after the first has left the window is", []time.Duration{1, 2, 3, 61}, false},
		{"one more just before is not", []time.Duration{2, 3, 4, 61}, true},
		{"the window slides", []time.Duration{10, 30, 50, 70, 90, 110, 130, 150, 170}, false},
		{"a burst after a quiet hour passes the limit", []time.Duration{1, 3600, 3601, 3602, 3603}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(1, 3)
			for _, at := range tt.at {
				w.now = origin.Add(at * time.Second)
				w.Start(w.now)
				w.Died(1, w.now)
			}
			assert.Equal(t, tt.gaveUp, w.GaveUp())
		})
	}
}

func TestTheSixteenthDeathInTheWindowIsTheLast(t *testing.T) {
	w := newWorld(2, 15)
	w.Start(w.now)
	w.Ready(2, w.now)
	for range 15 {
		require.NotEqual(t, time.Duration(-1), w.die(true, 2*time.Second))
	}
	w.Ready(1, w.now)
	assert.Equal(t, 2, w.Active())
	assert.True(t, w.Died(1, w.now), "the 16th")
	assert.True(t, w.GaveUp())
	assert.Equal(t, supervise.Failed, w.slot(1).State)
	assert.Equal(t, 15, w.slot(1).Restarts)
	_, waiting := w.Next()
	assert.False(t, waiting, "nothing is replaced any more")
	assert.Equal(t, supervise.Ready, w.slot(2).State, "what remains keeps serving")
	assert.False(t, w.Died(2, w.now), "said once")
	assert.Zero(t, w.Alive())
}

func TestDrainingReplacesNothing(t *testing.T) {
	w := newWorld(2, 15)
	w.Start(w.now)
	w.Ready(1, w.now)
	w.Drain()
	assert.Equal(t, supervise.Draining, w.slot(1).State)
	w.Died(1, w.now)
	_, waiting := w.Next()
	assert.False(t, waiting)
	assert.False(t, w.GaveUp())
}

func TestARetiredWorkerIsReplacedOnceItHasEnded(t *testing.T) {
	w := newWorld(1, 15)
	w.Start(w.now)
	w.Ready(1, w.now)
	w.Retire(1)
	assert.Equal(t, supervise.Draining, w.slot(1).State)
	assert.Zero(t, w.Active())
	assert.Zero(t, w.die(false, time.Minute))
	assert.Equal(t, supervise.Starting, w.slot(1).State)
}
