package worker

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// conn knows whether its client waits for an answer, so that a connection is only
// ever closed between an answer and the next request.
//
// It is told by http.Server's state hook when an answer is complete, and sees for
// itself when the next bytes are read: the server's own states come too late, for a
// connection counts as idle there until a whole request header has been read.
type conn struct {
	net.Conn
	closed func(*conn)
	once   sync.Once

	mu      sync.Mutex
	waiting bool // for the first byte of a request
	retired bool // its read was interrupted
}

// afterRetired is how long a request may take to arrive whose first bytes came just
// when its connection was to be closed.
const afterRetired = 10 * time.Second

// idle notes that an answer is complete.
func (c *conn) idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = true
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
		_ = c.SetReadDeadline(time.Unix(1, 0)) // fails on a closed connection: nothing left to do
	}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
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
	if n > 0 {
		c.waiting = false
	}
	if !c.retired {
		return false
	}
	if n == 0 && !(errors.Is(err, os.ErrDeadlineExceeded) && c.pending()) {
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
	err := c.Conn.Close()
	c.once.Do(func() { c.closed(c) })
	return err
}
