// Package rawsocket reads and writes sockets without telling the Go scheduler.
//
// The calls never block, since the sockets do not; who has to wait waits in the runtime's
// poller, as ever. The scheduler would reckon with a call all the same: it wakes its monitor
// thread for the first one after each pause, and gives the processor away under one that
// lasts. In a process that waits after every request, that costs more than the call.
//
// The race detector does not see such calls, which order what two ends of a connection do:
// under it, as on other systems than Linux, connections are left as they are.
package rawsocket

import (
	"errors"
	"net"
	"syscall"
)

// Conn makes a connection raw; one that cannot be is returned as it is. At most one goroutine
// reads and one writes.
func Conn(c net.Conn) net.Conn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	stream, err := New(s)
	if err != nil {
		return c
	}
	return &conn{c, stream}
}

type conn struct {
	net.Conn
	stream *Stream
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.stream.Read(p)
	return n, c.addressed(err)
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	return n, c.addressed(err)
}

// addressed says in an error between which addresses it was, as those of package net do.
func (c *conn) addressed(err error) error {
	if err == nil {
		return nil
	}
	var failed *net.OpError
	if errors.As(err, &failed) {
		failed.Net, failed.Source, failed.Addr = c.LocalAddr().Network(), c.LocalAddr(), c.RemoteAddr()
	}
	return err
}

// SyscallConn implements syscall.Conn.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }
