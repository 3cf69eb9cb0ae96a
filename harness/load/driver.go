package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// Timing of a run's start and of its progress.
const (
	lead         = 50 * time.Millisecond  // from when all is ready to the origin
	progressTick = 250 * time.Millisecond // between calls of Config.Progress
	dialsAtOnce  = 16                     // when the connections are opened
	dialLimit    = 5 * time.Second        // for opening them all before the origin
)

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
	broken   atomic.Bool // breaking off cost at least one request
	recorder *measure.Recorder
	times    *timetable
	queue    *queue
	seats    []*seat
	// pace waits for a moment and returns the time; false when the run was broken off.
	pace func(moment time.Duration) (time.Duration, bool)
}

func newDriver(ctx context.Context, c Config, base *url.URL) (*driver, error) {
	d := &driver{
		Config: c, base: base, address: base.Host, recorder: measure.NewOpenRecorder(), start: time.Now(),
		errTimeout: fmt.Errorf("no answer within %v of the scheduled moment", c.Timeout),
	}
	if base.Port() == "" {
		d.address = net.JoinHostPort(base.Hostname(), map[string]string{"http": "80", "https": "443"}[base.Scheme])
	}
	d.times = newTimetable(c, d.now, d.begin)
	d.stopped, d.stop = context.WithCancel(ctx)
	d.queue = &queue{
		make:    func() order { return makeOrder(base, c.Source.Next()) },
		timeout: c.Timeout, now: d.now, record: d.record,
	}
	for range c.Connections {
		s := newSeat(d)
		d.seats = append(d.seats, s)
		d.queue.free.push(s)
	}
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

// now is the time since the origin.
func (d *driver) now() time.Duration { return time.Since(d.start) - time.Duration(d.origin.Load()) }

// wall is the moment at a time since the origin.
func (d *driver) wall(at time.Duration) time.Time {
	return d.start.Add(time.Duration(d.origin.Load()) + at)
}

// run drives the schedule.
func (d *driver) run() *Outcome {
	defer d.stop()
	defer quieten(d.Schedule)()
	unhook := context.AfterFunc(d.stopped, d.abort)
	defer unhook()
	d.connect()
	defer d.disconnect()
	d.origin.Store(int64(time.Since(d.start) + lead))
	if d.Started != nil {
		d.Started(d.wall(0))
	}
	if d.Warmup.Fixed() {
		d.times.fix(d.Warmup.Least)
	}
	var wg sync.WaitGroup
	ended := make(chan struct{})
	wg.Go(func() { d.progress(ended) })
	results := d.attack()
	wg.Go(func() {
		for r := range results {
			_ = r // vegeta's own view of a request: the recorder has seen more
		}
		close(ended)
	})
	until, all := d.release()
	if !all {
		d.queue.drop(errInterrupted)
	}
	d.queue.end()
	wg.Wait()
	if !all {
		d.recorder.Cut(until)
	}
	o := &Outcome{Origin: d.wall(0), Ended: d.times.decision.State, Steady: d.times.decision.Steady, Interrupted: !all || d.broken.Load()}
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

// connect opens every seat's connection. One that cannot be opened is tried again by the
// request that needs it, which waits for it or fails.
func (d *driver) connect() {
	var wg sync.WaitGroup
	turn := make(chan struct{}, dialsAtOnce)
	for _, s := range d.seats {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			_ = s.dial(dialLimit)
		})
	}
	wg.Wait()
}

func (d *driver) disconnect() {
	for _, s := range d.seats {
		s.close()
	}
}

func (d *driver) abort() {
	for _, s := range d.seats {
		s.abort()
	}
}

// progress reports the time until the run has ended.
func (d *driver) progress(ended <-chan struct{}) {
	if d.Progress == nil {
		return
	}
	tick := time.NewTicker(progressTick)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			d.Progress(d.now())
		case <-ended:
			return
		}
	}
}

// release lets each request go at its moment, until the schedule ends, or until the run
// is broken off: then it says when that was, and releases what was due by then.
func (d *driver) release() (until time.Duration, all bool) {
	if d.pace == nil {
		s := newSleeper(d.stopped, d.now)
		defer s.close()
		p := &pacer{now: d.now, sleep: s.sleep}
		d.pace = func(moment time.Duration) (time.Duration, bool) { return p.until(d.stopped, moment) }
	}
	for {
		moment, more := d.times.next()
		if !more {
			return moment, true
		}
		d.queue.prepare()
		now, ok := d.pace(moment)
		if !ok {
			now = max(0, now)
			for more && moment < now {
				d.queue.backlogged(release{moment, now})
				moment, more = d.times.next()
			}
			return now, false
		}
		if d.queue.release(release{moment, now}) {
			runtime.Gosched() // to the worker that it woke, on this very processor
		}
	}
}

// attack starts vegeta's workers, one a seat. They are given no pace: each waits in
// RoundTrip, past all of vegeta's own work, for the queue to hand it a request.
func (d *driver) attack() <-chan *vegeta.Result {
	n := uint64(len(d.seats))
	attacker := vegeta.NewAttacker(vegeta.Workers(n), vegeta.MaxWorkers(n), vegeta.Client(&http.Client{Transport: d}))
	return attacker.Attack(d.target, atOnce{}, 0, "")
}

// target is vegeta's Targeter. What it names is only a seat's turn: which request that
// is to send is not known before RoundTrip.
func (d *driver) target(t *vegeta.Target) error {
	if d.queue.over() {
		return vegeta.ErrNoTargets // ends the attack
	}
	t.Method, t.URL = http.MethodGet, d.BaseURL
	return nil
}

// RoundTrip is a worker's turn: it waits for a request, sends it and records what became
// of it. Vegeta's answer is always the same.
func (d *driver) RoundTrip(turn *http.Request) (*http.Response, error) {
	if s, t, ok := d.queue.seat(); ok {
		sample := s.do(t)
		if sample.Err == errInterrupted {
			d.broken.Store(true)
		}
		d.record(sample)
		d.queue.leave(s)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: turn}, nil
}

// atOnce is a vegeta.Pacer that never waits.
type atOnce struct{}

func (atOnce) Pace(time.Duration, uint64) (time.Duration, bool) { return 0, false }
func (atOnce) Rate(time.Duration) float64                       { return 0 }
