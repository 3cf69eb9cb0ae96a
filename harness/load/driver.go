package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// Timing of a run's start and of its progress.
const (
	lead         = 50 * time.Millisecond  // from when all is ready to the origin
	progressTick = 250 * time.Millisecond // between calls of Config.Progress
	dialsAtOnce  = 16                     // when the connections are opened
	ticksPerLive = 4                      // between calls of Config.Live
	dialLimit    = 3 * time.Second        // for opening them all before the origin
)

// carrier carries what is released to the system, over connections that it keeps, and records
// what becomes of it. Its methods are called by one goroutine, abort by any.
type carrier interface {
	connect() []error   // opens the connections, and returns why each that could not be opened was not
	begin()             // makes ready for requests
	prepare()           // makes the next request in advance
	release(release)    // lets the next request go, over a connection that is free, or into the backlog
	backlogged(release) // puts the next request into the backlog, which is not to be sent any more
	// waiting is when the first request in the backlog was to be sent; false when there is none.
	waiting() (scheduled time.Duration, any bool)
	drop(why error) // records the backlog as never sent
	end()           // works off the backlog and returns when all is answered or given up
	disconnect()    // closes the connections
	abort()         // breaks off what is under way
	// sleeper returns the pacing's sleep, which ends at or after a moment of the clock, or when the run is broken off,
	// and reports whether the time ended it and nothing kept it from ending then.
	sleeper() (sleep func(until time.Duration) bool, done func())
	processors() (own, shared int) // see quieten
}

// driver is the state of one run.
type driver struct {
	Config
	base       *url.URL
	address    string // host and port
	errTimeout error

	start    time.Time
	origin   atomic.Int64    // of the schedule, ns since start
	stopped  context.Context // ends when the run is broken off
	stop     context.CancelFunc
	broken   atomic.Bool   // breaking off cost at least one request
	bearable time.Duration // schedule lag up to which the generator is not looked at
	recorder *measure.Recorder
	offered  atomic.Uint64 // requests whose moment came
	times    *timetable
	carrier  carrier
	// wrap stands in for the pacing, in tests; nil for none.
	wrap func(pace func(time.Duration) (time.Duration, bool)) func(time.Duration) (time.Duration, bool)
}

