package load

import (
	"context"
	"errors"
	"fmt"
	"io"
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

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestDriveSendsEveryRequestOfTheSchedule(t *testing.T) {
	for name, schedule := range map[string]Schedule{"constant": Constant(200), "poisson": Poisson(200, 1, 400*ms)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen, conns := map[string]int{}, map[string]bool{}
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				seen[r.URL.Path]++
				conns[r.RemoteAddr] = true
				w.Header().Set("X-Worker", fmt.Sprint(1+len(seen)%3))
			})
			var origin time.Time
			var progress atomic.Int64
			c := brief(s.URL)
			c.Schedule, c.Warmup.Schedule, c.WorkerHeader = schedule, Constant(200), "x-worker"
			c.Started = func(at time.Time) { origin = at }
			c.Progress = func(at time.Duration) { progress.Store(int64(at)) }
			o := drive(t, c)
			assert.Equal(t, o.Origin, origin)
			assert.False(t, o.Interrupted)
			assert.Equal(t, uint64(20), o.Warmup.Succeeded)
			assert.Equal(t, uint64(80), o.Window.Succeeded)
			assert.Empty(t, o.Window.Errors)
			assert.Len(t, o.Window.Workers, 3)
			assert.Len(t, o.Window.Endpoints, 1)
			mu.Lock()
			defer mu.Unlock()
			assert.Len(t, seen, 100)
			for path, times := range seen {
				assert.Equal(t, 1, times, path)
			}
			assert.Len(t, conns, 4, "all connections are used, and kept")
			assert.Positive(t, progress.Load())
		})
	}
}

func TestDriveCountsEveryWayToFail(t *testing.T) {
	wrong := errors.New("balance is wrong")
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		check   func(int, http.Header, []byte) error
		want    string // in the message
		example string
	}{
		{
			"an error status", func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}, nil, "status 503, want 2xx", "busy ",
		},
		{
			"a redirect is not followed",
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, nil,
			"status 302", "<a href",
		},
		{"a wrong body", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") },
			func(_ int, _ http.Header, body []byte) error { return fmt.Errorf("%w: %s", wrong, body) },
			"balance is wrong: <html>", "<html>"},
		{"the connection is closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil,
			"the connection was closed before the answer", ""},
		{"the body ends early", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "short")
		}, nil, "unexpected EOF", ""},
		{"the body is said to be too large", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(MaxAnswer+1))
			w.WriteHeader(200)
		}, nil, "larger than 16 MiB", ""},
		{"nothing HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(conn, "SSH-2.0-OpenSSH\r\n")
			conn.Close()
		}, nil, "malformed HTTP", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.handler)
			s.Config.ErrorLog = nil
			config := brief(s.URL)
			config.Source = &counting{check: c.check}
			o := drive(t, config)
			assert.Equal(t, uint64(80), o.Window.Failed)
			assert.Zero(t, o.Window.Completed)
			require.Len(t, o.Window.Errors, 1, "%v", o.Window.Errors)
			assert.Contains(t, o.Window.Errors[0].Message, c.want)
			assert.True(t, strings.HasPrefix(o.Window.Errors[0].Example, c.example), o.Window.Errors[0].Example)
		})
	}
}

func TestDriveGivesUpWhatIsNotAnsweredInTime(t *testing.T) {
	for name, stuck := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"an answer that never ends": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(make([]byte, 100))
				w.(http.Flusher).Flush()
				time.Sleep(5 * ms)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, stuck)
			c := brief(s.URL)
			c.Timeout = 150 * ms
			o := drive(t, c)
			w := o.Window
			require.NotEmpty(t, w.Errors)
			assert.Zero(t, w.Succeeded)
			assert.NotZero(t, w.Failed)
			for _, e := range w.Errors {
				assert.Contains(t, []string{errNoConnection.Error(), "no answer within 150ms of the scheduled moment"},
					e.Message)
			}
			least, _ := w.Response.Quantile(0)
			assert.GreaterOrEqual(t, least, 149*ms, "a time-out counts in full")
		})
	}
}

func TestDriveCutsAnAnswerThatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 18 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	c := brief(s.URL)
	c.Schedule, c.Warmup, c.Duration, c.Timeout = Constant(10), Warmup{}, 300*ms, 20*time.Second
	o := drive(t, c)
	require.Len(t, o.Window.Errors, 1)
	assert.Equal(t, errTooLarge.Error(), o.Window.Errors[0].Message)
	assert.Equal(t, uint64(3), o.Window.Failed)
}

