// Package ipc carries the messages between a primary and its workers, and the events
// that a cluster tells the process that started it: one JSON object per line.
package ipc

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

// Kind says what a message means.
type Kind string

// Messages of a worker.
const (
	Ready    Kind = "ready"    // it takes connections
	Failed   Kind = "failed"   // it cannot start; Error says why
	Beat     Kind = "beat"     // it lives; with its Stats and Times
	Retiring Kind = "retiring" // it wants no more connections, for it was told to stop by someone else
	Ask      Kind = "ask"      // for the Body that answers a GET of Path
	Back     Kind = "back"     // it has given connections back
	Drained  Kind = "drained"  // it has finished all that it was to, and is silent until its process has ended
)

// Messages of the primary.
const (
	Drain  Kind = "drain"  // finish what was accepted, then end; with Keep, give connections back between two requests
	Shed   Kind = "shed"   // give Count connections back, between two requests
	Answer Kind = "answer" // to the Ask of that ID
)

// Message is one line.
type Message struct {
	Kind   Kind              `json:"kind"`
	Error  string            `json:"error,omitempty"`
	Stats  *health.Stats     `json:"stats,omitempty"`
	Times  *health.Histogram `json:"times,omitempty"` // of the requests
	ID     uint64            `json:"id,omitempty"`
	Path   string            `json:"path,omitempty"`
	Keep   bool              `json:"keep,omitempty"`
	Count  int               `json:"count,omitempty"`
	Status int               `json:"status,omitempty"` // of the HTTP answer
	Type   string            `json:"type,omitempty"`   // of the Body
	Body   string            `json:"body,omitempty"`
}

// longest is the longest line that is read, in bytes: 256 workers have room in it.
const longest = 1 << 20

// writeTimeout is how long a message may wait for a peer that does not read.
const writeTimeout = time.Second

// Conn is one end of a control connection.
type Conn struct {
	conn net.Conn
	in   *bufio.Scanner

	mu  sync.Mutex
	out *json.Encoder
}

// NewConn speaks over a connection and owns it.
func NewConn(conn net.Conn) *Conn {
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 0, 4096), longest)
	return &Conn{conn: conn, in: in, out: json.NewEncoder(conn)}
}

// Pair makes a connection and the file with which another process opens its other end.
func Pair() (*Conn, *os.File, error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("make a control connection: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "control")
	ours, err := Open(os.NewFile(uintptr(fds[0]), "control"))
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return ours, theirs, nil
}

// Open takes over an inherited end.
func Open(file *os.File) (*Conn, error) {
	defer file.Close()
	conn, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("open a control connection: %w", err)
	}
	return NewConn(conn), nil
}

// Send writes a message. It may be called from several goroutines.
func (c *Conn) Send(m Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	if err := c.out.Encode(m); err != nil {
		return fmt.Errorf("send %s: %w", m.Kind, err)
	}
	return nil
}

// Gone says whether a message could not be sent because the other end has closed the connection, or this one has.
func Gone(err error) bool {
	return errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, net.ErrClosed)
}

// Receive reads the next message; io.EOF when the other end is gone.
func (c *Conn) Receive() (Message, error) {
	var m Message
	if err := scan(c.in, &m); err != nil {
		return m, err
	}
	if m.Kind == "" {
		return m, fmt.Errorf("read a message: it has no kind")
	}
	return m, nil
}

// Close ends both directions.
func (c *Conn) Close() error { return c.conn.Close() }

func scan(in *bufio.Scanner, into any) error {
	if !in.Scan() {
		if err := in.Err(); err != nil {
			return fmt.Errorf("read a message: %w", err)
		}
		return io.EOF
	}
	if err := json.Unmarshal(in.Bytes(), into); err != nil {
		return fmt.Errorf("read a message: %w", err)
	}
	return nil
}