func newDriver(ctx context.Context, c Config, base *url.URL) (*driver, error) {
	d := &driver{
		Config: c, base: base, address: base.Host, recorder: measure.NewOpenRecorder(), start: time.Now(),
		bearable:   bearable,
		errTimeout: fmt.Errorf("no answer within %v of the scheduled moment", c.Timeout),
	}
	if base.Port() == "" {
		d.address = net.JoinHostPort(base.Hostname(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
	}
	if c.Live != nil {
		d.recorder.Observe()
	}
	d.times = newTimetable(c, d.now, d.begin)
	d.stopped, d.stop = context.WithCancel(ctx)
	return d, nil
}

// record takes in what became of a request.
func (d *driver) record(s measure.Sample) {
	d.recorder.Record(s)
	d.times.observe(s)
	if d.Observe != nil {
		d.Observe(s)
	}
}

// begin begins the measurement window.
func (d *driver) begin(start, end time.Duration) bool {
	if !d.recorder.Begin(start, end) {
		return false
	}
	if d.Window != nil {
		d.Window(start, end)
	}
	return true
}

// fastest is the highest rate that is offered, as far as it can be reported in advance.
func (d *driver) fastest() float64 {
	rate := fastest(d.Schedule, d.Duration)
	if d.Warmup.Schedule != nil {
		rate = max(rate, fastest(d.Warmup.Schedule, d.Warmup.Most))
	}
	return rate
}

// beginning is the origin, since the start of the driver.
func (d *driver) beginning() time.Duration {
	if d.Origin == nil {
		return time.Since(d.start) + lead
	}
	wanted := d.Origin(d.stopped).Sub(d.start)
	return max(wanted, time.Since(d.start)+lead)
}

// now is the time since the origin.
func (d *driver) now() time.Duration { return time.Since(d.start) - time.Duration(d.origin.Load()) }

// wall is the moment at a time since the origin.
func (d *driver) wall(at time.Duration) time.Time {
	return d.start.Add(time.Duration(d.origin.Load()) + at)
}

// run drives the schedule.
func (d *driver) run() *Outcome {
	defer d.stop()
	if d.carrier == nil {
		if d.carrier = newLoop(d); d.carrier == nil {
			d.carrier = newWorkers(d)
		}
	}
	defer quieten(d.carrier.processors())()
	unhook := context.AfterFunc(d.stopped, d.carrier.abort)
	defer unhook()
	unopened := measure.CountErrors(d.hidden(d.carrier.connect()))
	defer d.carrier.disconnect()
	d.origin.Store(int64(d.beginning()))
	if d.Started != nil {
		d.Started(d.wall(0))
	}
	if d.Warmup.Fixed() {
		d.times.fix(d.Warmup.Least)
	}
	var wg sync.WaitGroup
	ended := make(chan struct{})
	wg.Go(func() { d.progress(ended) })
	d.carrier.begin()
	until, all := d.release()
	if !all {
		d.carrier.drop(errInterrupted)
	} else if head, any := d.carrier.waiting(); any && d.doomed(head) {
		d.carrier.drop(errDoomed)
	}
	d.carrier.end()
	close(ended)
	wg.Wait()
	if !all {
		d.recorder.Cut(until)
	}
	o := d.outcome(!all || d.broken.Load())
	o.Unopened = unopened
	return o
}

// outcome is what became of the run.
func (d *driver) outcome(interrupted bool) *Outcome {
	o := &Outcome{
		Origin: d.wall(0), Ended: d.times.decision.State, Steady: d.times.decision.Steady, Interrupted: interrupted,
	}
	if d.Warmup.Fixed() {
		o.Ended = warmup.Fixed
	}
	w := d.recorder.Windows()
	o.Warmup, o.Window = w[0], w[len(w)-1]
	if len(w) == 1 { // broken off within the warm-up
		empty, _ := measure.NewRecorder(o.Warmup.End, o.Warmup.End)
		o.Window = empty.Windows()[0]
	}
	return o
}

// progress reports the time, and what became of requests, until the run has ended.
func (d *driver) progress(ended <-chan struct{}) {
	if d.Progress == nil && d.Live == nil {
		return
	}
	tick := time.NewTicker(progressTick)
	defer tick.Stop()
	var reported reported
	for n := 1; ; n++ {
		select {
		case <-tick.C:
			d.tell()
			if n%ticksPerLive == 0 {
				d.live(&reported)
			}
		case <-ended:
			d.tell()
			d.live(&reported)
			return
		}
	}
}

// tell reports the time.
func (d *driver) tell() {
	if d.Progress != nil {
		d.Progress(d.now())
	}
}

// reported is what [driver.live] has reported: until when, and how many requests had been offered by then.
type reported struct {
	at      time.Duration
	offered uint64
}

// live reports what became of requests since it did so last, unless that is hardly any time.
func (d *driver) live(last *reported) {
	now := d.now()
	if d.Live == nil || now-last.at < progressTick {
		return
	}
	offered := d.offered.Load()
	l := d.recorder.Live()
	l.At, l.Length, l.Offered = now, now-last.at, offered-last.offered
	*last = reported{now, offered}
	d.Live(l)
}

// pacing returns what waits for a moment and tells the time; false when the run was broken off.
func (d *driver) pacing() (pace func(moment time.Duration) (time.Duration, bool), done func()) {
	sleep, done := d.carrier.sleeper()
	p := &pacer{now: d.now, sleep: sleep}
	return func(moment time.Duration) (time.Duration, bool) { return p.until(d.stopped, moment) }, done
}

// release lets each request go at its moment, until the schedule ends, or until the run
// is broken off: then it says when that was, and releases what was due by then.
func (d *driver) release() (until time.Duration, all bool) {
	pace, done := d.pacing()
	defer done()
	if d.wrap != nil {
		pace = d.wrap(pace)
	}
	o := overrun{bearable: d.bearable}
	for {
		moment, more := d.times.next()
		if !more {
			return moment, true
		}
		d.carrier.prepare()
		now, ok := pace(moment)
		d.offered.Add(1)
		switch {
		case !ok:
			d.breakOff(moment, max(0, now), o.known)
			return max(0, now), false
		case o.passes(moment, now):
			d.pass(moment, now, errOverrun)
		default:
			d.carrier.release(release{moment, now})
		}
	}
}

// breakOff accounts for what was due by the time at which the run was broken off.
func (d *driver) breakOff(moment, now time.Duration, overrun bool) {
	for more := true; more && moment < now; moment, more = d.times.next() {
		if overrun {
			d.pass(moment, now, errInterrupted)
		} else {
			d.carrier.backlogged(release{moment, now})
		}
	}
}

// sample is what became of a task whose exchange began at begun, over a connection that was last free at freed and the
// opening of which took dialled.
func (d *driver) sample(t *task, e *exchange, begun, freed, dialled time.Duration) measure.Sample {
	now := d.now()
	s := measure.Sample{
		Scheduled: t.scheduled, Sent: e.sent, Done: now, Endpoint: t.Operation, Status: e.status, Err: e.err,
		Out: len(t.Body),
	}
	stopped := d.stopped.Err() != nil
	switch {
	case e.sent < 0 && stopped:
		d.broken.Store(true)
		s.Unsent, s.Released, s.Err = true, t.released, errInterrupted
		return s
	case e.sent < 0:
		s.Sent = begun // the system did not take it
	}
	switch {
	case e.err == nil:
		s.Done = max(s.Sent, e.done)
		s.Worker, s.In = e.worker, len(e.body)
		if s.Err = e.check(t.Request); s.Err != nil {
			s.Answer = e.body
		}
	case stopped:
		d.broken.Store(true)
		s.Err = errInterrupted
	case errors.Is(e.err, os.ErrDeadlineExceeded) || errors.Is(e.err, context.DeadlineExceeded) ||
		now >= t.scheduled+d.Timeout:
		s.Err = d.errTimeout
	}
	if s.Err != nil && d.Hide != nil {
		d.hide(&s)
	}
	s.Released = released(t.release, freed, dialled, s.Sent)
	return s
}

// kept is the part of a failed answer of which an example may be kept, with room for what is hidden in it.
const kept = 16 << 10

// hidden are errors without what nobody is to see.
func (d *driver) hidden(errs []error) []error {
	if d.Hide == nil {
		return errs
	}
	for i, err := range errs {
		errs[i] = errors.New(d.Hide(err.Error()))
	}
	return errs
}

// hide takes out of a failure what nobody is to see.
func (d *driver) hide(s *measure.Sample) {
	if text := s.Err.Error(); d.Hide(text) != text {
		s.Err = errors.New(d.Hide(text))
	}
	s.Answer = []byte(d.Hide(string(s.Answer[:min(len(s.Answer), kept)])))
}

// released tells the generator's schedule lag from the system's doing. A request that the
// pacing got to at r.released and that went out at sent has waited for the system while no
// connection was free, which was until freed, and while one was being opened, which took
// dialled. All the rest of the time since its moment is the generator's own: sent less
// that wait is when the request would have gone out had a connection been free.
func released(r release, freed, dialled, sent time.Duration) time.Duration {
	wait := max(0, freed-r.released) + dialled
	return max(r.released, sent-wait)
}
