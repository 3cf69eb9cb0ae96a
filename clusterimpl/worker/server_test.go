package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hang is how long anything may take before a test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

// site is a server in this process.
type site struct {
	*server
	t       *testing.T
	address string
	gate    chan struct{} // held requests go on when it is closed
	held    chan struct{} // one token per request that is held
	served  chan error
}

func newSite(t *testing.T) *site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &site{
		t: t, address: ln.Addr().String(), gate: make(chan struct{}), held: make(chan struct{}, 100),
		served: make(chan error, 1),
	}
	app := http.NewServeMux()
	app.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })
	app.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) {
		s.held <- struct{}{}
		<-s.gate
		_, _ = io.WriteString(w, "held")
	})
	app.HandleFunc("/begin", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		s.held <- struct{}{}
		<-s.gate
	})
	app.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	app.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("as asked") })
	app.HandleFunc("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	app.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	s.server = newServer("7", handover.Direct(ln.(*net.TCPListener)), app, http.NotFoundHandler(), &counters{},
		slog.New(slog.DiscardHandler))
	go func() { s.served <- s.serve() }()
	t.Cleanup(s.end)
	return s
}

// client is one connection.
type client struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

func (s *site) client() *client {
	s.t.Helper()
	c, err := net.Dial("tcp", s.address)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { c.Close() })
	require.NoError(s.t, c.SetDeadline(time.Now().Add(hang)))
	return &client{c, s.t, bufio.NewReader(c)}
}

func (c *client) send(text string) {
	c.t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
}

func (c *client) ask(path string) { c.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n") }

// receive reads one whole answer.
func (c *client) receive() (*http.Response, string) {
	c.t.Helper()
	r, err := http.ReadResponse(c.in, nil)
	require.NoError(c.t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(c.t, err)
	return r, string(body)
}

// ended checks that the server has ended the connection without another byte.
func (c *client) ended() {
	c.t.Helper()
	_, err := c.in.ReadByte()
	assert.ErrorIs(c.t, err, io.EOF)
}

// drain drains in the background.
func (s *site) drain() <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		done <- s.server.drain(ctx, false)
	}()
	for s.server.state.Load() == serving {
		time.Sleep(time.Millisecond)
	}
	return done
}

func TestEveryAnswerNamesTheWorker(t *testing.T) {
	s := newSite(t)
	c := s.client()
	for _, path := range []string{"/", "/empty", "/panic", "/health", "/nowhere"} {
		c.ask(path)
		r, _ := c.receive()
		assert.Equal(t, "7", r.Header.Get(Header), path)
		assert.False(t, r.Close, "%s: the connection is kept", path)
	}
	assert.EqualValues(t, 4, s.counters.requests.Load(), "those for health are not counted")
	assert.EqualValues(t, 1, s.counters.panics.Load())
	assert.EqualValues(t, 1, s.counters.errors.Load())
}

func TestAnApplicationMayEndItsConnection(t *testing.T) {
	s := newSite(t)
	c := s.client()
	c.ask("/abort")
	c.ended()
	assert.Zero(t, s.counters.panics.Load())
}

func TestDrainingFinishesWhatIsUnderWay(t *testing.T) {
	s := newSite(t)
	c := s.client()
	c.ask("/hold")
	<-s.held
	drained := s.drain()
	close(s.gate)
	r, body := c.receive()
	assert.Equal(t, "held", body)
	assert.True(t, r.Close, "the answer asks to close")
	c.ended()
	assert.NoError(t, <-drained)
	assert.NoError(t, <-s.served)
}

func TestDrainingAnswersOneMoreRequestOnAKeptConnection(t *testing.T) {
	s := newSite(t)
	kept, fresh, begun := s.client(), s.client(), s.client()
	kept.ask("/")
	r, _ := kept.receive()
	require.False(t, r.Close)
	begun.ask("/begin") // its header is out already, without a word of closing
	<-s.held
	drained := s.drain()
	kept.ask("/empty")
	fresh.ask("/")
	for _, c := range []*client{kept, fresh} {
		r, _ := c.receive()
		assert.True(t, r.Close)
		c.ended()
	}
	close(s.gate)
	r, _ = begun.receive()
	assert.False(t, r.Close)
	begun.ask("/")
	r, _ = begun.receive()
	assert.True(t, r.Close)
	assert.NoError(t, <-drained)
}

func TestIdleConnectionsAreEndedLast(t *testing.T) {
	s := newSite(t)
	kept, fresh := s.client(), s.client()
	kept.ask("/")
	kept.receive()
	drained := s.drain()
	kept.ended()
	fresh.ended()
	assert.NoError(t, <-drained)
	assert.Zero(t, s.counters.connections.Load())
}

func TestARequestThatArrivesInPiecesIsAnswered(t *testing.T) {
	s := newSite(t)
	c, holder := s.client(), s.client()
	holder.ask("/hold") // keeps the server draining
	<-s.held
	c.ask("/")
	c.receive()
	c.send("POST /echo HT")
	for s.reading() != 2 { // the holder's and this one's
		time.Sleep(time.Millisecond)
	}
	drained := s.drain()
	s.retire()
	c.send("TP/1.1\r\nHost: x\r\nContent-Le")
	s.retire()
	c.send("ngth: 5\r\n\r\nhe")
	s.retire()
	c.send("llo")
	r, body := c.receive()
	assert.Equal(t, "hello", body)
	assert.True(t, r.Close)
	close(s.gate)
	holder.receive()
	assert.NoError(t, <-drained)
}

