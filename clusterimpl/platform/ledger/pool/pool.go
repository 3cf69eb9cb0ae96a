// Package pool keeps a fixed number of connections to a server open and lends them to work.
//
// It is made so that a server which was slow for a moment is not slow for ever. Connections
// that are closed because a request ran out of time are opened anew at the price of many
// requests, and that work keeps the server slow after what slowed it has gone: a metastable
// failure (Bronson et al., Metastable Failures in Distributed Systems, HotOS 2021; Huang et
// al., Metastable Failures in the Wild, OSDI 2022). So, here:
//
//   - who runs out of time goes away, and its work ends behind it; the connection is then
//     lent again. Only one that has not ended long afterwards ([Config.Abandon]) is given up.
//     That work is bounded by the server itself (statement_timeout), which costs no
//     connection of its own, as a cancel request would.
//   - one connection is opened at a time, by nobody who waits for an answer, and after a
//     failure not before a pause that grows and that chance spreads ([Backoff]).
//   - without any connection, and after an attempt that failed, nobody waits: [Do] fails at once.
//
// Connections do not end with age or idleness: their number is the same at all times.
package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a connection. Its owner alone uses it, but for Abort.
type Conn interface {
	// Alive tells without asking the server whether the connection can be used.
	Alive() bool
	// Abort ends what is under way with an error; the connection is not alive afterwards.
	// Anyone may call it.
	Abort()
	// Close ends the connection in order.
	Close()
}

// Config says what is kept. All times are greater than 0.
type Config[C Conn] struct {
	Size        int                                  // connections; at least 1
	Dial        func(ctx context.Context) (C, error) // opens one and makes it ready for work
	DialTimeout time.Duration                        // of an attempt
	Wait        time.Duration                        // for a connection, at most; ctx may end before
	Abandon     time.Duration                        // that work may go on after its caller has gone
	// Pause is the time to wait after so many failed attempts in a row; nil: [Backoff] of
	// random numbers.
	Pause func(failures int) time.Duration
}

// Errors of [Do], beside those of the work.
var (
	// ErrBusy says that every connection was in use for as long as the caller could wait.
	ErrBusy = errors.New("every connection is in use")
	// ErrClosed says that the pool was closed.
	ErrClosed = errors.New("the pool is closed")
	// errDead says that the connection was found dead before the work began.
	errDead = errors.New("the connection was dead")
)

// Stats is what a pool has counted.
type Stats struct {
	Size     int    // connections that it keeps
	Open     int    // that it has now
	Attempts uint64 // to connect, since the start
	Opened   uint64 // of these, succeeded
	Aborted  uint64 // connections that were given up because work on them did not end
}

// Pool keeps connections.
type Pool[C Conn] struct {
	config Config[C]
	gone   chan struct{} // holds a token when a connection has gone
	full   chan struct{} // closed when all connections were open for the first time
	end    context.CancelFunc
	ctx    context.Context // until Close
	all    sync.WaitGroup  // the keeper and the connections

	mu    sync.Mutex
	stats Stats
	live  map[*lane[C]]struct{}
	idle  []*lane[C]    // the one that was used last is used next: it, and its server's process, are warm
	queue []*waiter[C]  // first come, first served; empty while there is an idle one
	down  chan struct{} // closed while there is no connection and the latest attempt has failed
	err   error         // of that attempt
}

// lane is a connection with the goroutine that it is used by.
type lane[C Conn] struct {
	conn C
	next chan job[C] // has room for the one that it gets when it is idle
}

// job uses a connection, and tells whether that went well.
type job[C Conn] func(*lane[C]) bool

// waiter is a job for which no connection was free.
type waiter[C Conn] struct {
	do    job[C]
	taken chan struct{} // closed when it was given to a connection
}

// New makes a pool and begins to connect. It is to be closed.
func New[C Conn](c Config[C]) *Pool[C] {
	if c.Pause == nil {
		c.Pause = Backoff(rand.Float64)
	}
	ctx, end := context.WithCancel(context.Background())
	p := &Pool[C]{
		config: c, gone: make(chan struct{}, 1), full: make(chan struct{}), ctx: ctx, end: end,
		stats: Stats{Size: c.Size}, live: map[*lane[C]]struct{}{}, down: make(chan struct{}),
	}
	p.all.Go(p.keep)
	return p
}

// Backoff is the time to wait after so many failed attempts in a row: it doubles from 50 ms
// to 1.6 s, and of that a random half to whole is waited, so that many who have failed at
// the same time do not come back at the same time. random yields numbers in [0,1).
func Backoff(random func() float64) func(failures int) time.Duration {
	return func(failures int) time.Duration {
		most := 50 * time.Millisecond << min(max(failures-1, 0), 5)
		return time.Duration(float64(most) * (1 + random()) / 2)
	}
}