func TestDriveAgainstNobodyFails(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "http://" + l.Addr().String()
	l.Close()
	o := drive(t, brief(url))
	assert.Equal(t, uint64(80), o.Window.Failed)
	assert.Equal(t, uint64(80), o.Window.Sent, "the system was asked, and refused")
	require.Len(t, o.Window.Errors, 1)
	assert.Contains(t, o.Window.Errors[0].Message, "connection refused")
	for name, change := range map[string]func(*Config){
		"by the loop": func(*Config) {},
		"by the workers": func(c *Config) {
			c.Warmup, c.Schedule = FixedWarmup(0), Constant(loopRate+1)
			c.Duration = 100 * ms
		},
	} {
		c := brief(url)
		c.Hide = func(text string) string { return strings.ReplaceAll(text, "127.0.0.1", "…") }
		change(&c)
		o := drive(t, c)
		require.Len(t, o.Unopened, 1, name)
		assert.EqualValues(t, 4, o.Unopened[0].Count, name)
		assert.Equal(t, "dial tcp …:#: connect: connection refused", o.Unopened[0].Message, name)
	}
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	assert.Empty(t, drive(t, brief(s.URL)).Unopened)
}

// A system that closes idle connections is within its rights: they are opened again.
// One that loses a request is not: it is not sent a second time.
func TestDriveOpensConnectionsAgainButRepeatsNothing(t *testing.T) {
	t.Run("closed after every answer", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
		o := drive(t, brief(s.URL))
		assert.Equal(t, uint64(80), o.Window.Succeeded, "%v", o.Window.Errors)
	})
	t.Run("every tenth is lost", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		seen := map[string]int{}
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if seen[r.URL.Path]++; len(seen)%10 == 0 {
				panic(http.ErrAbortHandler)
			}
		})
		o := drive(t, brief(s.URL))
		assert.Equal(t, uint64(10), o.Window.Failed+o.Warmup.Failed, "%v", o.Window.Errors)
		mu.Lock()
		defer mu.Unlock()
		assert.Len(t, seen, 100)
		for path, times := range seen {
			assert.Equal(t, 1, times, path)
		}
	})
}

func TestDriveSendsBodiesAndHeaders(t *testing.T) {
	t.Parallel()
	var wrong atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "a,b\n" || r.Header.Get("Authorization") != "Bearer x" || r.Method != "POST" ||
			r.URL.RequestURI() != "/i?x=%20y" ||
			r.ContentLength != 4 || r.Header.Get("Accept-Encoding") != "" {
			wrong.Add(1)
		}
		w.WriteHeader(http.StatusCreated)
	})
	c := brief(s.URL)
	c.Source = source(func() *Request {
		return &Request{
			Method: "POST", Path: "/i?x=%20y", Header: http.Header{"Authorization": {"Bearer x"}},
			Body: []byte("a,b\n"),
		}
	})
	o := drive(t, c)
	assert.Equal(t, uint64(80), o.Window.Succeeded)
	assert.Zero(t, wrong.Load())
}

// source makes a function a [Source].
type source func() *Request

func (s source) Next() *Request { return s() }

func TestDriveCountsRequestsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	for name, bad := range map[string]*Request{
		"no request": nil, "a bad path": {Method: "GET", Path: "no slash"}, "a bad method": {Method: "G T", Path: "/"},
		"a bad header": {Method: "GET", Path: "/", Header: http.Header{"X": {"a\nb"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := brief(s.URL)
			c.Source = source(func() *Request { return bad })
			o := drive(t, c)
			assert.Equal(t, uint64(80), o.Window.Failed)
			assert.Len(t, o.Window.Errors, 1)
		})
	}
}

func TestDriveStopsAtOnceWhenItIsToldTo(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Duration // of the interruption, since the origin, at the earliest
		slow bool          // the system never answers
	}{
		{"in the warm-up", 60 * ms, false},
		{"in the window", 300 * ms, false},
		{"in the window, with all connections busy", 300 * ms, true},
		{"while the last answers are awaited", 700 * ms, true},
		{"before it starts", -time.Hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got atomic.Int64
			full := make(chan struct{}) // all connections are busy
			s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				if got.Add(1) == 4 {
					close(full)
				}
				if c.slow {
					<-r.Context().Done()
				}
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			config := brief(s.URL)
			config.Started = func(origin time.Time) {
				if c.at < 0 {
					cancel()
				}
				time.AfterFunc(time.Until(origin)+c.at, func() {
					select {
					case <-full:
						cancel()
					case <-ctx.Done():
					}
				})
			}
			o, err := Drive(ctx, config)
			require.NoError(t, err)
			assert.True(t, ctx.Err() != nil || !c.slow)
			assert.True(t, o.Interrupted || !c.slow && c.at > 0)
			assertConserved(t, o)
			assert.Len(t, arrivals(config.Schedule, o.Warmup.End), int(o.Warmup.Offered))
			assert.Len(t, arrivals(config.Schedule, o.Window.End-o.Window.Start), int(o.Window.Offered))
			if c.slow {
				assert.Zero(t, o.Window.Succeeded, "it did not wait for answers")
				assert.Equal(t, uint64(4), o.Warmup.Failed+o.Window.Failed, "those on the wire")
			}
			for _, e := range o.Window.Errors {
				assert.Equal(t, errInterrupted.Error(), e.Message)
			}
		})
	}
}

