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

// A clientConn is one connection, which sends one request at a time. It owns its
// connection, so that nothing sends a request a second time once a byte of it is out: an
// http.Transport with a pool does so behind its caller's back, and a request lost by the
// system would look like a slow one.
type clientConn struct {
	run   *driver
	tasks chan *task // nil: stop

	transport http.Transport
	client    *http.ClientConn // nil until the first dial
	wire      atomic.Pointer[wire]
	freed     time.Duration // when its last request was done
	buffer    []byte        // for the answer's body
}

func newClientConn(run *driver) *clientConn {
	c := &clientConn{run: run, tasks: make(chan *task, 1), buffer: make([]byte, 0, 4<<10)}
	c.transport.DialContext = c.dialWire
	c.transport.DisableCompression = true // bodies are checked as they are sent
	c.transport.TLSClientConfig = run.TLS.Clone()
	c.transport.Protocols = new(http.Protocols)
	c.transport.Protocols.SetHTTP1(!run.HTTP2)
	c.transport.Protocols.SetHTTP2(run.HTTP2)
	return c
}

// dialWire opens the connection under a client connection.
func (c *clientConn) dialWire(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: rawsocket.Conn(conn), now: c.run.now}
	c.wire.Store(w)
	return w, nil
}

// dial opens the connection, by the deadline at the latest.
func (c *clientConn) dial(deadline time.Duration) error {
	ctx, cancel := context.WithDeadline(c.run.stopped, c.run.wall(deadline))
	defer cancel()
	client, err := c.transport.NewClientConn(ctx, c.run.base.Scheme, c.run.address)
	if err != nil {
		return err
	}
	c.client = client
	return c.run.stopped.Err() // abort may have come before there was a wire to close
}

// abort breaks off what is under way.
func (c *clientConn) abort() {
	if w := c.wire.Load(); w != nil {
		w.Close()
	}
}

// close closes the connection.
func (c *clientConn) close() {
	if c.client != nil {
		c.client.Close()
	}
}

// do sends a request and returns what became of it.
func (c *clientConn) do(t *task) measure.Sample {
	begun := c.run.now()
	e, dialled := c.send(t, t.scheduled+c.run.Timeout)
	sample := c.run.sample(t, &e, begun, c.freed, dialled)
	if !sample.Unsent {
		c.freed = sample.Done
	}
	return sample
}

// send sends a request, over a new connection where there is none, and also returns how
// long opening connections took. A connection that the system closed while it was idle
// has taken no byte of the request: it then goes out over a new one, once.
func (c *clientConn) send(t *task, deadline time.Duration) (e exchange, dialled time.Duration) {
	e = exchange{sent: -1, err: t.err}
	for attempt := 0; attempt < 2 && e.sent < 0 && t.err == nil; attempt++ {
		if c.client == nil || c.client.Err() != nil {
			start := c.run.now()
			if err := c.dial(deadline); err != nil {
				e.err = fmt.Errorf("no connection: %w", err)
				return e, dialled
			}
			dialled += c.run.now() - start
		}
		message := t.message
		if attempt > 0 {
			message, _ = makeMessage(c.run.base, t.Request) // its body may have been read
		}
		e = c.exchange(message, deadline)
	}
	return e, dialled
}

// exchange sends a message over the connection and reads the answer.
func (c *clientConn) exchange(message *http.Request, deadline time.Duration) exchange {
	w := c.wire.Load()
	w.begin(c.run.wall(deadline))
	var e exchange
	answer, err := c.client.RoundTrip(message)
	if err == nil {
		e.status, e.header, e.worker = answer.StatusCode, answer.Header, answer.Header.Get(c.run.WorkerHeader)
		e.body, err = c.read(answer)
	} else if errors.Is(err, io.EOF) {
		err = errClosed
	}
	e.sent, e.done, e.err = time.Duration(w.sent.Load()), time.Duration(w.read.Load()), err
	if err != nil {
		c.client.Close()
	} else {
		w.end()
	}
	return e
}
