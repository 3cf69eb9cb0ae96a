package load

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// state is what a client is at.
type state int

const (
	idle     state = iota // free; its connection is open, or will be when it is needed
	dialling              // a connection is being opened for its task
	awaiting              // the task's request is on the wire
)

// client is a connection of a [loop], which carries one request at a time. Nothing sends a request a second time once a
// byte of it is out: a request lost by the system would look like a slow one.
type client struct {
	loop  *loop
	index int32 // in loop.clients
	fd    int   // below 0: no connection
	state state
	freed time.Duration // when its last request was done

	buffer []byte // of its last request, to be used again

	// Of the task:
	task
	deadline       time.Duration
	begun          time.Duration
	sent, read     time.Duration // its first byte went out, below 0: none did; the last bytes came from the network
	out            []byte        // what of its head is to be sent
	reopened       bool          // for the second time
	dialling       time.Duration // since when
	attempt        int           // of dialling, among all
	opening        time.Duration // what opening connections took
	response       response
	previous, next *client // with a task
}

// begin begins a task; false when it is over at once, and recorded.
func (c *client) begin(t task) bool {
	c.task, c.deadline = t, t.scheduled+c.loop.Timeout
	c.begun, c.sent, c.opening, c.reopened = c.loop.now(), -1, 0, false
	c.out = t.head
	c.loop.spare, c.buffer = c.buffer, t.head[:0]
	c.queue()
	switch {
	case t.err != nil:
		c.settle(t.err)
		return false
	case c.fd < 0:
		c.state = dialling
		c.loop.dial(c)
		return true
	}
	return c.transmit()
}

// queue puts the client among those with a task, in the order of the deadlines.
func (c *client) queue() {
	l := c.loop
	c.previous, c.next = l.last, nil
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
}

func (c *client) unqueue() {
	l := c.loop
	if c.previous == nil {
		l.first = c.next
	} else {
		c.previous.next = c.next
	}
	if c.next == nil {
		l.last = c.previous
	} else {
		c.next.previous = c.previous
	}
	c.previous, c.next = nil, nil
}

// attach gives the client a connection.
func (c *client) attach(fd int) error {
	event := unix.EpollEvent{Events: interest, Fd: c.index}
	if err := unix.EpollCtl(c.loop.poll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		closeSocket(fd)
		return os.NewSyscallError("epoll_ctl", err)
	}
	noteArrivals(fd)
	c.fd = fd
	return nil
}

// interest is what the kernel tells of a connection, each time once.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET

func (c *client) close() {
	closeSocket(c.fd)
	c.fd = -1
}

// transmit begins to send the request; false when that ended the task, which is recorded.
func (c *client) transmit() bool {
	c.state = awaiting
	c.response.reset(c.Method)
	c.sent = c.loop.now()
	return c.write()
}

// write sends what the socket takes; false when that ended the task.
func (c *client) write() bool {
	for {
		piece := &c.out
		if len(c.out) == 0 {
			if piece = &c.task.body; len(c.task.body) == 0 {
				return true
			}
		}
		n, errno := send(c.fd, *piece)
		switch {
		case errno == unix.EAGAIN:
			return true // told when there is room
		case errno == unix.EINTR:
		case errno != 0:
			return c.unwritten(errno)
		default:
			*piece = (*piece)[n:]
		}
	}
}

// unwritten is what to do when a request cannot be sent. A connection that the system closed while it was idle has
// taken no byte of it: it then goes out over a new one, once.
func (c *client) unwritten(errno syscall.Errno) bool {
	if len(c.out) == len(c.head) && !c.reopened {
		c.close()
		c.reopened, c.sent, c.state = true, -1, dialling
		c.loop.dial(c)
		return true
	}
	c.settle(fmt.Errorf("send the request: %w", os.NewSyscallError("send", errno)))
	return false
}

// unasked looks after an idle connection at which something came: its end, or bytes that nothing asked for.
func (c *client) unasked() {
	if c.fd < 0 {
		return
	}
	var one [1]byte
	if _, errno := c.loop.receive(c.fd, one[:]); errno != unix.EAGAIN && errno != unix.EINTR {
		c.close()
	}
}

// handle looks after a connection at which something came.
func (c *client) handle(events uint32) {
	switch {
	case c.fd < 0 || c.state == dialling:
		return
	case c.state == idle:
		c.unasked()
		return
	}
	if events&unix.EPOLLOUT != 0 && len(c.out)+len(c.task.body) > 0 && !c.write() {
		c.loop.serve(c)
		return
	}
	if events&^unix.EPOLLOUT == 0 || c.state != awaiting {
		return
	}
	ended := events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0
	if over, err := c.receive(ended); over {
		c.response.keep = c.response.keep && !ended
		c.settle(err)
		c.loop.serve(c)
	}
}

// receive takes in what has come, to the end of the connection where that has come, too; over says that the exchange
// is.
func (c *client) receive(ended bool) (over bool, err error) {
	r := &c.response
	for range visits {
		room := r.room()
		n, errno := c.loop.receive(c.fd, room)
		switch {
		case errno == unix.EAGAIN:
			return false, nil
		case errno == unix.EINTR:
			continue
		case errno != 0:
			return true, os.NewSyscallError("receive the answer", errno)
		case n == 0:
			err := r.closed()
			r.keep = false
			return true, err
		}
		c.read = c.loop.arrived(c.sent)
		r.in = r.in[:len(r.in)+n]
		if done, err := r.parse(); done || err != nil {
			return true, err
		}
		if n < len(room) && !ended {
			return false, nil // told when there is more
		}
	}
	event := unix.EpollEvent{Events: interest, Fd: c.index} // told of it again
	if err := unix.EpollCtl(c.loop.poll, unix.EPOLL_CTL_MOD, c.fd, &event); err != nil {
		return true, os.NewSyscallError("epoll_ctl", err)
	}
	return false, nil
}

// settle ends the task, for the reason that the exchange failed, or nil, and records what became of it.
func (c *client) settle(why error) {
	l, r := c.loop, &c.response
	c.unqueue()
	e := exchange{sent: c.sent, done: c.read, err: why}
	if why == nil {
		e.status, e.worker, e.body = r.status, r.named, r.content()
		if c.Check != nil {
			e.header = r.headers()
		}
	}
	sample := l.sample(&c.task, &e, c.begun, c.freed, c.opening)
	if !sample.Unsent {
		c.freed = sample.Done
	}
	l.record(sample)
	if c.state == awaiting && (why != nil || !r.keep || r.rest() > 0 || len(c.out)+len(c.task.body) > 0) {
		c.close()
	}
	c.state, c.task, c.out = idle, task{}, nil
}
