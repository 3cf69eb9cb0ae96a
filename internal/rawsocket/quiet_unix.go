//go:build unix && (!linux || race)

package rawsocket

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Quiet tells whether a socket is open and nothing waits to be read from it.
func Quiet(c syscall.RawConn) bool {
	var err error
	failed := c.Control(func(fd uintptr) {
		var b [1]byte
		_, _, err = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return failed == nil && (errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EWOULDBLOCK))
}
