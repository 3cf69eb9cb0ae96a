// Package target puts systems on the stand that are not part of this project: a command
// that is started for every run, or a URL at which something runs already.
//
// It knows no workload. What it starts, it ends: the command's whole process group, also
// when this process is killed. A process that leaves the group is out of its reach.
package target

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// askWithin bounds one question to a system.
const askWithin = 2 * time.Second

// CheckOwned refuses a system beyond this machine's loopback that the user has not said to own.
func CheckOwned(s suite.System, owned []string) error {
	host := suite.HostOf(s.URL)
	if s.Traits().Started || suite.Loopback(host) || slices.Contains(s.IOwn, host) || slices.Contains(owned, host) {
		return nil
	}
	return fmt.Errorf(
		"the system is at %s, which is not this machine; say that you may load it with --i-own %s, or i_own: [%s] "+
			"in the suite", host, host, host,
	)
}

// URL is a system that runs already.
type URL struct {
	System suite.System
	Dir    string // of the suite, from which the files count that it names
}

// Start waits until the system answers.
func (u URL) Start(ctx context.Context, _ run.Spec) (run.Instance, error) {
	base := strings.TrimSuffix(u.System.URL, "/")
	secured, err := secured(u.System, u.Dir)
	if err != nil {
		return nil, err
	}
	readiness := newReadinessProbe(u.System, secured)
	start := time.Now()
	if err := readiness.answers(ctx, base+readyPath(u.System), readyWithin(u.System), nil); err != nil {
		return nil, err
	}
	up := time.Since(start)
	owned := func(int, int64) bool { return false } // processes of another machine cannot be read here
	if suite.Loopback(suite.HostOf(base)) {
		owned = resembles
	}
	return running{base, up, readiness, discoverWorkers(ctx, readiness, base, owned)}, nil
}

// running is a system that somebody else has started.
type running struct {
	url       string
	up        time.Duration
	readiness *readinessProbe
	discovery *workerDiscovery
}

func (r running) Info() run.Info {
	return run.Info{URL: r.url, Startup: r.up, TLS: r.readiness.secured, HTTP2: r.readiness.http2}
}

func (r running) Processes() []measure.Process { return r.discovery.now() } // else not known
func (r running) Faults() []string             { return nil }
func (r running) Stop(context.Context) error   { return nil }

func readyPath(s suite.System) string {
	if s.Ready == "" {
		return "/"
	}
	return s.Ready
}

func readyWithin(s suite.System) time.Duration {
	return cmp.Or(s.ReadyWithin, s.Traits().ReadyWithin)
}

// readinessProbe is how a system is asked, before the load.
type readinessProbe struct {
	secured   *tls.Config
	http2     bool
	transport *http.Transport
}

func newReadinessProbe(s suite.System, secured *tls.Config) *readinessProbe {
	d := &readinessProbe{
		secured: secured, http2: s.TLS.HTTP2,
		transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: secured.Clone()},
	}
	d.transport.Protocols = new(http.Protocols)
	d.transport.Protocols.SetHTTP1(true)
	d.transport.Protocols.SetHTTP2(d.http2)
	return d
}

// answers waits for an answer with a status below 500; ended ends the wait at once, and so does what
// waiting does not mend. What is wrong otherwise is an [*UnreadyError].
func (d *readinessProbe) answers(ctx context.Context, url string, within time.Duration, ended <-chan struct{}) error {
	waiting, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ended:
			cancel()
		case <-waiting.Done():
		}
	}()
	defer func() { cancel(); <-watched }()
	last := &UnreadyError{URL: url, Within: within, Cause: CauseNoAnswer, Err: context.DeadlineExceeded}
	for {
		status, err := d.ask(waiting, url)
		switch never := hopeless(err); {
		case never != nil:
			return fmt.Errorf("%s: %w", url, never)
		case err == nil && status < http.StatusInternalServerError:
			return nil
		case err == nil:
			last.Cause, last.Status, last.Err = CauseStatus, status, nil
		case waiting.Err() == nil: // else it was broken off, and says nothing of the system
			last.Cause, last.Err = causeOf(err), err
		}
		select {
		case <-waiting.Done():
			return unready(ctx, last, ended)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// unready says why the wait has ended.
func unready(ctx context.Context, last *UnreadyError, ended <-chan struct{}) error {
	select {
	case <-ended:
		return errEnded
	default:
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return last
}

func (d *readinessProbe) ask(ctx context.Context, url string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	m, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := d.transport.RoundTrip(m)
	if err != nil {
		return 0, err
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10)
	if err := answer.Body.Close(); err != nil {
		return 0, err
	}
	if d.http2 && answer.ProtoMajor != 2 {
		return 0, errNoHTTP2
	}
	return answer.StatusCode, nil
}
