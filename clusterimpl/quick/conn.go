// Package quick reads and writes sockets without telling the Go scheduler.
//
// The calls never block, since the sockets do not; who has to wait waits in the runtime's
// poller, as ever. The scheduler would reckon with a call all the same: it wakes its monitor
// thread for the first one after each pause, and gives the processor away under one that
// lasts. In a process that waits after every request, that costs more than the call.
package quick

import (
	"net"
	"syscall"
)

// Conn makes a connection quick; one that cannot be is returned as it is.
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

func (c *conn) Read(p []byte) (int, error)  { return c.stream.Read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.stream.Write(p) }

// SyscallConn implements syscall.Conn.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }
