package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// loopRate is the highest rate, in req/s, that one loop is given: half of what it can send on a slow processor.
	loopRate = 12_000
	// batch is how many connections are looked after before the clock is looked at.
	batch = 16
	// behind is how late the pacing is at a request before which answers, and ends of connections, are looked for: it
	// has then not waited, and not looked.
	behind = 100 * time.Microsecond
	// visits is how often a connection is read from before others have their turn.
	visits = 8
	// longestNap is how near the next request must be for answers to be left until after it, see [loop.nap].
	longestNap = time.Millisecond
	// longestWait bounds a wait: the Go scheduler, which is not told of it, breaks it off by a signal that can come
	// just before it.
	longestWait = 20 * time.Millisecond
	// slackEvery is how often the thread is asked to wake on time: the Go scheduler may have moved the loop to another
	// one.
	slackEvery = 5 * time.Millisecond
)

// loop carries requests over plain HTTP/1.1, on one thread: the goroutine of the pacing sends each request itself, and
// while it waits for the next moment it takes in answers. A request takes four system calls, and no goroutine waits for
// another one.
//
// The Go scheduler is not told of the system calls, see package rawsocket: the loop keeps its processor of the
// scheduler while it waits, and has it for itself (see [quieten]).
type loop struct {
	*driver
	backlog  backlog
	renderer *renderer
	poll     int // the epoll
	wake     int // an eventfd that ends a wait
	clients  []*client
	idle     fifo[*client] // the one that has been idle for longest first
	first    *client       // of those with a task, in the order of their deadlines, which is that of the schedule
	last     *client
	spare    []byte // for the next request
	workers  map[string]string

	receiver
	clock   wallClock
	napping time.Duration // see longestNap

	events  [batch]unix.EpollEvent
	ready   []unix.EpollEvent // of events: those still to be looked at
	slack   time.Duration     // when the thread was last asked to wake on time
	dials   sync.WaitGroup
	mu      sync.Mutex
	dialled []dialled // by goroutines, not yet taken over
}

// newLoop returns a loop; nil where the run is none for it, or the kernel lacks what it needs (Linux 5.11).
func newLoop(d *driver) carrier {
	if d.base.Scheme != "http" || d.fastest() > loopRate {
		return nil
	}
	l := &loop{driver: d, poll: -1, wake: -1, workers: map[string]string{}, napping: longestNap}
	l.backlog = backlog{make: l.makeOrder, timeout: d.Timeout, now: d.now, record: d.record, refuse: d.refuse}
	var err error
	if l.renderer, err = newRenderer(d.base); err != nil {
		return nil
	}
	if l.open() != nil {
		closeSocket(l.poll)
		closeSocket(l.wake)
		return nil
	}
	for i := range d.Connections {
		c := &client{
			loop: l, index: int32(i), fd: -1,
			response: response{worker: http.CanonicalHeaderKey(d.WorkerHeader), workers: l.workers},
		}
		l.clients = append(l.clients, c)
	}
	return l
}

// open opens what the loop waits with.
func (l *loop) open() (err error) {
	if l.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	if err := unix.EpollCtl(
		l.poll, unix.EPOLL_CTL_ADD, l.wake, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: -1},
	); err != nil {
		return err
	}
	if _, errno := l.wait(0); errno != 0 {
		return errno
	}
	return nil
}

func (l *loop) processors() (own, shared int) { return 1, 1 }

// makeOrder makes the source's next request.
func (l *loop) makeOrder() order {
	r := l.Source.Next()
	if r == nil {
		return order{Request: &Request{}, err: errNoRequest}
	}
	head, body, err := l.renderer.render(l.spare[:0], r)
	l.spare = nil
	return order{Request: r, head: head, body: body, err: err}
}

// connect opens all connections. One that cannot be opened is tried again by the request that needs it.
func (l *loop) connect() (failed []error) {
	ctx, cancel := context.WithTimeout(l.stopped, dialLimit)
	defer cancel()
	fds, errs := make([]int, len(l.clients)), make([]error, len(l.clients))
	var wg sync.WaitGroup
	turn := make(chan struct{}, dialsAtOnce)
	for i := range fds {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			fds[i], errs[i] = openSocket(ctx, l.address)
		})
	}
	wg.Wait()
	for i, c := range l.clients {
		if errs[i] == nil {
			errs[i] = c.attach(fds[i])
		}
		if errs[i] != nil {
			failed = append(failed, errs[i])
		}
		l.idle.push(c)
	}
	return failed
}

