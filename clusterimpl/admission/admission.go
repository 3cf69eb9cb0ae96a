// Package admission refuses what cannot be served in time, so that what is served is in time.
//
// A server that takes more than it can do answers everything too late: the work is done, and
// nobody waits for it any more. So each request is let in or refused as it comes, before any
// work is done for it. The measure is the time that it would take to get through, by Little's
// law (J. D. C. Little, A Proof for the Queuing Formula: L = λW, 1961): the requests under way
// times the time between two that are done. That alone does not tell those who wait for a
// processor from those whose clients are slow, or who wait for what they have asked for, and
// whom it does not help if others are refused. So nothing is refused unless goroutines that
// are ready to run wait for long, too.
//
// As CoDel does (Nichols and Jacobson, Controlling Queue Delay, 2012), only a queue that
// stands is one too many: requests are refused once that time has been above the bound all
// through an interval, or far above it. A burst, or a moment in which the host did something
// else, passes without a refusal. From the first refusal on, and until there has been none for a
// while, the queue is held at a lower target. To recognise an overload takes a queue that is
// clearly too long; to keep the processor busy takes a short one. What is longer than that makes
// all wait, and some for so long that their clients have left when it is their turn: their work
// is done for nobody.
//
// Why a server needs it: Bronson et al., Metastable Failures in Distributed Systems, HotOS
// 2021; Huang et al., Metastable Failures in the Wild, OSDI 2022.
package admission

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what is refused. The zero value of a field is its default.
type Config struct {
	Bound    time.Duration // that a request may take to get through; 250 ms
	Interval time.Duration // for which it must be exceeded before anything is refused; 100 ms
	Target   time.Duration // that it may take while requests are refused; 100 ms
	// Starved says whether what is ready to run waits for a processor for long; by default what
	// the runtime says. It is called a few times per interval, by one goroutine at a time.
	Starved func() bool
}

const (
	defaultBound    = 250 * time.Millisecond
	defaultInterval = 100 * time.Millisecond
	defaultTarget   = 100 * time.Millisecond
	// few is the number of requests under way that are no queue, and not looked at.
	few = 4
	// weight is what the latest time between two answers counts for in their moving average.
	weight = 1.0 / 32
	// far is how many times the bound may be exceeded before the interval is not waited for.
	far = 2
	// samples is how many times per interval goroutines are counted that wait for a processor.
	samples = 5
	// retryAfter is what a client that is refused is asked to wait. An overload is over when
	// nothing was refused for so long: by then those who were have come back.
	retryAfter = time.Second
)

// Gate lets requests in. It is for one process, and used by all its requests at once.
type Gate struct {
	config   Config
	inside   atomic.Int64
	refusals atomic.Uint64

	mu      sync.Mutex
	queued  bool          // there has been a queue since the latest answer
	last    time.Time     // of the answers
	between time.Duration // two answers while there is a queue, on average; 0: not known yet
	over    time.Time     // since when the bound is exceeded; zero: it is not
	refused time.Time     // when a request was refused last; zero: there is no overload
	sampled time.Time     // when it was last sampled whether goroutines wait for a processor
	starved bool          // that they did
}

// NewGate makes a gate.
func NewGate(c Config) *Gate {
	if c.Bound == 0 {
		c.Bound = defaultBound
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	if c.Target == 0 {
		c.Target = min(defaultTarget, c.Bound)
	}
	if c.Starved == nil {
		c.Starved = new(scheduler).starved
	}
	return &Gate{config: c}
}

// Refused is the number of requests that were refused.
func (g *Gate) Refused() uint64 { return g.refusals.Load() }

// Enter says whether a request is let in. One that is must [Gate.Leave].
func (g *Gate) Enter() bool {
	n := g.inside.Add(1)
	if n <= few || g.admits(n) {
		return true
	}
	g.inside.Add(-1)
	g.refusals.Add(1)
	return false
}

// admits judges the request that makes them n.
func (g *Gate) admits(n int64) bool {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	through := g.between * time.Duration(n)
	overload := !g.refused.IsZero() && now.Sub(g.refused) < retryAfter
	if through <= g.config.Target || !overload && through <= g.config.Bound {
		g.over = time.Time{}
		return true
	}
	if g.over.IsZero() {
		g.over = now
	}
	if now.Sub(g.sampled) >= g.config.Interval/samples {
		g.sampled, g.starved = now, g.config.Starved()
	}
	standing := overload || now.Sub(g.over) >= g.config.Interval || through > far*g.config.Bound
	if !standing || !g.starved {
		return true
	}
	g.refused = now
	return false
}

// Leave tells that a request is done.
func (g *Gate) Leave() {
	left := g.inside.Add(-1)
	if left < few && !g.wasQueued() {
		return
	}
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queued {
		took := now.Sub(g.last)
		if g.between == 0 {
			g.between = took
		}
		g.between += time.Duration(weight * float64(took-g.between))
	}
	g.last, g.queued = now, left >= few
	if g.between*time.Duration(left) <= g.config.Bound {
		g.over = time.Time{}
	}
}

func (g *Gate) wasQueued() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.queued
}

// refusal is the body of the answer to a request that is refused.
const refusal = `{"error":"more is asked of this worker than it can do in time"}` + "\n"

var (
	jsonType = []string{"application/json"}
	length   = []string{strconv.Itoa(len(refusal))}
	tryLater = []string{strconv.Itoa(int(retryAfter.Seconds()))}
)

// Wrap puts a gate before a handler. What is refused is answered 503 with Retry-After
// (RFC 9110, sections 10.2.3 and 15.6.4).
func (g *Gate) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.Enter() {
			h := w.Header()
			h["Content-Type"], h["Content-Length"], h["Retry-After"] = jsonType, length, tryLater
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(refusal)) // the client has gone: nobody to tell
			return
		}
		defer g.Leave()
		next.ServeHTTP(w, r)
	})
}
