package worker

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
)

// conn knows whether its client waits for an answer, so that a connection is only
// ever closed or given back between an answer and the next request.
//
// It is told by whoever serves it when an answer is complete, and sees for itself when
// the next bytes are read: http.Server's own states come too late, for a connection
// counts as idle there until a whole request header has been read.
type conn struct {
	net.Conn
	tracked handover.Tracked // the same connection, if another worker can have it
	closed  func(c *conn, returned bool)
	once    sync.Once
	ahead   []byte // read already, for the server that goes on

	mu      sync.Mutex
	waiting bool      // for the first byte of a request
	retired bool      // it is to be closed: its read was interrupted
	unasked bool      // it is to be given back
	back    bool      // its read was ended for that; nothing of a request was read
	armed   time.Time // when the deadline of idle reads was set last; zero when another was set since
}

func newConn(inner net.Conn, closed func(*conn, bool)) *conn {
	c := &conn{Conn: inner, closed: closed, waiting: true}
	if tracked, ok := inner.(handover.Tracked); ok {
		c.tracked = tracked
		c.waiting = !tracked.Waiting()
	}
	return c
}

// afterRetired is how long a request may take to arrive whose first bytes came just
// when its connection was to be closed, or given back.
const afterRetired = 10 * time.Second

// begin notes that a request with a body of so many bytes begins to be carried out.
func (c *conn) begin(body int64) {
	if c.tracked != nil {
		c.tracked.Begin(body)
	}
}

// idle notes that an answer is complete.
func (c *conn) idle() {
	if c.tracked != nil {
		c.tracked.Done()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = c.tracked == nil || !c.tracked.Waiting()
}

// rearm is how old the deadline of idle reads may get: to set it costs more than to look at
// the clock.
const rearm = idleTimeout / 4

// await lets a read wait for idleTimeout, or up to a quarter more.
func (c *conn) await() {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.retired || c.unasked || now.Sub(c.armed) < rearm {
		return // its read is to end at once, or late enough
	}
	c.armed = now
	_ = c.SetReadDeadline(now.Add(idleTimeout + rearm)) // fails on a closed connection: so will the read
}

// retire makes a connection that waits for a request end; one that has a request under
// way is left alone.
//
// It interrupts the read instead of closing: a read that has got bytes already hands
// them to the server, which clears the deadline and answers.
func (c *conn) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting {
		c.retired = true
		c.armed = time.Time{}
		_ = c.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection: nothing left to do
	}
}

// idles says that the connection waits for a request.
func (c *conn) idles() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting
}

// giveBack lets another worker have the connection once no request is under way. It
// says whether that is possible and not under way already.
func (c *conn) giveBack() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tracked == nil || c.unasked {
		return false
	}
	c.unasked = true
	if c.waiting {
		_ = c.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection: nothing left to do
	}
	return true
}

// leaving says that the connection waits for a request that another worker is to have.
func (c *conn) leaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back = c.unasked && c.waiting
	return c.back
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		return n, nil
	}
	if c.leaving() {
		return 0, os.ErrDeadlineExceeded
	}
	for {
		n, err := c.Conn.Read(p)
		if !c.again(n, err) {
			return n, err
		}
	}
}

// again notes what a read brought, and says whether to read once more because the
// read was interrupted and bytes have arrived since.
func (c *conn) again(n int, err error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 && c.waiting {
		c.waiting = false
		if c.unasked { // just now: the rest of the request is still to be read
			_ = c.SetReadDeadline(time.Now().Add(afterRetired)) // fails on a closed connection: so will the read
		}
	}
	interrupted := n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
	if interrupted && c.unasked && c.waiting {
		c.back = true // whatever has arrived is the next worker's
		return false
	}
	if !c.retired {
		return false
	}
	if n == 0 && !(interrupted && c.pending()) {
		return false
	}
	c.retired = false
	_ = c.SetReadDeadline(time.Now().Add(afterRetired)) // fails on a closed connection: so will the read
	return n == 0
}

// pending says whether bytes have arrived that nobody has read.
func (c *conn) pending() bool {
	sc, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, _ = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return err == nil && n > 0
}

// CloseWrite ends one direction; http.Server uses it to let a client read an answer
// to a request that it is still sending.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.mu.Lock()
	back := c.back
	c.mu.Unlock()
	end := c.Conn.Close
	if back {
		end = c.tracked.Return
	}
	err := end()
	c.once.Do(func() { c.closed(c, back) })
	return err
}