// reading is the number of connections with a request under way.
func (s *site) reading() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for c := range s.conns {
		c.mu.Lock()
		if !c.waiting {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

// TestNoRequestIsLostInTheMomentOfRetiring ends connections over and over while their
// clients send. A request may find its connection closed, but none that was carried
// out goes without its answer.
func TestNoRequestIsLostInTheMomentOfRetiring(t *testing.T) {
	s := newSite(t)
	stop := make(chan struct{})
	var retiring, clients sync.WaitGroup
	retiring.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.retire()
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
	const each = 300
	var answered atomic.Uint64
	for range 4 {
		clients.Go(func() {
			for range each {
				c := s.client()
				c.send("GET / HTTP/1.1\r\n")
				_, err := io.WriteString(c, "Host: x\r\nConnection: close\r\n\r\n")
				if err == nil {
					_, err = http.ReadResponse(c.in, nil)
				}
				if err == nil {
					answered.Add(1)
				}
				c.Close()
				assert.True(t, err == nil || isClosed(err), "%v", err)
			}
		})
	}
	clients.Wait()
	close(stop)
	retiring.Wait()
	assert.Positive(t, answered.Load())
	assert.Equal(t, answered.Load(), s.counters.requests.Load())
	assert.Eventually(t, func() bool { return s.open() == 0 }, hang, time.Millisecond)
}

func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.Contains(err.Error(), "reset by peer") || strings.Contains(err.Error(), "broken pipe")
}

func TestADrainThatTakesTooLongSaysWhatIsLeft(t *testing.T) {
	s := newSite(t)
	c := s.client()
	c.ask("/hold")
	<-s.held
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no patience"))
	err := s.server.drain(ctx, false)
	require.Error(t, err)
	assert.ErrorContains(t, err, "no patience")
	close(s.gate)
}

func TestABrokenRequestEndsItsConnectionOnly(t *testing.T) {
	s := newSite(t)
	for _, garbage := range []string{
		"\x00\x01\x02\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
		"GET / HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 1<<14) + "\r\n",
	} {
		c := s.client()
		_, _ = io.WriteString(c, garbage) // the server may have hung up in the middle
		r, err := http.ReadResponse(c.in, nil)
		if err == nil {
			assert.GreaterOrEqual(t, r.StatusCode, 400)
			r.Body.Close()
		}
		c.Close()
	}
	c := s.client()
	c.ask("/")
	_, body := c.receive()
	assert.Equal(t, "hello", body)
	c.Close()
	assert.Eventually(t, func() bool { return s.open() == 0 }, hang, 5*time.Millisecond,
		"the server lingers after some refusals")
}

func TestPeriodicCollectionsAreCounted(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no cycle but the one that is asked for
	g := newGauge(&counters{}, 1<<30)
	garbage := make([]byte, 8<<20)
	before := g.read()
	runtime.KeepAlive(garbage)
	g.collect()
	after := g.read()
	assert.EqualValues(t, before.GC.Periodic+1, after.GC.Periodic)
	assert.Greater(t, after.GC.Cycles, before.GC.Cycles)
	assert.Greater(t, after.GC.Freed, int64(4<<20))
	assert.Positive(t, after.GC.Took)
	assert.Positive(t, after.Memory.RSS)
	assert.Positive(t, after.CPU.Seconds)
}

// source that fails, and one that answers.
type fakeSource struct {
	status int
	err    error
}

func (f fakeSource) ask(_ context.Context, path string) (inspect.Reply, error) {
	return inspect.Reply{Status: f.status, Body: fmt.Sprintf("%q", path)}, f.err
}

func TestHealthIsAnsweredForTheWholeCluster(t *testing.T) {
	for _, tt := range []struct {
		name, method, path string
		source             fakeSource
		status             int
		body               string
	}{
		{"as the primary says", "GET", "/health", fakeSource{status: 200}, 200, `"/health"`},
		{"with its status", "GET", "/health/workers", fakeSource{status: 503}, 503, `"/health/workers"`},
		{"of the metrics too", "GET", "/metrics", fakeSource{status: 200}, 200, `"/metrics"`},
		{"unhealthy when it says nothing", "GET", "/health", fakeSource{err: errors.New("gone")}, 503,
			`"reason":"gone"`},
		{"without asking it when only this worker is meant", "GET", "/health/live", fakeSource{err: errors.New("gone")},
			204, ""},
		{"to a GET only", "POST", "/health", fakeSource{}, 405, ""},
		{"not for other paths", "GET", "/health/nothing", fakeSource{}, 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.health = healthHandler(tt.source)
			c := s.client()
			c.send(tt.method + " " + tt.path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
			r, body := c.receive()
			assert.Equal(t, tt.status, r.StatusCode)
			assert.Contains(t, body, tt.body)
		})
	}
}
