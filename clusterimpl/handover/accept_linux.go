package handover

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// accept takes connections from the kernel until Finish, and then those that the
// kernel has accepted already.
func (d *dispatcher) accept() error {
	raw, err := d.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("accept connections: %w", err)
	}
	for d.ready() {
		conn, err := 0, error(nil)
		waited := raw.Read(func(fd uintptr) bool {
			conn, _, err = unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return err != unix.EAGAIN
		})
		if waited != nil { // woken by Finish
			break
		}
		if err := d.accepted(conn, err); err != nil {
			return err
		}
	}
	if err := quiet(d.ln); err != nil {
		d.log.Warn("connections may be lost while the port is closed", "reason", err)
	}
	d.rest(raw)
	time.Sleep(settle)
	d.rest(raw)
	return nil
}

// rest takes all connections that the kernel has accepted.
func (d *dispatcher) rest(raw syscall.RawConn) {
	_ = raw.Control(func(fd uintptr) { // fails on a closed socket: there is none then
		for {
			conn, _, err := unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			switch err {
			case nil:
				d.give(conn)
			case unix.ECONNABORTED, unix.EINTR:
			default:
				return
			}
		}
	})
}

// accepted hands one connection over, or says why accepting cannot go on.
func (d *dispatcher) accepted(conn int, err error) error {
	switch {
	case err == nil:
		d.give(conn)
	case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOBUFS),
		errors.Is(err, unix.ENOMEM):
		d.log.Warn("accepting waits", "reason", err)
		time.Sleep(retry)
	case errors.Is(err, unix.ECONNABORTED), errors.Is(err, unix.EINTR):
	default:
		return fmt.Errorf("accept connections: %w", err)
	}
	return nil
}

// ready waits until there is a worker to accept for: until then connections wait in
// the kernel, where another process could still get them. It returns false at the end.
func (d *dispatcher) ready() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.finishing && !slices.ContainsFunc(d.lines[:], func(l *line) bool { return l != nil && l.open }) {
		d.changed.Wait()
	}
	return !d.finishing
}
