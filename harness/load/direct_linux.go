//go:build linux && !race

package load

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// direct is a TCP connection that reads and writes without telling the Go scheduler.
// Its calls never block, since its socket does not. The scheduler would reckon with it
// all the same: it wakes its monitor thread for the first call after each pause, and
// gives the processor away under a call that lasts. At the generator's pace of a pause
// after every request that took a quarter of all its processor time.
//
// At most one goroutine reads and one writes.
type direct struct {
	*net.TCPConn
	conn        syscall.RawConn
	read, write transfer
}

// newDirect makes a connection direct; one that cannot be is returned as it is.
func newDirect(conn net.Conn) net.Conn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	d := &direct{TCPConn: tcp, conn: raw}
	d.read.try, d.write.try = d.read.through(unix.SYS_READ), d.write.through(unix.SYS_WRITE)
	return d
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
			n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.bytes))), uintptr(len(t.bytes)))
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

func (d *direct) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := d.read.run(d.conn.Read, p)
	if err == nil && n == 0 {
		return 0, io.EOF
	}
	return n, d.wrap("read", err)
}

func (d *direct) Write(p []byte) (int, error) {
	for done := 0; ; {
		n, err := d.write.run(d.conn.Write, p[done:])
		done += n
		if err != nil || done == len(p) {
			return done, d.wrap("write", err)
		}
	}
}

// wrap makes a system call's error one like those of package net.
func (d *direct) wrap(op string, err error) error {
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: d.LocalAddr(), Addr: d.RemoteAddr(), Err: os.NewSyscallError(op, errno)}
}
