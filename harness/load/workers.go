package load

import (
	"net/http"
	"runtime"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// workers carry requests over net/http: https, HTTP/2, and whatever a [loop] cannot. Vegeta's Attacker drives them, one
// a connection.
type workers struct {
	*driver
	queue *queue
	conns []*clientConn
	ended sync.WaitGroup
}

func newWorkers(d *driver) *workers {
	w := &workers{driver: d, queue: &queue{backlog: backlog{
		make:    func() order { return makeOrder(d.base, d.Source.Next()) },
		timeout: d.Timeout, now: d.now, record: d.record, refuse: d.refuse,
	}}}
	for range d.Connections {
		c := newClientConn(d)
		w.conns = append(w.conns, c)
		w.queue.free.push(c)
	}
	return w
}

func (w *workers) processors() (own, shared int) {
	return 0, wanted(w.fastest())
}

// connect opens every connection. One that cannot be opened is tried again by the
// request that needs it, which waits for it or fails.
func (w *workers) connect() (failed []error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan struct{}, dialsAtOnce)
	for _, c := range w.conns {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			if err := c.dial(dialLimit); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
			}
		})
	}
	wg.Wait()
	return failed
}

func (w *workers) disconnect() {
	for _, c := range w.conns {
		c.close()
	}
}

func (w *workers) abort() {
	for _, c := range w.conns {
		c.abort()
	}
}

func (w *workers) begin() {
	results := w.attack()
	w.ended.Go(func() {
		for r := range results {
			_ = r // vegeta's own view of a request: the recorder has seen more
		}
	})
}

func (w *workers) prepare()                       { w.queue.prepare() }
func (w *workers) backlogged(r release)           { w.queue.backlogged(r) }
func (w *workers) waiting() (time.Duration, bool) { return w.queue.oldest() }
func (w *workers) drop(why error)                 { w.queue.drop(why) }

func (w *workers) release(r release) {
	if w.queue.release(r) {
		runtime.Gosched() // to the worker that it woke, on this very processor
	}
}

func (w *workers) end() {
	w.queue.end()
	w.ended.Wait()
}

func (w *workers) sleeper() (sleep func(until time.Duration) bool, done func()) {
	s := newSleeper(w.stopped, w.now)
	return s.sleep, s.close
}

// attack starts vegeta's workers, one per connection. They are given no pace: each waits in
// RoundTrip, past all of vegeta's own work, for the queue to hand it a request.
func (w *workers) attack() <-chan *vegeta.Result {
	n := uint64(len(w.conns))
	attacker := vegeta.NewAttacker(vegeta.Workers(n), vegeta.MaxWorkers(n), vegeta.Client(&http.Client{Transport: w}))
	return attacker.Attack(w.target, atOnce{}, 0, "")
}

// target is vegeta's Targeter. What it names is only a connection's turn: which request it
// is to send is not known before RoundTrip.
func (w *workers) target(t *vegeta.Target) error {
	if w.queue.over() {
		return vegeta.ErrNoTargets // ends the attack
	}
	t.Method, t.URL = http.MethodGet, w.BaseURL
	return nil
}

// RoundTrip is a worker's turn: it waits for a request, sends it and records what became
// of it. Vegeta's answer is always the same.
func (w *workers) RoundTrip(turn *http.Request) (*http.Response, error) {
	if c, t, ok := w.queue.next(); ok {
		w.record(c.do(t))
		w.queue.leave(c)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: turn}, nil
}

// atOnce is a vegeta.Pacer that never waits.
type atOnce struct{}

func (atOnce) Pace(time.Duration, uint64) (time.Duration, bool) { return 0, false }
func (atOnce) Rate(time.Duration) float64                       { return 0 }
