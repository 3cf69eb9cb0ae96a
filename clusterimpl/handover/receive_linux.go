package handover

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

// queue is the worker's end of a line.
type queue struct {
	file *os.File
	raw  syscall.RawConn
	book *journal.Book
	post *journal.Post
	once sync.Once
}

func newQueue(slot int, files []*os.File) (Receiver, error) {
	if len(files) != 2 {
		return nil, fmt.Errorf("receive connections: %d descriptors inherited, want 2", len(files))
	}
	book, err := journal.Open(files[1])
	if err != nil {
		return nil, fmt.Errorf("receive connections: %w", err)
	}
	book.CloseFile()
	if slot < 1 || slot > book.Workers() {
		err := fmt.Errorf("receive connections: slot %d of %d", slot, book.Workers())
		book.Close()
		return nil, err
	}
	q := &queue{book: book, post: book.Post(slot)}
	if q.file, q.raw, err = pollable(files[0]); err != nil {
		book.Close()
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
		var m message
		var err error
		waited := q.raw.Read(func(fd uintptr) bool {
			m, err = receive(int(fd), 0)
			return err != unix.EAGAIN
		})
		switch {
		case waited != nil, errors.Is(err, io.EOF):
			return nil, net.ErrClosed
		case err != nil:
			return nil, fmt.Errorf("take a connection: %w", err)
		case m.kind == msgEnd:
			return nil, net.ErrClosed
		}
		if conn := q.take(m); conn != nil {
			return conn, nil
		}
	}
}

// take makes a connection of a message; nil when the kernel had no descriptor left for it.
func (q *queue) take(m message) net.Conn {
	noted := m.entry >= 0 && m.entry < q.book.Entries()
	switch {
	case m.conn < 0 && noted:
		q.book.Drop(q.post, m.entry)
		return nil
	case m.conn < 0:
		q.post.Closed.Add(1)
		return nil
	case noted:
		return q.book.Take(newSocket(m.conn), q.post, m.entry)
	}
	return &counted{socket: newSocket(m.conn), post: q.post}
}

// counted is a connection without an entry.
type counted struct {
	*socket
	post *journal.Post
	once sync.Once
}

// Close implements net.Conn.
func (c *counted) Close() error {
	c.once.Do(func() { c.post.Closed.Add(1) })
	return c.socket.Close()
}

// Busy implements Receiver.
func (q *queue) Busy(change int64) { q.post.InFlight.Add(change) }

// Drain has nothing to do: the primary puts the end behind the last connection.
func (q *queue) Drain() {}

// Close ends Accept. The shared memory stays mapped: connections that are still open
// are counted there when they close.
func (q *queue) Close() error {
	var err error
	q.once.Do(func() { err = q.file.Close() })
	return err
}

// message is what a line carries.
type message struct {
	kind  byte
	entry int // of the connection, in the journal; negative for none
	conn  int // its descriptor; negative when none came
}

// messageSize is the length of a message, in bytes: its kind, and its entry.
const messageSize = 5

func (m message) encode() []byte {
	data := make([]byte, messageSize)
	data[0] = m.kind
	binary.LittleEndian.PutUint32(data[1:], uint32(int32(m.entry)))
	return data
}

// receive takes one message from a line.
func receive(fd, flags int) (message, error) {
	var data [messageSize]byte
	var control [64]byte // room for one descriptor
	var n, controls int
	var err error
	for {
		n, controls, _, _, err = unix.Recvmsg(fd, data[:], control[:unix.CmsgSpace(4)], flags|unix.MSG_CMSG_CLOEXEC)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return message{}, err
	}
	if n < messageSize {
		return message{}, io.EOF
	}
	m := message{kind: data[0], entry: int(int32(binary.LittleEndian.Uint32(data[1:]))), conn: -1}
	messages, err := unix.ParseSocketControlMessage(control[:controls])
	if err != nil || len(messages) == 0 {
		return m, nil
	}
	if fds, err := unix.ParseUnixRights(&messages[0]); err == nil && len(fds) == 1 {
		m.conn = fds[0]
	}
	return m, nil
}
