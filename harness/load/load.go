// Package load sends requests on a schedule that is fixed in advance, and records what
// became of every one.
//
// Arrivals are open: the schedule does not wait for answers. A request that finds all
// connections busy waits, and that wait counts in its response time, which runs from
// the scheduled moment. It judges nothing.
//
// Plain HTTP/1.1 on Linux goes through a loop of one thread: the goroutine of the pacing
// sends each request itself, and takes in answers while it waits for the next moment. An
// answer is over when its last byte came, by the kernel's own note, not when it is read. All
// else (https, HTTP/2, rates above what one thread sends, other systems) goes through
// vegeta's Attacker, whose workers send over net/http, one a connection. The schedule, the
// pacing and the recording are the same for both, and this package's own.
package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// MaxAnswer bounds the body of an answer, in bytes: a longer one is cut off and counted as failed.
const MaxAnswer = 16 << 20

// Request is one request to be sent. Its header and body are not changed and must not
// change until the run has ended.
type Request struct {
	Operation string // short name for reports
	Method    string
	Path      string // with the query, e.g. "/api/accounts/7?limit=20"
	Header    http.Header
	Body      []byte
	// Check says what is wrong with the answer; nil accepts any 2xx. It may be called
	// by several goroutines at once, and must not keep header or body.
	Check func(status int, header http.Header, body []byte) error
}

// Source makes the requests. Next is called once for every arrival, in the order of
// the schedule, by one goroutine at a time; not for arrivals that are [PassedOver].
type Source interface {
	Next() *Request
}

// Config says what is to be sent, when, and over what.
type Config struct {
	BaseURL string      // scheme, host and port, e.g. "http://127.0.0.1:3001"
	TLS     *tls.Config // of https; nil stands for the system's authorities, and is all that http may have
	// HTTP2 asks for HTTP/2, over https only: a connection on which it is not agreed fails. Each connection
	// carries one request at a time, as with HTTP/1.1.
	HTTP2    bool
	Source   Source
	Schedule Schedule      // arrivals of the measurement window, since its start
	Warmup   Warmup        // what is offered before the window; recorded apart from it
	Duration time.Duration // of the measurement window, which follows the warm-up without a gap; above 0
	// Timeout is how long after its scheduled moment a request may be answered, above 0.
	// One that is not sent by then stays unsent, one that is not answered fails: so users
	// give up, wherever their request is. A system whose backlog has grown that old is
	// therefore left with requests that have little time to go.
	Timeout      time.Duration
	Connections  int    // kept open, all before the origin, and used in turn; in the range [1, suite.MaxConnections]
	WorkerHeader string // the answer's header that names the worker; "" for none

	// Hide takes out of a failure and its answer what nobody is to see; nil for nothing.
	Hide func(text string) string

	// Origin says when the schedule is to start, at the earliest; it is asked once every connection is open, and may
	// wait until ctx ends. Nil: at once.
	Origin  func(ctx context.Context) time.Time
	Started func(origin time.Time) // called once, shortly before the origin; may be nil
	// Window is called once the measurement window is known, a tenth of a second before it starts if the warm-up's
	// length is not fixed: with its edges since the origin. It must return at once; may be nil.
	Window   func(start, end time.Duration)
	Progress func(at time.Duration) // called a few times a second with the time since the origin; may be nil
	Live     func(measure.Live)     // called once a second with what became of requests in it; may be nil
	// called with every sample, but for arrivals that are [PassedOver], by several goroutines at once; keeps nothing of
	// its memory; may be nil
	Observe func(measure.Sample)
}

// Outcome is what became of a run.
type Outcome struct {
	Origin time.Time       // of the schedule
	Warmup *measure.Window // from the origin until the measurement window
	Window *measure.Window // the measurement window: what was scheduled within Config.Duration from its start
	Ended  warmup.State    // how the warm-up ended
	Steady time.Duration   // from the origin until the steady state in which it ended began; 0: there was none
	// Unopened says why connections could not be opened before the origin, by cause; empty when all were. A request
	// that needs one of them tries again.
	Unopened    []measure.ErrorCount
	Interrupted bool // stopped before all was sent and answered: the windows end where it stopped
}

// Drive sends what the schedule asks for and returns when every request has been
// answered or given up, at the latest at the schedule's end plus the timeout; earlier, when no
// request of the window can be answered in time any more. A schedule that asks for more than the
// generator can release takes no longer: what it falls behind is passed over, and counted as unsent. When ctx
// ends first it stops at once: what was measured is returned, with Interrupted set. An
// error means that the configuration is wrong and nothing was sent; a system that does
// not answer is no error but failed requests.
//
// While it runs, GOMAXPROCS and GOGC of the process are set for the generator's sake.
func Drive(ctx context.Context, c Config) (*Outcome, error) {
	base, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("drive load: %w", err)
	}
	d, err := newDriver(ctx, c, base)
	if err != nil {
		return nil, fmt.Errorf("drive load: %w", err)
	}
	return d.run(), nil
}

// check refuses a configuration that cannot be driven.
func (c Config) check() (*url.URL, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("read the base URL: %w", err)
	}
	switch {
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil ||
		strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("the base URL is %q, allowed is http://HOST:PORT or https://HOST:PORT without a path",
			c.BaseURL)
	case base.Scheme == "http" && (c.TLS != nil || c.HTTP2):
		return nil, errors.New("TLS and HTTP/2 are offered over https only")
	case c.Source == nil:
		return nil, errors.New("there is no source of requests")
	case c.Schedule == nil:
		return nil, errors.New("there is no schedule")
	case c.Duration <= 0 || c.Timeout <= 0:
		return nil, fmt.Errorf("duration %v, timeout %v: allowed are times above 0", c.Duration, c.Timeout)
	case c.Connections < 1 || c.Connections > suite.MaxConnections:
		return nil, fmt.Errorf("%d connections, allowed are 1 to %d", c.Connections, suite.MaxConnections)
	}
	if s, ok := c.Schedule.(interface{ valid() error }); ok && s.valid() != nil {
		return nil, s.valid()
	}
	return base, c.Warmup.check()
}
