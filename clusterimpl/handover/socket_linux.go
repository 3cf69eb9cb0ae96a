package handover

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/internal/rawsocket"
)

// socket is a connection over a descriptor that came from the primary. It does without
// what net.FileConn does to such a descriptor, a dozen system calls: options are set on
// the listening socket, and inherited. One goroutine at a time reads, and one writes.
type socket struct {
	*os.File
	raw io.ReadWriter // the same
}

// newSocket takes over a descriptor in non-blocking mode.
func newSocket(fd int) *socket {
	s := &socket{File: os.NewFile(uintptr(fd), "connection")}
	s.raw = s.File
	if stream, err := rawsocket.New(s.File); err == nil {
		s.raw = stream
	}
	return s
}

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	n, err := s.raw.Read(p)
	return n, netError("read", err)
}

// Write implements net.Conn.
func (s *socket) Write(p []byte) (int, error) {
	n, err := s.raw.Write(p)
	return n, netError("write", err)
}

// netError makes a file's error one of a connection, as http.Server knows them.
func netError(op string, err error) error {
	if err == nil {
		return nil
	}
	var file *os.PathError
	if errors.As(err, &file) {
		return &net.OpError{Op: op, Net: "tcp", Err: file.Err}
	}
	return err
}

// control runs a system call on a descriptor, unless it is closed.
func control(s syscall.Conn, call func(fd int) error) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	if controlled := raw.Control(func(fd uintptr) { err = call(int(fd)) }); controlled != nil {
		return controlled
	}
	return err
}

// Shutdown ends the connection, whoever else has a descriptor of it.
func (s *socket) Shutdown() error {
	return control(s, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_RDWR) })
}

// CloseWrite ends what is sent to the client.
func (s *socket) CloseWrite() error {
	return control(s, func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

// LocalAddr implements net.Conn.
func (s *socket) LocalAddr() net.Addr { return s.address(unix.Getsockname) }

// RemoteAddr implements net.Conn.
func (s *socket) RemoteAddr() net.Addr { return s.address(unix.Getpeername) }

func (s *socket) address(ask func(int) (unix.Sockaddr, error)) net.Addr {
	var sa unix.Sockaddr
	err := control(s, func(fd int) (err error) { sa, err = ask(fd); return err })
	if err != nil {
		return &net.TCPAddr{} // the client has gone
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)))
	case *unix.SockaddrInet6:
		return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)))
	}
	return &net.UnixAddr{Net: "unix"} // the primary's probe
}