// Ready waits until all connections are open, or the server does not answer: an attempt has
// failed while there is no connection. It returns that attempt's error, or that of ctx.
func (p *Pool[C]) Ready(ctx context.Context) error {
	select {
	case <-p.full:
		return nil
	case <-p.unreachable():
		return p.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats is what was counted so far.
func (p *Pool[C]) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// closing is how long work under way may take when the pool is closed.
const closing = time.Second

// Close ends every connection, once its work has ended or, after a second, with its work.
func (p *Pool[C]) Close() {
	p.end()
	ended := make(chan struct{})
	go func() {
		p.all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return
	case <-time.After(closing):
	}
	p.mu.Lock()
	for l := range p.live {
		l.conn.Abort()
	}
	p.mu.Unlock()
	<-ended
}

// keep opens a connection whenever one is missing.
func (p *Pool[C]) keep() {
	for failures := 0; p.ctx.Err() == nil; {
		if !p.missing() {
			p.await(p.gone, nil)
			continue
		}
		if p.open() {
			failures = 0
			continue
		}
		failures++
		pause := time.NewTimer(p.config.Pause(failures))
		p.await(nil, pause.C)
		pause.Stop()
	}
}

func (p *Pool[C]) await(token <-chan struct{}, timer <-chan time.Time) {
	select {
	case <-token:
	case <-timer:
	case <-p.ctx.Done():
	}
}

func (p *Pool[C]) missing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats.Open < p.config.Size
}

// open makes one attempt to connect.
func (p *Pool[C]) open() bool {
	ctx, cancel := context.WithTimeout(p.ctx, p.config.DialTimeout)
	defer cancel()
	conn, err := p.config.Dial(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Attempts++
	if err != nil {
		p.err = err
		if p.stats.Open == 0 {
			p.setDown()
		}
		return false
	}
	p.stats.Opened++
	p.stats.Open++
	l := &lane[C]{conn, make(chan job[C], 1)}
	p.live[l] = struct{}{}
	select {
	case <-p.down: // no more
		p.down = make(chan struct{})
	default:
	}
	if p.stats.Open == p.config.Size {
		select {
		case <-p.full:
		default:
			close(p.full)
		}
	}
	p.all.Go(func() { p.lend(l) })
	return true
}

func (p *Pool[C]) setDown() {
	select {
	case <-p.down:
	default:
		close(p.down)
	}
}

// lend lets work use a connection, one after the other, as long as it is alive.
func (p *Pool[C]) lend(l *lane[C]) {
	defer func() {
		l.conn.Close()
		p.mu.Lock()
		delete(p.live, l)
		p.stats.Open--
		p.mu.Unlock()
		select {
		case p.gone <- struct{}{}:
		default:
		}
	}()
	for {
		do := p.nextFor(l)
		if do == nil || !do(l) && !l.conn.Alive() {
			return
		}
	}
}

// nextFor waits for the next job of a connection; nil when the pool is closed.
func (p *Pool[C]) nextFor(l *lane[C]) job[C] {
	p.mu.Lock()
	if len(p.queue) > 0 && p.ctx.Err() == nil {
		w := p.queue[0]
		p.queue = slices.Delete(p.queue, 0, 1)
		p.mu.Unlock()
		close(w.taken)
		return w.do
	}
	p.idle = append(p.idle, l)
	p.mu.Unlock()
	select {
	case do := <-l.next:
		return do
	case <-p.ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.idle, l); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		return nil
	}
	return <-l.next // who took it from the idle ones has sent, or is about to
}

func (p *Pool[C]) unreachable() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

func (p *Pool[C]) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// outcome is what work has come to.
type outcome[T any] struct {
	value T
	err   error
}

// Do has work done on a connection, and returns what it has come to. The work is not told
// when ctx ends: Do returns, and the work ends by itself. So it must not use what its caller
// uses. On a connection that is found dead before, the work is not begun, but on another.
func Do[C Conn, T any](ctx context.Context, p *Pool[C], work func(C) (T, error)) (T, error) {
	for {
		v, err := do(ctx, p, work)
		if err != errDead { //nolint:errorlint // it is ours, and never wrapped
			return v, err
		}
	}
}

func do[C Conn, T any](ctx context.Context, p *Pool[C], work func(C) (T, error)) (none T, err error) {
	done := make(chan outcome[T], 1)
	var on atomic.Pointer[lane[C]]
	err = p.assign(ctx, func(l *lane[C]) bool {
		on.Store(l)
		o := outcome[T]{err: errDead}
		if l.conn.Alive() {
			o = safely(l.conn, work)
		}
		done <- o
		return o.err == nil
	})
	if err != nil {
		return none, err
	}
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
	}
	go func() { // ends with the work, or soon after the connection
		abandon := time.NewTimer(p.config.Abandon)
		defer abandon.Stop()
		select {
		case <-done:
		case <-abandon.C:
			p.abort(on.Load())
		}
	}()
	return none, ctx.Err()
}

// abort gives a connection up.
func (p *Pool[C]) abort(l *lane[C]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.live[l]; ok {
		p.stats.Aborted++
		l.conn.Abort()
	}
}

// assign gives a job to a connection.
func (p *Pool[C]) assign(ctx context.Context, do job[C]) error {
	if p.ctx.Err() != nil {
		return ErrClosed
	}
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		l := p.idle[last]
		p.idle = p.idle[:last]
		l.next <- do // has room
		p.mu.Unlock()
		return nil
	}
	w := &waiter[C]{do, make(chan struct{})}
	p.queue = append(p.queue, w)
	down := p.down
	p.mu.Unlock()
	err := p.taken(ctx, w, down)
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, w); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
		return err
	}
	return nil // it was taken just now
}

// taken waits until a job was given to a connection, or as long as it may wait.
func (p *Pool[C]) taken(ctx context.Context, w *waiter[C], down <-chan struct{}) error {
	wait := time.NewTimer(p.config.Wait)
	defer wait.Stop()
	select {
	case <-w.taken:
		return nil
	case <-down:
		return p.reason()
	case <-wait.C:
		return fmt.Errorf("%w: all %d for %v", ErrBusy, p.config.Size, p.config.Wait)
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ctx.Done():
		return ErrClosed
	}
}

// safely does work whose panic ends nothing but the connection.
func safely[C Conn, T any](conn C, work func(C) (T, error)) (o outcome[T]) {
	defer func() {
		if reason := recover(); reason != nil {
			conn.Abort()
			o.err = fmt.Errorf("it panicked: %v\n%s", reason, debug.Stack())
		}
	}()
	o.value, o.err = work(conn)
	return o
}
