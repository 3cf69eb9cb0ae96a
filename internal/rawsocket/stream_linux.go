//go:build linux && !race

package rawsocket

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Stream reads and writes a non-blocking descriptor. At most one goroutine reads and one
// writes.
type Stream struct {
	conn    syscall.RawConn
	in, out transfer
}

// New makes a stream of what has a descriptor in non-blocking mode, as all that package net
// and the runtime's poller know have.
func New(c syscall.Conn) (*Stream, error) {
	conn, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &Stream{conn: conn}
	s.in.try, s.out.try = s.in.through(unix.SYS_READ), s.out.through(unix.SYS_WRITE)
	return s, nil
}

// transfer is a read or a write.
type transfer struct {
	try   func(fd uintptr) (done bool) // made once: a closure for each call would be garbage
	bytes []byte
	n     int
	errno syscall.Errno
}

// through returns a function that tries the system call on t.bytes.
func (t *transfer) through(trap uintptr) func(fd uintptr) (done bool) {
	return func(fd uintptr) bool {
		for {
			n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.bytes))),
				uintptr(len(t.bytes)))
			switch t.n, t.errno = int(n), errno; errno {
			case unix.EINTR:
			case unix.EAGAIN:
				return false // to be asked again once the socket is ready
			default:
				return true
			}
		}
	}
}

// run transfers some of p, at least a byte unless it fails; await waits for the socket.
func (t *transfer) run(await func(func(uintptr) bool) error, p []byte) (int, error) {
	t.bytes = p
	err := await(t.try)
	t.bytes = nil
	if err != nil {
		return 0, err
	}
	if t.errno != 0 {
		return 0, t.errno
	}
	return t.n, nil
}

// Read implements io.Reader.
func (s *Stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := s.in.run(s.conn.Read, p)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, wrap("read", err)
}

// Write implements io.Writer.
func (s *Stream) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		n, err := s.out.run(s.conn.Write, p[done:])
		done += n
		if err != nil {
			return done, wrap("write", err)
		}
	}
	return len(p), nil
}

// wrap makes an error one like those of package net.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		err = os.NewSyscallError(op, number)
	}
	return &net.OpError{Op: op, Net: "tcp", Err: err}
}

// Quiet tells whether a socket is open and nothing waits to be read from it.
func Quiet(c syscall.RawConn) bool {
	var b [1]byte
	var errno syscall.Errno
	failed := c.Control(func(fd uintptr) {
		_, _, errno = syscall.RawSyscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1,
			unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	})
	return failed == nil && errno == unix.EAGAIN
}
