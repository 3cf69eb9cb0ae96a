package handover

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// queue is the worker's end of a line.
type queue struct {
	file *os.File
	raw  syscall.RawConn
	post *post // on the board
	once sync.Once
}

func newQueue(slot int, files []*os.File) (Receiver, error) {
	if len(files) != 2 {
		return nil, fmt.Errorf("receive connections: %d descriptors inherited, want 2", len(files))
	}
	b, err := openBoard(files[1])
	if err != nil {
		return nil, fmt.Errorf("receive connections: %w", err)
	}
	b.file.Close() // the mapping stays
	q := &queue{}
	if slot < 1 || slot > b.slots() {
		b.unmap()
		return nil, fmt.Errorf("receive connections: slot %d of %d", slot, b.slots())
	}
	q.post = b.post(slot)
	if q.file, q.raw, err = pollable(files[0]); err != nil {
		b.unmap()
		return nil, fmt.Errorf("receive connections: %w", err)
	}
	return q, nil
}

// pollable puts an inherited descriptor under the runtime's poller.
func pollable(inherited *os.File) (*os.File, syscall.RawConn, error) {
	defer inherited.Close()
	fd, err := unix.FcntlInt(inherited.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, nil, err
	}
	file := os.NewFile(uintptr(fd), inherited.Name())
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, raw, nil
}

func (q *queue) Accept() (net.Conn, error) {
	for {
		var kind byte
		conn, err := -1, error(nil)
		waited := q.raw.Read(func(fd uintptr) bool {
			kind, conn, err = receive(int(fd), 0)
			return err != unix.EAGAIN
		})
		switch {
		case waited != nil, errors.Is(err, io.EOF):
			return nil, net.ErrClosed
		case err != nil:
			return nil, fmt.Errorf("take a connection: %w", err)
		case kind == msgEnd:
			return nil, net.ErrClosed
		case conn < 0: // the kernel had no descriptor left to put it on
			q.Release()
			continue
		}
		if accepted, err := q.wrap(conn); err == nil {
			return accepted, nil
		}
		q.Release() // the client has gone already
	}
}

// wrap makes a net.Conn of a descriptor, which it closes.
func (q *queue) wrap(fd int) (net.Conn, error) {
	file := os.NewFile(uintptr(fd), "connection")
	defer file.Close()
	return net.FileConn(file)
}

func (q *queue) Release() { q.post.closed.Add(1) }

// Drain has nothing to do: the primary puts the end behind the last connection.
func (q *queue) Drain() {}

// Close ends Accept. The shared memory stays mapped: connections that are still open
// are counted there when they close.
func (q *queue) Close() error {
	var err error
	q.once.Do(func() { err = q.file.Close() })
	return err
}

// receive takes one message from a line. conn is negative when none came with it.
func receive(fd, flags int) (kind byte, conn int, err error) {
	var data [1]byte
	var control [64]byte // room for one descriptor
	var n, controls int
	for {
		n, controls, _, _, err = unix.Recvmsg(fd, data[:], control[:unix.CmsgSpace(4)], flags|unix.MSG_CMSG_CLOEXEC)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return 0, -1, err
	}
	if n == 0 {
		return 0, -1, io.EOF
	}
	messages, err := unix.ParseSocketControlMessage(control[:controls])
	if err != nil || len(messages) == 0 {
		return data[0], -1, nil
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return data[0], -1, nil
	}
	return data[0], fds[0], nil
}
