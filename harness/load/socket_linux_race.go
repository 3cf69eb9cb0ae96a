//go:build linux && race

package load

import (
	"errors"
	"syscall"
)

// send is as without the race detector, which sees what it orders: what two ends of a connection do.
func send(fd int, p []byte) (n int, errno syscall.Errno) {
	n, err := syscall.Write(fd, p)
	return n, errnoOf(err)
}

// receive is as without the race detector.
func receive(fd int, p []byte) (n int, errno syscall.Errno) {
	n, err := syscall.Read(fd, p)
	return n, errnoOf(err)
}

func errnoOf(err error) (errno syscall.Errno) {
	errors.As(err, &errno)
	return errno
}
