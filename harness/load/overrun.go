package load

import (
	"errors"
	"math"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// What is passed over: arrivals that are counted as never sent without a request being made for
// them. A schedule of any rate so takes its own time, and memory that does not grow with the rate.
const (
	// PassedOver stands for the operation of arrivals that were passed over.
	PassedOver = "(passed over)"

	// mostWaiting bounds the backlog, in requests: ten seconds of more than one generator can send.
	mostWaiting = 1 << 18
	// bearable is the schedule lag up to which a generator is not looked at.
	bearable = 100 * time.Millisecond
	// strained is how long it must have been later than that, and later at the end than at the
	// beginning, to be overrun. After a halt of the host, however long, its lag shrinks.
	strained = time.Second
	// passed is the length of the pieces of the schedule that are passed over at once.
	passed = 10 * time.Millisecond
)

var (
	errOverrun = errors.New("never sent: the generator could not keep up with the schedule")
	errFull    = errors.New("never sent: the backlog was full")
	errDoomed  = errors.New("never sent: requests from before the window would have taken all of its time")
)

// overrun tells whether the schedule asks for more than the generator can release: then it is
// late, and becomes later although it does not wait.
type overrun struct {
	bearable time.Duration // lag up to which the generator is not looked at
	late     bool
	since    time.Duration // when it was later than bearable first
	lag      time.Duration // at that time
	known    bool          // the schedule asks for too much
}

// passes reports whether the generator, which has come to an arrival at a time since the origin,
// is to pass over what lies between the two. Once it was overrun it is whenever it is late.
func (o *overrun) passes(moment, now time.Duration) bool {
	lag := now - moment
	switch {
	case lag <= o.bearable:
		o.late = false
		return false
	case o.known:
		return true
	case !o.late:
		o.late, o.since, o.lag = true, now, lag
	case now-o.since >= strained:
		o.known = lag > o.lag
		o.late = false
	}
	return o.known
}

// pass passes over an arrival to which the generator has come at a time since the origin, and all
// that follow it before that time.
func (d *driver) pass(moment, now time.Duration, why error) {
	sample := func(scheduled time.Duration) measure.Sample {
		return measure.Sample{Scheduled: scheduled, Released: now, Endpoint: PassedOver, Unsent: true, Err: why}
	}
	d.unsent(sample(moment))
	d.times.skip(now, func(count uint64, first time.Duration) {
		d.offered.Add(count)
		d.recorder.RecordAll(count, sample(first))
	})
}

// refuse records an arrival for which the backlog has no room.
func (d *driver) refuse(r release) {
	d.unsent(measure.Sample{
		Scheduled: r.scheduled, Released: r.released, Endpoint: PassedOver, Unsent: true, Err: errFull,
	})
}

// unsent records an arrival that was handed out, and for which no request was made.
func (d *driver) unsent(s measure.Sample) {
	d.recorder.Record(s)
	d.times.observe(s)
}

// skip passes over the arrivals before a moment that are not handed out yet, those of the
// warm-up or those of the window, in pieces that are told by their number and their first.
func (t *timetable) skip(until time.Duration, piece func(count uint64, first time.Duration)) {
	schedule, origin, end := t.warming, time.Duration(0), min(until, t.start)
	if t.inside {
		schedule, origin, end = t.window, t.start, min(until, t.end())
	}
	for {
		first := schedule.At(t.i)
		if first >= end-origin {
			return
		}
		next := arrivalsBefore(schedule, t.i, min(first+passed, end-origin))
		if !t.inside {
			t.meter.Passed(next-t.i, first)
		}
		piece(next-t.i, origin+first)
		t.i = next
	}
}

// arrivalsBefore is the index, from first on, of the first arrival at end or later.
func arrivalsBefore(s Schedule, first uint64, end time.Duration) uint64 {
	step := uint64(1)
	for s.At(first+step-1) < end && step < math.MaxUint64/4 {
		step *= 2
	}
	low, high := first, first+step-1 // all before low are before end, high is not
	for low < high {
		if middle := low + (high-low)/2; s.At(middle) < end {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// doomed reports whether none of the window's requests can be answered in time any more: at the
// end of the schedule the backlog still begins with one of before the window, and would have
// to be worked off at more than twice the pace so far for the window's first to have its turn in
// time. All of its others come later. head is when the first in the backlog was to be sent.
func (d *driver) doomed(head time.Duration) bool {
	start, end := d.times.start, d.times.end()
	if start == Never || head >= start || d.times.length <= 0 {
		return false
	}
	pace := 2 * float64(head) / float64(end) // of the schedule's time, in that of the clock
	return float64(end)+float64(start-head)/pace > float64(start+d.Timeout)
}
