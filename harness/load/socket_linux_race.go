//go:build linux && race

package load

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// send is as without the race detector, which sees what it orders: what two ends of a connection do.
func send(fd int, p []byte) (n int, errno syscall.Errno) {
	n, err := syscall.Write(fd, p)
	return n, errnoOf(err)
}

// receive is as without the race detector.
func (r *receiver) receive(fd int, p []byte) (n int, errno syscall.Errno) {
	n, controls, _, _, err := syscall.Recvmsg(fd, p, r.control[:], 0)
	r.stamp(controls)
	return n, errnoOf(err)
}

// doze is as without the race detector.
func doze(limit time.Duration) syscall.Errno {
	spec := unix.NsecToTimespec(int64(limit))
	return errnoOf(unix.Nanosleep(&spec, nil))
}

func errnoOf(err error) (errno syscall.Errno) {
	errors.As(err, &errno)
	return errno
}
