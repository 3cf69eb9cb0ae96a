package journal

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// Conn is a worker's connection, with its entry. Reads are made by one goroutine at a
// time, and so are writes, as http.Server does.
type Conn struct {
	net.Conn
	book  *Book
	post  *Post
	n     int
	entry *Entry
	once  sync.Once

	read    atomic.Uint64 // bytes that were read, or need not be read again
	unread  int           // of the noted bytes, those that are not delivered yet; the last ones
	written uint64
}

// Take notes that a worker has a connection, and returns it with the bytes that
// another has read before.
func (b *Book) Take(inner net.Conn, p *Post, n int) *Conn {
	e := &b.entries[n]
	noted := e.noted.Load()
	c := &Conn{Conn: inner, book: b, post: p, n: n, entry: e, unread: int(noted), written: e.wrote.Load()}
	c.read.Store(e.start.Load() + uint64(noted))
	e.mark(taken)
	e.noted.Store(0) // from here on, what was read and start tell as much
	return c
}

// Read implements net.Conn. The kernel writes into the entry, so that what it has
// delivered is never lost.
func (c *Conn) Read(p []byte) (int, error) {
	at := c.read.Load() - c.entry.start.Load()
	if c.unread > 0 {
		n := copy(p, c.entry.data[at-uint64(c.unread):at])
		c.unread -= n
		return n, nil
	}
	into := p // no room for it: the request cannot be replayed
	if at < room {
		into = c.entry.data[at:min(room, at+uint64(len(p)))]
	}
	n, err := c.Conn.Read(into)
	if n > 0 {
		if at < room {
			copy(p, into[:n])
		}
		c.read.Add(uint64(n))
	}
	return n, err
}

// SyscallConn gives access to the descriptor.
func (c *Conn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// CloseWrite ends what is sent to the client.
func (c *Conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Begin notes that the present request, whose body has so many bytes (-1 when that is
// not known), begins to be carried out.
func (c *Conn) Begin(body int64) {
	at := min(room, c.read.Load()-c.entry.start.Load())
	if end := bytes.Index(c.entry.data[:at], []byte("\r\n\r\n")); end >= 0 && body >= 0 {
		c.entry.length.Store(uint64(end) + 4 + uint64(body))
	}
	c.entry.mark(begun)
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	e := c.entry
	if e.answer.Load() == 0 && e.length.Load() > 0 && whole(p) {
		e.answer.Store(uint64(len(p)))
	} else {
		e.answer.Store(inPieces)
	}
	n, err := c.Conn.Write(p)
	c.written += uint64(max(0, n))
	return n, err
}

// Done notes that the present request is answered.
func (c *Conn) Done() {
	e := c.entry
	read := c.read.Load()
	rest, clear := c.rest()
	if rest > 0 || !clear {
		e.mark(unclear) // until the rest stands where the next request begins
	}
	if rest > 0 {
		at := read - e.start.Load()
		copy(e.data[:rest], e.data[at-rest:at])
	}
	// In this order: once start is right, nothing is under way, whatever else stands here.
	e.start.Store(read - rest)
	e.wrote.Store(c.written)
	e.answer.Store(0)
	e.length.Store(0)
	e.deaths.Store(0)
	if clear {
		e.flags.Store(taken)
	}
}

// rest is the number of bytes that were read beyond the present request; false when
// that cannot be told, or not all of them are in the entry.
func (c *Conn) rest() (uint64, bool) {
	at, length := c.read.Load()-c.entry.start.Load(), c.entry.length.Load()
	switch {
	case length == 0, at < length, c.entry.is(unclear), at > length && at > room:
		return 0, false
	}
	return at - length, true
}

// Waiting says that bytes of the next request have been read already.
func (c *Conn) Waiting() bool { return c.unread > 0 || c.read.Load() != c.entry.start.Load() }

// whole says whether bytes are an answer from its first to its last, after which the
// connection is kept.
func whole(p []byte) bool {
	const proto = "HTTP/1.1 "
	if len(p) < len(proto)+3 || string(p[:len(proto)]) != proto || p[len(proto)] < '2' {
		return false
	}
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		return false
	}
	head := p[:end+2]
	if bytes.Contains(head, []byte("\r\nConnection: close\r\n")) {
		return false
	}
	const length = "\r\nContent-Length: "
	body := 0
	if at := bytes.Index(head, []byte(length)); at >= 0 {
		digits, _, _ := bytes.Cut(head[at+len(length):], []byte("\r\n"))
		n, err := strconv.Atoi(string(digits))
		if err != nil {
			return false
		}
		body = n
	} else if status := string(p[len(proto) : len(proto)+3]); status != "204" && status != "304" {
		return false
	}
	return end+4+body == len(p)
}

// Return gives the connection back; another worker gets it. No request of it may be
// under way.
func (c *Conn) Return() error { return c.end(returned) }

// Close ends the connection. To close the descriptor alone would not: the primary has
// one too.
func (c *Conn) Close() error { return c.end(closed) }

func (c *Conn) end(flag uint32) error {
	err := net.ErrClosed
	c.once.Do(func() {
		if s, ok := c.Conn.(interface{ Shutdown() error }); ok && flag == closed {
			_ = s.Shutdown() // fails when the client has ended it already
		}
		err = c.Conn.Close()
		c.entry.mark(flag)
		c.post.Closed.Add(1)
		c.book.give(c.post, c.n)
	})
	return err
}

// Drop closes a connection that its worker cannot take.
func (b *Book) Drop(p *Post, n int) {
	b.entries[n].mark(closed)
	p.Closed.Add(1)
	b.give(p, n)
}
