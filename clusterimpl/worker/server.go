package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/lean"
)

// Header names the worker in every answer.
const Header = "X-Worker"

// Limits of the server: a client that sends its header slowly, or too much of it, or
// nothing any more, does not hold a connection for ever.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// idleGrace is how long a draining server waits for requests on kept connections, to
// answer them with "Connection: close", before it ends those that stay idle.
const idleGrace = 250 * time.Millisecond

// server answers the requests of the connections that one receiver brings.
type server struct {
	name     string // of the worker, in [Header]
	receiver handover.Receiver
	app      http.Handler
	health   http.Handler
	counters *counters
	log      *slog.Logger
	lean     lean.Server
	http     *http.Server  // of the connections that are not plain, see package lean
	served   chan struct{} // closed when nothing more is accepted
	base     context.Context
	stop     context.CancelFunc // ends the requests of plain connections

	returned func() // called when connections were given back

	state   atomic.Int32 // serving, draining or leaving
	mu      sync.Mutex
	conns   map[*conn]struct{}
	changed chan struct{} // holds a token when a connection has gone
}

// States of a server.
const (
	serving  int32 = iota
	draining       // every connection is closed
	leaving        // connections are given back, as far as another worker can have them
)

// connKey is the key of a connection in the context of its requests.
type connKey struct{}

func newServer(name string, r handover.Receiver, app, health http.Handler, c *counters, log *slog.Logger) *server {
	s := &server{
		name: name, receiver: r, app: app, health: health, counters: c, log: log,
		returned: func() {}, served: make(chan struct{}), conns: map[*conn]struct{}{}, changed: make(chan struct{}, 1),
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.lean = lean.Server{Handler: s, Log: log}
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				c.(*conn).idle()
			}
		},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
	}
	return s
}

// serve accepts until the receiver has no more connections.
func (s *server) serve() error {
	defer close(s.served)
	for pause := time.Duration(0); ; {
		c, err := s.accept()
		var passing interface{ Temporary() bool } // as of a lack of descriptors
		switch {
		case err == nil:
			pause = 0
			go s.attend(c)
		case errors.As(err, &passing) && passing.Temporary():
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.log.Warn("accepting waits", "reason", err)
			time.Sleep(pause)
		case errors.Is(err, net.ErrClosed):
			return nil
		default:
			return fmt.Errorf("serve requests: %w", err)
		}
	}
}

// attend serves a connection, its plain requests first.
func (s *server) attend(c *conn) {
	if s.base.Err() != nil { // it came too late to be ended
		c.Close()
		return
	}
	ctx := context.WithValue(s.base, connKey{}, c)
	ahead, ok := s.lean.Serve(ctx, c, lean.Hooks{Await: c.await, Done: c.idle})
	if !ok {
		c.Close()
		return
	}
	c.ahead = ahead
	_ = s.http.Serve(&single{conn: c}) // it returns once it has the connection, or was closed
}

// single is a listener with one connection.
type single struct{ conn *conn }

// Accept implements net.Listener.
func (l *single) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	c := l.conn
	l.conn = nil
	return c, nil
}

// Close implements net.Listener. The server closes it when it has taken the connection, or
// never will.
func (l *single) Close() error {
	if l.conn != nil {
		return l.conn.Close()
	}
	return nil
}

// Addr implements net.Listener.
func (l *single) Addr() net.Addr { return &net.TCPAddr{} }

// end ends every connection, whatever is under way.
func (s *server) end() {
	s.stop()
	s.receiver.Close()
	s.http.Close()
	s.mu.Lock()
	left := slices.Collect(maps.Keys(s.conns))
	s.mu.Unlock()
	for _, c := range left {
		c.Close()
	}
}

// drain finishes what was accepted and returns when every connection is closed, or, if
// they are kept, given back. http.Server.Shutdown is not used: it closes connections
// whose next request it has read already (golang/go#75591).
func (s *server) drain(ctx context.Context, keep bool) error {
	s.state.Store(draining)
	if keep {
		s.state.Store(leaving)
	}
	s.receiver.Drain()
	select {
	case <-s.served:
	case <-ctx.Done():
		return fmt.Errorf("drain: connections still arrive: %w", context.Cause(ctx))
	}
	grace := time.NewTimer(idleGrace)
	defer grace.Stop()
	if keep {
		s.shed(math.MaxInt)
	}
	again := (<-chan time.Time)(nil) // nil until the grace is over
	for s.open() > 0 {
		select {
		case <-s.changed:
		case <-again:
			again = time.After(s.retire())
		case <-grace.C:
			again = time.After(s.retire())
		case <-ctx.Done():
			n := s.open()
			s.end()
			return fmt.Errorf("drain: %d connections have a request under way: %w", n, context.Cause(ctx))
		}
	}
	return nil
}

