// Package system puts systems on the stand that are not part of this project: a command
// that is started for every run, or a URL at which something runs already.
//
// It knows no workload. What it starts, it ends: the command's whole process group, also
// when this process is killed. A process that leaves the group is out of its reach.
package system

import (
	"context"
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

const defaultReady = 30 * time.Second

// CheckOwned refuses a system beyond this machine's loopback that the user has not said to own.
func CheckOwned(s suite.System, owned []string) error {
	host := suite.HostOf(s.URL)
	if s.Kind != suite.SystemURL || suite.Loopback(host) || slices.Contains(s.IOwn, host) || slices.Contains(owned, host) {
		return nil
	}
	return fmt.Errorf("the system is at %s, which is not this machine; say that you may load it with --i-own %s, or i_own: [%s] in the suite", host, host, host)
}

// URL is a system that runs already.
type URL struct{ System suite.System }

// Start waits until the system answers.
func (u URL) Start(ctx context.Context, _ run.Spec) (run.Instance, error) {
	base := strings.TrimSuffix(u.System.URL, "/")
	start := time.Now()
	if err := answers(ctx, base+readyPath(u.System), readyWithin(u.System), nil); err != nil {
		return nil, err
	}
	up := time.Since(start)
	owned := func(int, int64) bool { return false } // processes of another machine cannot be read here
	if suite.Loopback(suite.HostOf(base)) {
		owned = resembles
	}
	return running{base, up, crewOf(ctx, base, owned)}, nil
}

// running is a system that somebody else has started.
type running struct {
	url  string
	up   time.Duration
	crew *crew
}

func (r running) Info() run.Info               { return run.Info{URL: r.url, Startup: r.up} }
func (r running) Processes() []measure.Process { return r.crew.now() } // else not known
func (r running) Faults() []string             { return nil }
func (r running) Stop(context.Context) error   { return nil }

func readyPath(s suite.System) string {
	if s.Ready == "" {
		return "/"
	}
	return s.Ready
}

func readyWithin(s suite.System) time.Duration {
	if s.ReadyWithin == 0 {
		return defaultReady
	}
	return s.ReadyWithin
}

// answers waits for an answer with a status below 500; ended ends the wait early.
func answers(ctx context.Context, url string, within time.Duration, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	last := "no answer"
	for {
		if status, err := ask(ctx, transport, url); err != nil {
			if ctx.Err() == nil {
				last = err.Error()
			}
		} else if last = fmt.Sprintf("status %d", status); status < 500 {
			return nil
		}
		select {
		case <-ended:
			return errEnded
		case <-ctx.Done():
			return fmt.Errorf("not ready within %v: %s: %s", within, url, last)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func ask(ctx context.Context, t http.RoundTripper, url string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	m, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := t.RoundTrip(m)
	if err != nil {
		return 0, err
	}
	_, _ = io.CopyN(io.Discard, answer.Body, 4<<10)
	return answer.StatusCode, answer.Body.Close()
}
