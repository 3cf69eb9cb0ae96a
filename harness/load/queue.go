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

// order is a request of the source, made into an HTTP message.
type order struct {
	*Request
	message *http.Request
	err     error // why there is no message
}

// task is a released request that a seat is to send.
type task struct {
	release
	order
}

// queue stands between the pacing and the connections. It knows which requests have been
// released and not yet taken, and which seats, one a connection, are free. A request in
// the backlog takes 16 bytes: the request itself is made when a seat takes it. Only the
// very next one is made in advance. No request stays in the backlog for longer than its
// time-out, so the backlog is bounded by rate x time-out.
//
// The pacing goes on whether or not a seat is free. What it says of a release is therefore
// the generator's own doing, and the wait for a seat that follows is the system's.
type queue struct {
	make    func() order // the source's next request
	timeout time.Duration
	now     func() time.Duration
	record  func(measure.Sample)

	mu      sync.Mutex
	backlog fifo[release]
	next    *order // of the head of the backlog, or of the next release; nil: not made yet
	free    fifo[*seat]
	idle    fifo[*seat] // free, and with a worker that waits; the one that has been idle for longest first
	ended   bool        // nothing more will be released
}

// prepare makes the next request in advance, so that making it does not delay it.
func (q *queue) prepare() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.next == nil && q.backlog.len() == 0 {
		o := q.make()
		q.next = &o
	}
}

// order takes the next request.
func (q *queue) order() order {
	if q.next == nil {
		return q.make()
	}
	o := *q.next
	q.next = nil
	return o
}

// release says that the pacing got to the next request, and reports whether that woke a
// worker. The connection that has been idle for longest takes it: all are used in turn,
// as if each were a user of the system.
func (q *queue) release(r release) (woke bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle.len() == 0 {
		q.backlog.push(r)
		return false
	}
	q.idle.pop().tasks <- &task{r, q.order()}
	return true
}

// backlogged puts a request into the backlog, which is not to be sent any more.
func (q *queue) backlogged(r release) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.backlog.push(r)
}

// seat waits for a request and returns the seat that is to send it, with its task; false
// when there will be no more. There are as many seats as workers, so one is free.
func (q *queue) seat() (*seat, *task, bool) {
	q.mu.Lock()
	s := q.free.pop()
	t, wait := q.take()
	if wait {
		q.idle.push(s)
	}
	q.mu.Unlock()
	if wait {
		t = <-s.tasks
	}
	if t == nil {
		q.leave(s)
	}
	return s, t, t != nil
}

// take takes the head of the backlog; nil when there is none, and then whether to wait
// for one. Requests whose time has run out are passed over.
func (q *queue) take() (t *task, wait bool) {
	for q.backlog.len() > 0 {
		r := q.backlog.pop()
		if q.now() < r.scheduled+q.timeout {
			return &task{r, q.order()}, false
		}
		q.unsent(r, errNoConnection)
	}
	return nil, !q.ended
}

// unsent records the next request as never sent.
func (q *queue) unsent(r release, why error) {
	o := q.order()
	q.record(measure.Sample{
		Scheduled: r.scheduled, Released: r.released, Endpoint: o.Operation, Unsent: true, Err: why,
	})
}

// leave says that a seat is free again.
func (q *queue) leave(s *seat) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free.push(s)
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
	return q.ended && q.backlog.len() == 0
}

// drop records the whole backlog as never sent.
func (q *queue) drop(why error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.backlog.len() > 0 {
		q.unsent(q.backlog.pop(), why)
	}
}

// fifo is a queue in a ring that grows as needed.
type fifo[T any] struct {
	ring  []T
	first int
	count int
}

func (f *fifo[T]) len() int { return f.count }

func (f *fifo[T]) push(v T) {
	if f.count == len(f.ring) {
		ring := make([]T, max(16, 2*len(f.ring)))
		n := copy(ring, f.ring[f.first:])
		copy(ring[n:], f.ring[:f.first])
		f.ring, f.first = ring, 0
	}
	f.ring[(f.first+f.count)%len(f.ring)] = v
	f.count++
}

// pop takes the oldest value; there must be one.
func (f *fifo[T]) pop() T {
	var zero T
	v := f.ring[f.first]
	f.ring[f.first] = zero
	f.first = (f.first + 1) % len(f.ring)
	f.count--
	return v
}
