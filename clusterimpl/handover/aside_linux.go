package handover

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// firstBytes is how long a connection is waited for that has to be looked at.
const firstBytes = 20 * time.Millisecond

// aside is what is looked for in the first bytes of connections.
type aside struct {
	match func(first []byte) bool
	take  func(net.Conn)
	on    bool
}

func (d *dispatcher) Aside(match func([]byte) bool, take func(net.Conn)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aside.match, d.aside.take = match, take
}

func (d *dispatcher) LookAside(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aside.on = on && d.aside.match != nil
}

// look takes a connection aside, or hands it to a worker, once its first bytes are
// there. The caller holds the lock.
func (d *dispatcher) look(fd int) {
	match, take := d.aside.match, d.aside.take
	var aside net.Conn
	d.slowTask(func() {
		if aside = peek(fd, match); aside != nil {
			unix.Close(fd)
			take(aside)
		}
	}, func() {
		if aside == nil {
			d.enter(fd)
		}
	})
}

// peek returns the connection, with a descriptor of its own and nothing read, if its
// first bytes match.
func peek(fd int, match func([]byte) bool) net.Conn {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	s := newSocket(own)
	raw, err := s.SyscallConn()
	if err == nil {
		err = s.SetReadDeadline(time.Now().Add(firstBytes))
	}
	if err != nil {
		s.Close()
		return nil
	}
	var first [32]byte
	n := 0
	waited := raw.Read(func(fd uintptr) bool {
		n, _, err = unix.Recvfrom(int(fd), first[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err != unix.EAGAIN
	})
	if waited != nil || err != nil || !match(first[:max(0, n)]) || s.SetReadDeadline(time.Time{}) != nil {
		s.Close()
		return nil
	}
	return s
}
