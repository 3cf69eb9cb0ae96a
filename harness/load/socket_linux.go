//go:build !race

package load

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send sends some of p over a socket that does not block.
func send(fd int, p []byte) (n int, errno syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))),
		uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
	return int(r), errno
}

// receive receives into p from a socket that does not block; 0 is the connection's end. The kernel also tells when what
// it gave last had come, see [receiver.came].
func (r *receiver) receive(fd int, p []byte) (n int, errno syscall.Errno) {
	r.piece.Base = unsafe.SliceData(p)
	r.piece.SetLen(len(p))
	r.header.Iov, r.header.Iovlen = &r.piece, 1
	r.header.Control = &r.control[0]
	r.header.SetControllen(len(r.control))
	got, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&r.header)), 0)
	r.piece.Base = nil
	r.stamp(int(r.header.Controllen))
	return int(got), errno
}

// doze sleeps for a time, or until a signal comes.
func doze(limit time.Duration) syscall.Errno {
	spec := unix.NsecToTimespec(int64(limit))
	_, _, errno := syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&spec)), 0, 0)
	return errno
}
