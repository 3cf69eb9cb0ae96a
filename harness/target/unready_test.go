//go:build linux

package target

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// vacantAddress is an address at which nothing listens, and that nobody else can take meanwhile.
func vacantAddress(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Close(fd) })
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	at, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	return fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
}

// waitedFor starts something that never becomes ready, with ever more time, until the time was enough for the cause to
// be seen on this machine; it returns what was said then, and the time.
func waitedFor(t *testing.T, cause Cause, start func(within time.Duration) error) (*UnreadyError, time.Duration) {
	t.Helper()
	for within := 300 * time.Millisecond; ; within *= 2 {
		var unready *UnreadyError
		require.ErrorAs(t, start(within), &unready)
		if unready.Cause == cause {
			return unready, within
		}
		require.Less(t, within, time.Minute, "%v", unready)
	}
}

func TestAURLThatIsNotReadyIsNamedByItsCause(t *testing.T) {
	busy := httptest.NewServer(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }),
	)
	t.Cleanup(busy.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, and nobody answers
	require.NoError(t, err)
	t.Cleanup(func() { silent.Close() })
	vacant := vacantAddress(t)
	for _, row := range []struct {
		name, url string
		cause     Cause
		text      string
	}{
		{"nothing listens", "http://" + vacant, CauseNothingListens,
			"nothing listens at " + vacant + " (connection refused); allowed: "},
		{"unknown host", "http://no-such-host.invalid:80", CauseUnknownHost,
			"the name no-such-host.invalid cannot be resolved; allowed: "},
		{"no answer", "http://" + silent.Addr().String(), CauseNoAnswer,
			silent.Addr().String() + " does not answer (time-out); allowed: "},
		{"status", busy.URL, CauseStatus, "it answers with status 503; allowed: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			unready, within := waitedFor(t, row.cause, func(within time.Duration) error {
				u := URL{System: suite.System{Kind: suite.SystemURL, URL: row.url, Ready: "/up", ReadyWithin: within}}
				_, err := u.Start(t.Context(), run.Spec{})
				return err
			})
			assert.ErrorContains(t, unready, row.text)
			assert.ErrorContains(t, unready, fmt.Sprintf("not ready within %v: %s/up: ", within, row.url))
		})
	}
}

func TestAURLIsNotWaitedForLongerThanAUserWould(t *testing.T) {
	assert.Less(t, readyWithin(suite.System{Kind: suite.SystemURL}), 3*time.Second)
	assert.Equal(t, 30*time.Second, readyWithin(suite.System{Kind: suite.SystemCommand}),
		"a command needs its time to start")
	for _, kind := range []suite.SystemKind{suite.SystemURL, suite.SystemCommand} {
		assert.Equal(t, time.Minute, readyWithin(suite.System{Kind: kind, ReadyWithin: time.Minute}),
			"a suite's own time holds")
	}
}

func TestACommandThatHasEndedIsToldOfThoughItsPortStillTakesConnections(t *testing.T) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		conn, err := port.Accept()
		if err == nil {
			close(ended) // while the question is under way, which nobody will answer
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 1))
		}
		for err == nil {
			_, err = conn.Read(make([]byte, 1<<10))
		}
	}()
	err = newReadinessProbe(suite.System{}, nil).answers(t.Context(), "http://"+port.Addr().String(), time.Hour, ended)
	assert.ErrorIs(t, err, errEnded)
	port.Close()
	<-accepted
}

func TestACommandSaysWhatItsAddressCameTo(t *testing.T) {
	t.Parallel()
	s := shell("exec sleep 1000")
	waitedFor(t, CauseNothingListens, func(within time.Duration) error {
		s.ReadyWithin = within
		_, err := Command{System: s}.Start(t.Context(), spec(&bytes.Buffer{}))
		return err
	})
}

func TestAWaitThatIsBrokenOffBlamesNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newReadinessProbe(suite.System{}, nil).answers(ctx, "http://"+vacantAddress(t), time.Hour, nil)
	assert.ErrorIs(t, err, context.Canceled)
}
