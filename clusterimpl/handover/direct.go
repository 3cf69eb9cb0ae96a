package handover

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// direct is the receiver of a process that accepts for itself.
type direct struct {
	ln       *net.TCPListener
	shared   bool // with other processes, which may go on accepting
	draining atomic.Bool
	settled  bool
}

// Direct returns a receiver that accepts from a listening socket, and owns it.
func Direct(ln *net.TCPListener) Receiver { return &direct{ln: ln} }

// Accept implements Receiver. Clients see a connection as made once the kernel has
// accepted it: after Drain, those that wait there are still taken.
func (d *direct) Accept() (net.Conn, error) {
	conn, err := d.ln.Accept()
	for d.draining.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		if conn, err = d.waiting(); conn == nil && err == nil {
			d.ln.Close()
			return nil, net.ErrClosed
		}
	}
	return conn, err
}

// waiting takes a connection that the kernel has accepted; nil when there is none. An
// error that wraps os.ErrDeadlineExceeded means that it is to be called again.
func (d *direct) waiting() (net.Conn, error) {
	raw, err := d.ln.SyscallConn()
	if err != nil {
		return nil, net.ErrClosed
	}
	accepted := -1
	syscall.ForkLock.RLock()
	controlled := raw.Control(func(fd uintptr) {
		if accepted, _, err = unix.Accept(int(fd)); err == nil {
			unix.CloseOnExec(accepted)
		}
	})
	syscall.ForkLock.RUnlock()
	switch {
	case controlled != nil:
		return nil, net.ErrClosed
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.ECONNABORTED):
		return nil, os.ErrDeadlineExceeded
	case err != nil && !d.settled:
		time.Sleep(settle)
		d.settled = true
		return nil, os.ErrDeadlineExceeded
	case err != nil: // none left, or no descriptor for it
		return nil, nil
	}
	file := os.NewFile(uintptr(accepted), "connection")
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil { // the client has gone already
		return nil, os.ErrDeadlineExceeded
	}
	return conn, nil
}

func (d *direct) Busy(int64) {}

func (d *direct) Drain() {
	d.draining.Store(true)
	if !d.shared {
		_ = quiet(d.ln) // where that is not possible, what arrives last may be reset
	}
	_ = d.ln.SetDeadline(time.Unix(1, 0)) // fails on a closed socket: nothing left to take
}

func (d *direct) Close() error { return d.ln.Close() }
