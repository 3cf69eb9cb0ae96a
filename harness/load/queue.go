package load

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// errNoConnection is why a request stayed unsent whose time ran out in the backlog.
var errNoConnection = errors.New("never sent: no connection came free before its time ran out")

// release is the moment of a request, and when the pacing got to it.
type release struct{ scheduled, released time.Duration }

// order is a request of the source, made into what is to be sent: a message for net/http, or
// the bytes themselves.
type order struct {
	*Request
	message    *http.Request
	head, body []byte
	err        error // why there is nothing to send
}

// task is a released request that a connection is to send.
type task struct {
	release
	order
}

// backlog knows which requests have been released and not yet taken. One in it takes 16 bytes:
// the request itself is made when a connection takes it. Only the very next one is made in
// advance. No request stays for longer than its time-out, and no more than [mostWaiting] at once.
type backlog struct {
	make    func() order // the source's next request
	timeout time.Duration
	now     func() time.Duration
	record  func(measure.Sample)
	// refuse records an arrival for which there is no room, and for which no request is made.
	refuse func(release)

	waiting fifo[release]
	next    order // of the head of the backlog, or of the next release
	made    bool  // there is a next
}

// prepare makes the next request in advance, so that making it does not delay it.
func (b *backlog) prepare() {
	if !b.made && b.waiting.len() == 0 {
		b.next, b.made = b.make(), true
	}
}

// wait puts the next release into the backlog, if there is room.
func (b *backlog) wait(r release) {
	if b.waiting.len() >= mostWaiting {
		b.refuse(r)
		return
	}
	b.waiting.push(r)
}

// head is when the first request in the backlog was to be sent; false when there is none.
func (b *backlog) head() (scheduled time.Duration, any bool) {
	if b.waiting.len() == 0 {
		return 0, false
	}
	return b.waiting.first().scheduled, true
}

// order takes the next request.
func (b *backlog) order() order {
	if !b.made {
		return b.make()
	}
	o := b.next
	b.next, b.made = order{}, false
	return o
}

// take takes the head of the backlog; false when there is none. Requests whose time has run
// out are passed over.
func (b *backlog) take() (task, bool) {
	for b.waiting.len() > 0 {
		r := b.waiting.pop()
		if b.now() < r.scheduled+b.timeout {
			return task{r, b.order()}, true
		}
		b.unsent(r, errNoConnection)
	}
	return task{}, false
}

// unsent records the next request as never sent.
func (b *backlog) unsent(r release, why error) {
	o := b.order()
	b.record(measure.Sample{
		Scheduled: r.scheduled, Released: r.released, Endpoint: o.Operation, Unsent: true, Err: why,
	})
}

// drop records the whole backlog as never sent.
func (b *backlog) drop(why error) {
	for b.waiting.len() > 0 {
		b.unsent(b.waiting.pop(), why)
	}
}

// queue stands between the pacing and the workers. It knows the backlog, and which
// connections are free.
//
// The pacing goes on whether or not a connection is free. What it says of a release is therefore
// the generator's own doing, and the wait for a connection that follows is the system's.
type queue struct {
	mu sync.Mutex
	backlog
	free  fifo[*clientConn]
	idle  fifo[*clientConn] // free, and with a worker that waits; the one that has been idle for longest first
	ended bool              // nothing more will be released
}

func (q *queue) prepare() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.backlog.prepare()
}

// release says that the pacing got to the next request, and reports whether that woke a
// worker. The connection that has been idle for longest takes it: all are used in turn,
// as if each were a user of the system.
func (q *queue) release(r release) (woke bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle.len() == 0 {
		q.wait(r)
		return false
	}
	q.idle.pop().tasks <- &task{r, q.order()}
	return true
}

// backlogged puts a request into the backlog, which is not to be sent any more.
func (q *queue) backlogged(r release) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting.push(r)
}

// next waits for a request and returns the connection that is to send it, with its task; false
// when there will be no more. There are as many connections as workers, so one is free.
func (q *queue) next() (*clientConn, *task, bool) {
	q.mu.Lock()
	c := q.free.pop()
	t, ok := q.take()
	wait := !ok && !q.ended
	if wait {
		q.idle.push(c)
	}
	q.mu.Unlock()
	switch {
	case ok:
		return c, &t, true
	case wait:
		if t := <-c.tasks; t != nil {
			return c, t, true
		}
	}
	q.leave(c)
	return c, nil, false
}

// leave says that a connection is free again.
func (q *queue) leave(c *clientConn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free.push(c)
}

// end says that nothing more will be released: workers that wait are sent home, the
// backlog is still worked off.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	for q.idle.len() > 0 {
		q.idle.pop().tasks <- nil
	}
}

// over reports whether there is and will be nothing to do.
func (q *queue) over() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ended && q.waiting.len() == 0
}

// oldest is when the first request in the backlog was to be sent; false when there is none.
func (q *queue) oldest() (time.Duration, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.head()
}

// drop records the whole backlog as never sent.
func (q *queue) drop(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.backlog.drop(why)
}

// fifo is a queue in a ring that grows as needed.
type fifo[T any] struct {
	ring  []T
	start int
	count int
}

func (f *fifo[T]) len() int { return f.count }

func (f *fifo[T]) push(v T) {
	if f.count == len(f.ring) {
		ring := make([]T, max(16, 2*len(f.ring)))
		n := copy(ring, f.ring[f.start:])
		copy(ring[n:], f.ring[:f.start])
		f.ring, f.start = ring, 0
	}
	f.ring[(f.start+f.count)%len(f.ring)] = v
	f.count++
}

// first is the oldest value; there must be one.
func (f *fifo[T]) first() T { return f.ring[f.start] }

// pop takes the oldest value; there must be one.
func (f *fifo[T]) pop() T {
	var zero T
	v := f.ring[f.start]
	f.ring[f.start] = zero
	f.start = (f.start + 1) % len(f.ring)
	f.count--
	return v
}
