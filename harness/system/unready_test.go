//go:build linux

package system

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

func TestAURLThatIsNotReadyIsNamedByItsCause(t *testing.T) {
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
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
			u := URL{System: suite.System{Kind: suite.SystemURL, URL: row.url, Ready: "/up", ReadyWithin: time.Second}}
			_, err := u.Start(t.Context(), run.Spec{})
			var unready *UnreadyError
			require.ErrorAs(t, err, &unready)
			assert.Equal(t, row.cause, unready.Cause, "%v", err)
			assert.ErrorContains(t, err, row.text)
			assert.ErrorContains(t, err, "not ready within 1s: "+row.url+"/up: ")
		})
	}
}

func TestAURLIsNotWaitedForLongerThanAUserWould(t *testing.T) {
	assert.Less(t, readyWithin(suite.System{Kind: suite.SystemURL}), 3*time.Second)
	assert.Equal(t, 30*time.Second, readyWithin(suite.System{Kind: suite.SystemCommand}), "a command needs its time to start")
	for _, kind := range []suite.SystemKind{suite.SystemURL, suite.SystemCommand} {
		assert.Equal(t, time.Minute, readyWithin(suite.System{Kind: kind, ReadyWithin: time.Minute}), "a suite's own time holds")
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
	err = newDoor(suite.System{}, nil).answers(t.Context(), "http://"+port.Addr().String(), time.Hour, ended)
	assert.ErrorIs(t, err, errEnded)
	port.Close()
	<-accepted
}

func TestACommandSaysWhatItsAddressCameTo(t *testing.T) {
	s := shell("exec sleep 60")
	s.ReadyWithin = time.Second
	_, err := Command{System: s}.Start(t.Context(), spec(&bytes.Buffer{}))
	var unready *UnreadyError
	require.ErrorAs(t, err, &unready)
	assert.Equal(t, CauseNothingListens, unready.Cause)
}

func TestAWaitThatIsBrokenOffBlamesNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newDoor(suite.System{}, nil).answers(ctx, "http://"+vacantAddress(t), time.Hour, nil)
	assert.ErrorIs(t, err, context.Canceled)
}