func TestDriveRefusesWhatCannotBeDriven(t *testing.T) {
	good := brief("http://127.0.0.1:1")
	for name, spoil := range map[string]func(*Config){
		"no URL":                   func(c *Config) { c.BaseURL = "" },
		"a broken URL":             func(c *Config) { c.BaseURL = "http://[" },
		"ftp":                      func(c *Config) { c.BaseURL = "ftp://127.0.0.1:1" },
		"HTTP/2 over http":         func(c *Config) { c.HTTP2 = true },
		"a URL with a path":        func(c *Config) { c.BaseURL = "http://127.0.0.1:1/api" },
		"no source":                func(c *Config) { c.Source = nil },
		"no schedule":              func(c *Config) { c.Schedule = nil },
		"a rate of 0":              func(c *Config) { c.Schedule = Constant(0) },
		"an infinite Poisson rate": func(c *Config) { c.Schedule = Poisson(1/zero, 1, time.Second) },
		"a negative window":        func(c *Config) { c.Schedule = Poisson(1, 1, -time.Second) },
		"no duration":              func(c *Config) { c.Duration = 0 },
		"no time-out":              func(c *Config) { c.Timeout = 0 },
		"a negative warm-up":       func(c *Config) { c.Warmup = FixedWarmup(-1) },
		"a ramp beyond the least":  func(c *Config) { c.Warmup.Ramp = c.Warmup.Least + 1 },
		"least beyond most":        func(c *Config) { c.Warmup.Least = c.Warmup.Most + 1 },
		"a warm-up at a rate of 0": func(c *Config) { c.Warmup.Schedule = Constant(0) },
		"no connection":            func(c *Config) { c.Connections = 0 },
		"too many connections":     func(c *Config) { c.Connections = suite.MaxConnections + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := good
			spoil(&c)
			_, err := Drive(t.Context(), c)
			assert.Error(t, err)
		})
	}
}

var zero float64

func TestDrivePutsTheRuntimesSettingsBack(t *testing.T) {
	processors, percent := runtime.GOMAXPROCS(0), debug.SetGCPercent(123)
	defer debug.SetGCPercent(percent)
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	during := 0
	c := brief(s.URL)
	c.Started = func(time.Time) { during = runtime.GOMAXPROCS(0) }
	drive(t, c)
	assert.Equal(t, 2, during, "the loop has one for itself")
	assert.Equal(t, processors, runtime.GOMAXPROCS(0))
	assert.Equal(t, 123, debug.SetGCPercent(123))
}

func TestPriorityIsPutBack(t *testing.T) {
	nice, restore, err := RaisePriority()
	if err != nil {
		t.Skip(err)
	}
	defer restore()
	assert.LessOrEqual(t, nice, -10)
	again, restoreAgain, err := RaisePriority()
	require.NoError(t, err)
	assert.Equal(t, nice, again, "it is raised already")
	restoreAgain()
}

func TestDriveStartsWhenItIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	wanted := time.Now().Add(300 * ms)
	c := brief(s.URL)
	c.Origin = func(context.Context) time.Time { return wanted }
	o := drive(t, c)
	assert.False(t, o.Origin.Before(wanted.Add(-ms)), "%v before it", wanted.Sub(o.Origin))
	assert.Equal(t, uint64(0), o.Window.Unsent+o.Warmup.Unsent)

	c.Origin = func(context.Context) time.Time { return wanted } // long ago
	again := drive(t, c)
	assert.True(t, again.Origin.After(o.Origin))

	ctx, cancel := context.WithCancel(t.Context())
	c.Origin = func(ctx context.Context) time.Time {
		cancel()
		<-ctx.Done()
		return time.Time{}
	}
	stopped, err := Drive(ctx, c)
	require.NoError(t, err)
	assert.True(t, stopped.Interrupted)
	assert.Zero(t, stopped.Window.Sent)
}

func TestARunTellsWhatBecomesOfItsRequestsWhileItGoesOn(t *testing.T) {
	for _, path := range []string{"loop", "workers"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			c := brief(serve(t, func(http.ResponseWriter, *http.Request) {}).URL)
			var all []measure.Live
			c.Live = func(l measure.Live) { all = append(all, l) }
			d, err := newDriver(t.Context(), c, mustBase(t, c))
			require.NoError(t, err)
			if path == "workers" {
				d.carrier = newWorkers(d)
			}
			o := d.run()
			require.NotEmpty(t, all)
			var until time.Duration
			var offered, completed uint64
			for _, l := range all {
				assert.Positive(t, l.Length)
				assert.Equal(t, until, l.At-l.Length, "each begins where the one before ended")
				until, offered, completed = l.At, offered+l.Offered, completed+l.Completed
				assert.Zero(t, l.Failed)
				assert.Equal(t, l.Completed > 0, l.P99 != nil)
			}
			assert.Positive(t, completed)
			assert.LessOrEqual(t, completed, o.Warmup.Succeeded+o.Window.Succeeded)
			assert.LessOrEqual(t, offered, o.Warmup.Offered+o.Window.Offered)
			assert.GreaterOrEqual(t, offered, completed)
		})
	}
}
