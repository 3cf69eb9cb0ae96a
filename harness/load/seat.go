package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/rawsocket"
)

// errInterrupted is why what was under way when the run was broken off has no answer.
var errInterrupted = errors.New("the run was interrupted")

// A seat is one connection, with the room to send one request at a time. It owns its
// connection, so that nothing sends a request a second time once a byte of it is out: an
// http.Transport with a pool does so behind its caller's back, and a request lost by the
// system would look like a slow one.
type seat struct {
	run   *driver
	tasks chan *task // nil: go home

	transport http.Transport
	client    *http.ClientConn // nil until the first dial
	wire      atomic.Pointer[wire]
	freed     time.Duration // when its last request was done
	buffer    []byte        // for the answer's body
}

func newSeat(run *driver) *seat {
	s := &seat{run: run, tasks: make(chan *task, 1), buffer: make([]byte, 0, 4<<10)}
	s.transport.DialContext = s.dialWire
	s.transport.DisableCompression = true // bodies are checked as they are sent
	s.transport.TLSClientConfig = run.TLS.Clone()
	s.transport.Protocols = new(http.Protocols)
	s.transport.Protocols.SetHTTP1(!run.HTTP2)
	s.transport.Protocols.SetHTTP2(run.HTTP2)
	return s
}

// dialWire opens the connection under a client connection.
func (s *seat) dialWire(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: rawsocket.Conn(conn), now: s.run.now}
	s.wire.Store(w)
	return w, nil
}

// dial opens the seat's connection, by the deadline at the latest.
func (s *seat) dial(deadline time.Duration) error {
	ctx, cancel := context.WithDeadline(s.run.stopped, s.run.wall(deadline))
	defer cancel()
	client, err := s.transport.NewClientConn(ctx, s.run.base.Scheme, s.run.address)
	if err != nil {
		return err
	}
	s.client = client
	return s.run.stopped.Err() // abort may have come before there was a wire to close
}

// abort breaks off what the seat is doing.
func (s *seat) abort() {
	if w := s.wire.Load(); w != nil {
		w.Close()
	}
}

// close closes the seat's connection.
func (s *seat) close() {
	if s.client != nil {
		s.client.Close()
	}
}

// do sends a request and returns what became of it.
func (s *seat) do(t *task) measure.Sample {
	begun := s.run.now()
	e, dialled := s.send(t, t.scheduled+s.run.Timeout)
	sample := s.run.sample(t, &e, begun, s.freed, dialled)
	if !sample.Unsent {
		s.freed = sample.Done
	}
	return sample
}

// send sends a request, over a new connection where there is none, and also returns how
// long opening connections took. A connection that the system closed while it was idle
// has taken no byte of the request: it then goes out over a new one, once.
func (s *seat) send(t *task, deadline time.Duration) (e exchange, dialled time.Duration) {
	e = exchange{sent: -1, err: t.err}
	for attempt := 0; attempt < 2 && e.sent < 0 && t.err == nil; attempt++ {
		if s.client == nil || s.client.Err() != nil {
			start := s.run.now()
			if err := s.dial(deadline); err != nil {
				e.err = fmt.Errorf("no connection: %w", err)
				return e, dialled
			}
			dialled += s.run.now() - start
		}
		message := t.message
		if attempt > 0 {
			message, _ = makeMessage(s.run.base, t.Request) // its body may have been read
		}
		e = s.exchange(message, deadline)
	}
	return e, dialled
}

// exchange sends a message over the seat's connection and reads the answer.
func (s *seat) exchange(message *http.Request, deadline time.Duration) exchange {
	w := s.wire.Load()
	w.begin(s.run.wall(deadline))
	var e exchange
	answer, err := s.client.RoundTrip(message)
	if err == nil {
		e.status, e.header, e.worker = answer.StatusCode, answer.Header, answer.Header.Get(s.run.WorkerHeader)
		e.body, err = s.read(answer)
	} else if errors.Is(err, io.EOF) {
		err = errClosed
	}
	e.sent, e.done, e.err = time.Duration(w.sent.Load()), time.Duration(w.read.Load()), err
	if err != nil {
		s.client.Close()
	} else {
		w.end()
	}
	return e
}