func (s *server) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// shed gives so many connections back, those first that wait for a request.
func (s *server) shed(count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, busy := range []bool{false, true} {
		for c := range s.conns { // a busy one may be idle by now
			if count > 0 && (busy || c.idles()) && c.giveBack() {
				count--
			}
		}
	}
}

// Bounds of how often connections are retired: each time all are looked at, which is to take no
// more than a share of the time where they are many, or the processor is short.
const (
	retireInterval = 10 * time.Millisecond
	retireShare    = 0.05
)

// retire ends the connections that wait for a request, and returns the time after which it is
// to be done again, for those that do so by then.
func (s *server) retire() time.Duration {
	started := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.retire()
	}
	return min(max(retireInterval, time.Duration(float64(time.Since(started))/retireShare)), idleGrace)
}

// accept takes the next connection.
func (s *server) accept() (*conn, error) {
	inner, err := s.receiver.Accept()
	if err != nil {
		return nil, err
	}
	c := newConn(inner, s.gone)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	s.counters.connections.Add(1)
	return c, nil
}

// gone notes that a connection was closed or given back.
func (s *server) gone(c *conn, back bool) {
	if back {
		s.returned()
	}
	s.counters.connections.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// ServeHTTP answers one request, and nothing that the application does ends more than that.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(Header, s.name)
	c, _ := r.Context().Value(connKey{}).(*conn)
	if c != nil {
		c.begin(r.ContentLength)
	}
	a := &answer{ResponseWriter: w, server: s, conn: c}
	defer a.finish()
	if ownPath(r.URL.Path) {
		s.health.ServeHTTP(a, r)
		return
	}
	started := time.Now()
	s.counters.inFlight.Add(1)
	s.receiver.Busy(1)
	defer func() {
		reason := recover()
		s.done(a, r, started, reason)
		if reason != nil && !a.failed {
			// half an answer was sent: end the connection, so that it is not taken for a whole one
			panic(http.ErrAbortHandler)
		}
	}()
	s.app.ServeHTTP(a, r)
}

// closes says whether the present request of a connection is its last.
func (s *server) closes(c *conn) bool {
	switch s.state.Load() {
	case draining:
		return true
	case leaving:
		return c == nil || c.tracked == nil
	}
	return false
}

// done counts a request that has been answered, or was ended by a panic.
func (s *server) done(a *answer, r *http.Request, started time.Time, reason any) {
	if reason != nil {
		s.panicked(a, r, reason)
	}
	s.counters.latencies.record(time.Since(started))
	s.counters.inFlight.Add(-1)
	s.receiver.Busy(-1)
	s.counters.requests.Add(1)
	if a.status >= http.StatusInternalServerError || reason != nil {
		s.counters.errors.Add(1)
	}
}

func (s *server) panicked(a *answer, r *http.Request, reason any) {
	if reason == http.ErrAbortHandler { // the application's way to end a connection
		return
	}
	s.counters.panics.Add(1)
	s.log.Error("a request panicked", "method", r.Method, "path", r.URL.Path, "reason", fmt.Sprint(reason), "stack",
		string(debug.Stack()))
	if a.status == 0 {
		a.failed = true
		http.Error(a, "internal error", http.StatusInternalServerError)
	}
}

// answer notes the status of an answer and asks the client to close its connection
// when the server drains.
type answer struct {
	http.ResponseWriter
	server *server
	conn   *conn
	status int  // 0 until the header is written
	failed bool // the server answered in the application's place
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.finish()
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	return a.ResponseWriter.Write(p)
}

// finish is the last moment before the header is written.
func (a *answer) finish() {
	if a.status == 0 && a.server.closes(a.conn) {
		a.Header().Set("Connection", "close")
	}
}

// Unwrap gives http.ResponseController the server's own writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
