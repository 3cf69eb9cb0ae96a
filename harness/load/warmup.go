package load

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// Warmup says how long load is offered before the measurement window, and which.
type Warmup struct {
	warmup.Bounds
	// Schedule holds the arrivals since the origin, for as long as Most: those before the window are sent.
	// Nil stands for the window's own schedule.
	Schedule Schedule
}

// FixedWarmup is a warm-up of a given length at the window's schedule.
func FixedWarmup(length time.Duration) Warmup {
	return Warmup{Bounds: warmup.Bounds{Least: length, Most: length}}
}

// announced is how long before its start a measurement window is announced: what watches it makes ready meanwhile.
const announced = warmup.Length

// timetable hands out the moments of a run's requests: those of the warm-up until the measurement window begins,
// then those of the window. One goroutine at a time may use it, but for observe.
type timetable struct {
	now      func() time.Duration
	warming  Schedule
	window   Schedule
	length   time.Duration                       // of the window
	most     time.Duration                       // of the warm-up
	begin    func(start, end time.Duration) bool // false: too late, a request of then has been recorded
	decider  *warmup.Decider
	decision warmup.Decision
	meter    warmup.Meter
	metered  atomic.Bool // the meter is still of use

	i      uint64        // of the next arrival, of the warm-up or of the window
	start  time.Duration // of the window; Never: not decided yet
	inside bool          // the arrivals are the window's
}

func newTimetable(c Config, now func() time.Duration, begin func(start, end time.Duration) bool) *timetable {
	t := &timetable{
		now: now, warming: c.Warmup.Schedule, window: c.Schedule, length: c.Duration, most: c.Warmup.Most, begin: begin,
		decider: warmup.New(c.Warmup.Bounds), start: Never,
	}
	if t.warming == nil {
		t.warming = c.Schedule
	}
	t.metered.Store(true)
	return t
}

// fix begins the window at a given moment, before anything is sent.
func (t *timetable) fix(start time.Duration) {
	if t.begin(start, start+t.length) {
		t.start = start
	}
}

// next is the moment of the next request; false when there are no more.
func (t *timetable) next() (time.Duration, bool) {
	if !t.inside {
		t.decide()
		if moment := t.warming.At(t.i); moment < t.start {
			t.i++
			t.meter.Offered(moment)
			return moment, true
		}
		if t.start == Never { // the warm-up has no more arrivals, and no end yet
			t.open(max(t.now()+announced, t.most))
		}
		t.inside, t.i = true, 0
	}
	moment := t.window.At(t.i)
	if moment >= t.length {
		return t.end(), false
	}
	t.i++
	return t.start + moment, true
}

// end is the end of the window.
func (t *timetable) end() time.Duration { return t.start + t.length }

// decide looks at the intervals that have ended, and begins the window once they say so.
func (t *timetable) decide() {
	if !t.metered.Load() {
		return
	}
	now := t.now()
	for _, interval := range t.meter.Take(now) {
		t.decision = t.decider.Add(interval)
	}
	switch {
	case t.start != Never: // fixed: nothing but the steady state is looked for
		if now >= t.start {
			t.metered.Store(false)
		}
	case t.decision.State != warmup.Warming && t.decision.State != "":
		t.open(t.arrivalFrom(now + announced))
	}
}

// open begins the window at a moment, or leaves it to the next decision when that is too late.
func (t *timetable) open(start time.Duration) {
	if t.begin(start, start+t.length) {
		t.start = start
		t.metered.Store(false)
	}
}

// arrivalFrom is the first arrival of the warm-up at a moment or later, so that arrivals go on without a gap; when the
// warm-up may not last until then, that is its end.
func (t *timetable) arrivalFrom(moment time.Duration) time.Duration {
	i := arrivalsBefore(t.warming, t.i, moment)
	return min(t.warming.At(i), max(moment, t.most))
}

// observe counts what became of a request towards the decision.
func (t *timetable) observe(s measure.Sample) {
	if !t.metered.Load() {
		return
	}
	if s.Unsent {
		t.meter.Answered(t.now(), 0, false, true)
		return
	}
	response := s.Done - s.Scheduled
	t.meter.Answered(s.Done, response, s.Err == nil, 2*(s.Sent-s.Released) > response)
}

func (w Warmup) check() error {
	if err := w.Bounds.Check(); err != nil {
		return err
	}
	if s, ok := w.Schedule.(interface{ valid() error }); ok && s.valid() != nil {
		return errors.New("warm-up: " + s.valid().Error())
	}
	return nil
}