func (l *loop) begin() {}

func (l *loop) disconnect() {
	l.stop()
	l.dials.Wait()
	_, _, _ = syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, 0, 0) // as it was
	for _, d := range l.dialled {
		closeSocket(d.fd)
	}
	for _, c := range l.clients {
		c.close()
	}
	closeSocket(l.poll)
	l.mu.Lock()
	defer l.mu.Unlock()
	closeSocket(l.wake)
	l.wake = -1
}

// abort ends the wait; what is under way is given up where it is seen that the run was broken off.
func (l *loop) abort() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rouse()
}

// rouse ends a wait of the loop. The lock is held.
func (l *loop) rouse() {
	if l.wake >= 0 {
		_, _ = unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

func (l *loop) prepare()                       { l.backlog.prepare() }
func (l *loop) backlogged(r release)           { l.backlog.waiting.push(r) }
func (l *loop) waiting() (time.Duration, bool) { return l.backlog.head() }
func (l *loop) drop(why error)                 { l.backlog.drop(why) }

// release sends the next request, or puts it into the backlog. The connection that has been idle for longest takes it:
// all are used in turn, as if each were a user of the system.
func (l *loop) release(r release) {
	if r.released-r.scheduled > behind {
		l.handleAll()
		l.await(0)
	}
	if l.idle.len() == 0 {
		l.backlog.wait(r)
	} else if c := l.idle.pop(); !c.begin(task{r, l.backlog.order()}) {
		l.serve(c)
	}
}

// serve gives a client that is free what waits in the backlog.
func (l *loop) serve(c *client) {
	for l.stopped.Err() == nil {
		t, ok := l.backlog.take()
		if !ok {
			break
		}
		if c.begin(t) {
			return
		}
	}
	l.idle.push(c)
}

// end looks after the connections until all is answered or given up.
func (l *loop) end() {
	for l.first != nil && l.stopped.Err() == nil {
		l.step(l.first.deadline)
	}
	for l.first != nil {
		c := l.first
		c.settle(errInterrupted)
		l.idle.push(c)
	}
	l.drop(errInterrupted) // what was left in the backlog
}

func (l *loop) sleeper() (sleep func(until time.Duration) bool, done func()) {
	return l.sleepUntil, func() {}
}

// sleepUntil looks after the connections until a moment.
func (l *loop) sleepUntil(until time.Duration) (timed bool) {
	if until-l.now() <= l.napping && l.first != nil && l.stopped.Err() == nil {
		if timed, ok := l.nap(until); ok {
			return timed
		}
	}
	for l.stopped.Err() == nil {
		timed = l.step(until)
		if l.now() >= until {
			return timed
		}
	}
	return false
}

// nap takes in what has come and then sleeps without an eye on the connections, as long as one is free for the next
// request: an answer that comes meanwhile wakes nobody. It is dated by the kernel, so that to read it late makes no
// response time longer. At thousands of requests per second that saves a wake-up of two, here and where the answer is
// sent.
func (l *loop) nap(until time.Duration) (timed, ok bool) {
	for {
		l.handleAll()
		if l.await(0); len(l.ready) == 0 {
			break
		}
	}
	l.expire(l.now())
	if l.idle.len() == 0 {
		return false, false
	}
	left := until - l.now()
	if left <= 0 {
		return false, true
	}
	l.wakeOnTime()
	return doze(left) == 0, true
}

// step looks after one connection, or waits for one until a moment at the latest, and reports whether that came.
func (l *loop) step(until time.Duration) (timed bool) {
	if len(l.ready) > 0 {
		l.handle()
	} else {
		next := until
		if l.first != nil {
			next = min(next, l.first.deadline)
		}
		if now := l.now(); now < next {
			timed = l.await(next-now) && next == until
		}
	}
	l.expire(l.now())
	return timed
}

// expire gives up what has had its time.
func (l *loop) expire(now time.Duration) {
	for l.first != nil && now >= l.first.deadline {
		c := l.first
		c.settle(l.errTimeout)
		l.serve(c)
	}
}

// await waits for something to look after, for a time at the longest, and reports whether that passed.
func (l *loop) await(limit time.Duration) (timed bool) {
	if limit > 0 {
		l.wakeOnTime()
	}
	n, errno := l.wait(min(limit, longestWait))
	if errno != 0 || n == 0 {
		return errno == 0
	}
	l.ready = l.events[:n]
	for i := range l.ready {
		// First the connections that have ended while they were idle, before they are given a request.
		if e := &l.ready[i]; e.Fd >= 0 && l.clients[e.Fd].state == idle {
			l.clients[e.Fd].unasked()
			e.Events = 0
		}
	}
	return false
}

// wakeOnTime asks for the thread's sleeps to end on time.
func (l *loop) wakeOnTime() {
	if now := l.now(); now-l.slack >= slackEvery || l.slack == 0 {
		l.slack = now
		_, _, _ = syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, 1, 0)
	}
}

// arrived is when what was received last had come, in answer to a request that was sent at a moment.
func (l *loop) arrived(sent time.Duration) time.Duration {
	l.clock.compare(l.now)
	now := l.now()
	if at, ok := l.clock.arrival(l.came, sent, now); ok {
		return at
	}
	return now
}

// wait waits for events.
func (l *loop) wait(limit time.Duration) (n int, errno syscall.Errno) {
	spec := unix.NsecToTimespec(int64(limit))
	r, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(l.poll), uintptr(unsafe.Pointer(&l.events)),
		batch, uintptr(unsafe.Pointer(&spec)), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(r), 0
}

func (l *loop) handleAll() {
	for len(l.ready) > 0 {
		l.handle()
	}
}

// handle looks after one connection.
func (l *loop) handle() {
	e := l.ready[0]
	l.ready = l.ready[1:]
	switch {
	case e.Fd < 0:
		l.takeOver()
	case e.Events != 0:
		l.clients[e.Fd].handle(e.Events)
	}
}

// dialled is what became of opening a connection.
type dialled struct {
	client  *client
	attempt int
	fd      int
	at      time.Duration
	err     error
}

// dial opens a client's connection, in a goroutine, by its task's deadline.
func (l *loop) dial(c *client) {
	c.attempt++
	attempt := c.attempt
	c.dialling = l.now()
	ctx, cancel := context.WithDeadline(l.stopped, l.wall(c.deadline))
	l.dials.Go(func() {
		defer cancel()
		fd, err := openSocket(ctx, l.address)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.dialled = append(l.dialled, dialled{c, attempt, fd, l.now(), err})
		l.rouse()
	})
}

// takeOver takes over what was dialled.
func (l *loop) takeOver() {
	var count [8]byte
	_, _ = unix.Read(l.wake, count[:])
	l.mu.Lock()
	all := l.dialled
	l.dialled = nil
	l.mu.Unlock()
	for _, d := range all {
		c := d.client
		if c.state != dialling || c.attempt != d.attempt { // it was given up
			closeSocket(d.fd)
			continue
		}
		c.opening += d.at - c.dialling
		err := d.err
		if err == nil {
			err = c.attach(d.fd)
		}
		if err != nil {
			c.settle(fmt.Errorf("no connection: %w", err))
			l.serve(c)
			continue
		}
		if !c.transmit() {
			l.serve(c)
		}
	}
}

// openSocket opens a connection and returns its descriptor, of which the Go runtime knows nothing; below 0 on an error.
func openSocket(ctx context.Context, address string) (fd int, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return -1, err
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return -1, err
	}
	fd = -1
	if err := raw.Control(func(s uintptr) {
		var dup error
		if fd, dup = unix.FcntlInt(s, unix.F_DUPFD_CLOEXEC, 0); dup != nil {
			fd, err = -1, os.NewSyscallError("fcntl", dup)
		}
	}); err != nil {
		return -1, err
	}
	return fd, err
}

func closeSocket(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}
