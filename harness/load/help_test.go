package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// counting is a source whose requests name their place in the schedule: /0, /1, …
type counting struct {
	made  int
	check func(status int, header http.Header, body []byte) error
	seen  func(i int) // called with each answer, instead of check
}

func (c *counting) Next() *Request {
	i := c.made
	c.made++
	r := &Request{Operation: "tiny", Method: http.MethodGet, Path: fmt.Sprint("/", i), Check: c.check}
	if c.seen != nil {
		r.Check = func(int, http.Header, []byte) error {
			c.seen(i)
			return nil
		}
	}
	return r
}

// serve starts a server for the test.
func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// brief is a run of 100 requests in half a second over 4 connections.
func brief(base string) Config {
	return Config{
		BaseURL: base, Source: &counting{}, Schedule: Constant(200), Warmup: FixedWarmup(100 * ms), Duration: 400 * ms,
		Timeout: time.Minute, Connections: 4,
	}
}

// drive runs a configuration and checks what must hold of every outcome.
func drive(t testing.TB, c Config) *Outcome {
	t.Helper()
	o, err := Drive(t.Context(), c)
	require.NoError(t, err)
	if !o.Interrupted {
		warming := c.Warmup.Schedule
		if warming == nil {
			warming = c.Schedule
		}
		assert.Len(t, arrivals(warming, o.Window.Start), int(o.Warmup.Offered))
		assert.Len(t, arrivals(c.Schedule, c.Duration), int(o.Window.Offered))
		assert.Equal(t, o.Window.Start, o.Warmup.End)
		assert.Equal(t, c.Duration, o.Window.End-o.Window.Start)
	}
	assertConserved(t, o)
	return o
}

func assertConserved(t testing.TB, o *Outcome) {
	t.Helper()
	for _, w := range []*measure.Window{o.Warmup, o.Window} {
		assert.Equal(t, w.Offered, w.Sent+w.Unsent)
		assert.Equal(t, w.Sent, w.Succeeded+w.Failed)
		assert.Equal(t, w.Sent, w.Response.Count())
		assert.Equal(t, w.Offered, w.ScheduleLag.Count())
		assert.Zero(t, w.OutOfRange)
		errs := uint64(0)
		for _, e := range w.Errors {
			errs += e.Count
		}
		assert.Equal(t, w.Failed+w.Unsent, errs)
	}
}

func mustBase(t testing.TB, c Config) *url.URL {
	base, err := c.check()
	require.NoError(t, err)
	return base
}
