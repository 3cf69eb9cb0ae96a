package lean

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

const (
	// BufferSize is the longest head of a plain request, in bytes, with what is read at once.
	BufferSize = 4096
	// Unflushed is how large an answer may get before some of it is sent, in bytes.
	Unflushed = 64 << 10
	// maxDiscard is how much of a body that its handler did not want is read all the same, so
	// that the connection can be kept: as much as net/http reads.
	maxDiscard = 256 << 10
	// linger is how long a client may take to read an answer to a request that it still sends,
	// as in net/http: to close at once would take the answer back.
	linger = 500 * time.Millisecond
)

// Server serves connections. Its fields are not changed while it does.
type Server struct {
	Handler http.Handler
	Log     *slog.Logger // of handlers that panic
}

// Hooks tell what happens to a connection.
type Hooks struct {
	Await func() // some of a request is about to be read; it may set deadlines
	Done  func() // a request is answered
}

// link is one connection.
type link struct {
	net.Conn
	hooks  Hooks
	buffer []byte // what was read
	from   int    // where in it what was not used yet begins
	to     int    // and ends
	writer writer
}

// Serve serves the plain requests of a connection. ok is true when another server is to go
// on, with the bytes ahead, which were read already; else the connection is to be closed.
func (s *Server) Serve(ctx context.Context, c net.Conn, h Hooks) (ahead []byte, ok bool) {
	l := &link{Conn: c, hooks: h, buffer: make([]byte, BufferSize)}
	l.writer.link = l
	base := (&http.Request{RemoteAddr: c.RemoteAddr().String()}).WithContext(ctx)
	for {
		if l.from == l.to && !l.fill() {
			return nil, false
		}
		r := new(http.Request)
		*r = *base
		size, plain := parse(l.buffer[l.from:l.to], r)
		if !plain {
			return l.buffer[l.from:l.to], true
		}
		l.from += size
		if !s.answer(l, r) {
			return nil, false
		}
		h.Done()
	}
}

// fill reads the first bytes of a request.
func (l *link) fill() bool {
	l.hooks.Await()
	n, err := l.Read(l.buffer)
	l.from, l.to = 0, max(0, n)
	return n > 0 && err == nil
}

// answer serves one request, and says whether the connection is kept.
func (s *Server) answer(l *link, r *http.Request) (keep bool) {
	b := body{link: l, left: r.ContentLength}
	r.Body = http.NoBody
	if b.left > 0 {
		r.Body = &b
	}
	w := &l.writer
	w.begin(r, &b)
	defer func() {
		b.closed = true
		if reason := recover(); reason != nil {
			keep = false
			if reason != http.ErrAbortHandler {
				s.Log.Error("a handler panicked", "path", r.URL.Path, "reason", fmt.Sprint(reason), "stack",
					string(debug.Stack()))
			}
		}
		if r.MultipartForm != nil {
			_ = r.MultipartForm.RemoveAll() // temporary files; nobody to tell
		}
	}()
	s.Handler.ServeHTTP(w, r)
	keep = w.finish()
	if b.left > 0 && !keep {
		l.lingers()
	}
	return keep
}

// lingers lets the client read an answer to a request that it still sends.
func (l *link) lingers() {
	if half, ok := l.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		time.Sleep(linger)
	}
}

// body is the body of a request whose length is known.
type body struct {
	link   *link
	left   int64 // bytes that were not delivered
	failed bool  // the client does not send the rest
	closed bool  // the request is answered
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (n int, err error) {
	switch {
	case b.closed:
		return 0, http.ErrBodyReadAfterClose
	case b.left == 0:
		return 0, io.EOF
	case b.failed:
		return 0, io.ErrUnexpectedEOF
	case len(p) == 0:
		return 0, nil
	}
	p = p[:min(int64(len(p)), b.left)]
	if l := b.link; l.from < l.to {
		n = copy(p, l.buffer[l.from:l.to])
		l.from += n
	} else {
		l.hooks.Await()
		n, err = l.Conn.Read(p)
	}
	b.left -= int64(max(0, n))
	if b.left == 0 {
		return n, io.EOF
	}
	if err != nil {
		b.failed = true
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
	}
	return n, err
}

// Close implements io.Closer. What is left is read, or not, when the answer is sent.
func (b *body) Close() error { return nil }

// discard reads what its handler has left of a body, unless that is too much, and says
// whether the next request follows.
func (b *body) discard() bool {
	if b.left == 0 {
		return true
	}
	if b.left > maxDiscard || b.failed {
		return false
	}
	_, err := io.Copy(io.Discard, struct{ io.Reader }{b})
	return err == nil
}
