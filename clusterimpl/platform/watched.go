package platform

import (
	"net"
	"syscall"

	"github.com/nameplate-dev/nameplate/internal/rawsocket"
)

// watched is a connection that go-redis can ask whether it is still open, which it does before each use, without
// that the Go scheduler is told of a system call.
type watched struct {
	net.Conn
	raw syscall.RawConn
}

// watch makes a connection watched; one that cannot be is returned as it is.
func watch(c net.Conn) net.Conn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return c
	}
	return &watched{c, quiet{raw}}
}

// SyscallConn implements syscall.Conn.
func (w *watched) SyscallConn() (syscall.RawConn, error) { return w.raw, nil }

// quiet is a descriptor at which nobody looks for what is not there.
type quiet struct{ syscall.RawConn }

// Read lets f look, unless the socket is open and nothing waits to be read from it.
func (q quiet) Read(f func(fd uintptr) bool) error {
	if rawsocket.Quiet(q.RawConn) {
		return nil
	}
	return q.RawConn.Read(f)
}
