//go:build linux

package target

import (
	"bytes"
	"context"
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

func spec(log *bytes.Buffer) run.Spec {
	return run.Spec{
		Phase: suite.Phase{Workers: 3, Rate: 120}, Memory: 64 * suite.MiB, Env: []string{"REDIS_URL=redis://x"},
		Log: log,
	}
}

func shell(script string) suite.System {
	return suite.System{
		Kind: suite.SystemCommand, Command: []string{"/bin/sh", "-c", script}, URL: "http://127.0.0.1:${port}",
		ReadyWithin: 300 * time.Millisecond, StopWithin: 300 * time.Millisecond,
	}
}

func TestACommandThatDoesNotBecomeReadySaysWhy(t *testing.T) {
	for name, row := range map[string]struct{ script, want string }{
		"never ready": {"echo waiting; exec sleep 60", "not ready within 300ms"},
		"exits at once": {
			"echo out of luck; exit 7", "it ended before it was ready (exit status 7); its last lines:\n  out of luck",
		},
		"exits silent": {"exit 0", "it printed nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := shell(row.script)
			s.ReadyWithin = time.Minute
			if name == "never ready" {
				s.ReadyWithin = 300 * time.Millisecond
			}
			_, err := Command{System: s}.Start(t.Context(), spec(&bytes.Buffer{}))
			require.ErrorContains(t, err, row.want)
		})
	}
	_, err := Command{
		System: suite.System{Command: []string{"/no/such/program"}, URL: "http://127.0.0.1:${port}"},
	}.Start(t.Context(), spec(nil))
	assert.ErrorContains(t, err, "/no/such/program")
}

func TestACommandGetsItsFieldsAndLeavesNothing(t *testing.T) {
	t.Parallel()
	s := shell(`trap 'exit 0' TERM; sleep 60 & echo "$A"; echo all ready; wait`)
	s.ReadyLine, s.ReadyWithin, s.StopWithin = "all ready", time.Minute, time.Minute
	s.Env = []suite.Pair{{Name: "A", Value: "${workers} ${memory_mib} ${rate} ${redis_url}"}}
	var log bytes.Buffer
	i, err := Command{System: s}.Start(t.Context(), spec(&log))
	require.NoError(t, err)
	group := i.(*process).cmd.Process.Pid
	assert.Len(t, i.Processes(), 2)
	assert.Empty(t, i.Faults())
	require.NoError(t, i.Stop(context.Background()))
	assert.Contains(t, log.String(), "3 64 120 redis://x\n")
	assert.NotEmpty(t, i.Faults())
	assert.Eventually(t, func() bool { return syscall.Kill(-group, 0) == syscall.ESRCH }, time.Minute, time.Millisecond)
}

func TestACommandThatIgnoresTheSignalIsKilled(t *testing.T) {
	t.Parallel()
	s := shell(`trap '' TERM; echo all ready; while :; do sleep 1; done`)
	s.ReadyLine, s.ReadyWithin = "all ready", time.Minute
	i, err := Command{System: s}.Start(t.Context(), spec(&bytes.Buffer{}))
	require.NoError(t, err)
	assert.ErrorContains(t, i.Stop(context.Background()), "was killed")
}

func TestTheLifelineKillsTheGroupWhenItsHolderIsGone(t *testing.T) {
	t.Parallel()
	s := shell(`echo all ready; exec sleep 60`)
	s.ReadyLine, s.ReadyWithin = "all ready", time.Minute
	i, err := Command{System: s}.Start(t.Context(), spec(&bytes.Buffer{}))
	require.NoError(t, err)
	p := i.(*process)
	require.NoError(t, p.lifeline.pipe.Close()) // as the kernel does for a killed holder
	<-p.ended
	assert.ErrorContains(t, p.err, "signal: killed")
}

func TestAnAddressThatIsTakenIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s := shell("exec sleep 60")
	s.URL = "http://" + l.Addr().String()
	_, err = Command{System: s}.Start(t.Context(), spec(nil))
	assert.ErrorContains(t, err, "already")
}

func TestAURLIsReadyOnceItAnswers(t *testing.T) {
	t.Parallel()
	status := http.StatusNotFound
	server := httptest.NewServer(
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }),
	)
	defer server.Close()
	u := URL{System: suite.System{Kind: suite.SystemURL, URL: server.URL, ReadyWithin: time.Minute}}
	i, err := u.Start(t.Context(), run.Spec{})
	require.NoError(t, err)
	assert.Nil(t, i.Processes())
	status = http.StatusServiceUnavailable
	waitedFor(t, CauseStatus, func(within time.Duration) error {
		u.System.ReadyWithin = within
		_, err := u.Start(t.Context(), run.Spec{})
		return err
	})
}

func TestOtherHostsMustBeOwned(t *testing.T) {
	s := suite.System{Kind: suite.SystemURL, URL: "http://example.test:80"}
	assert.ErrorContains(t, CheckOwned(s, nil), "--i-own example.test")
	assert.NoError(t, CheckOwned(s, []string{"example.test"}))
	s.IOwn = []string{"example.test"}
	assert.NoError(t, CheckOwned(s, nil))
	assert.NoError(t, CheckOwned(suite.System{Kind: suite.SystemURL, URL: "http://127.0.0.1:1"}, nil))
}
