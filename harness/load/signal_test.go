//go:build unix

package load

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A generator process that is stopped and continued finds the requests of that time late, and puts none of it down to
// the system.
func TestDriveIsLateWhenItsProcessIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	for lateOnes(t) == 0 { // the machine was so busy that the schedule had ended before the signal came
	}
}

// lateOnes stops a generator under load for a while, and counts the requests that were due meanwhile.
func lateOnes(t *testing.T) (during int) {
	t.Helper()
	seen := make(chan struct{})
	var count atomic.Int64
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		if count.Add(1) == 50 {
			close(seen)
		}
	})
	g := exec.Command(os.Args[0])
	g.Env = append(os.Environ(), partVariable+"=generator", "LOAD_TEST_URL="+s.URL, "LOAD_TEST_RATE=200")
	g.Stderr = os.Stderr
	out, err := g.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, g.Start())
	defer g.Process.Kill()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	require.True(t, lines.Scan(), "it starts")
	began, err := strconv.ParseInt(lines.Text(), 10, 64)
	require.NoError(t, err)
	since := func() time.Duration { return time.Duration(time.Now().UnixNano() - began) }

	<-seen
	require.NoError(t, g.Process.Signal(syscall.SIGSTOP))
	var status syscall.WaitStatus
	_, err = syscall.Wait4(g.Process.Pid, &status, syscall.WUNTRACED, nil)
	require.NoError(t, err)
	require.True(t, status.Stopped())
	stopped := since()
	time.Sleep(600 * ms)
	continued := since()
	require.NoError(t, g.Process.Signal(syscall.SIGCONT))

	require.True(t, lines.Scan(), "it reports")
	var all []report
	require.NoError(t, json.Unmarshal(lines.Bytes(), &all))
	require.NoError(t, g.Wait())
	require.Len(t, all, 600)
	for _, r := range all {
		if r.Scheduled > stopped && r.Scheduled < continued {
			during++
			// by clocks that differ
			assert.GreaterOrEqual(t, r.Released, continued-ms, "its schedule lag reaches to the end of the stop")
			assert.GreaterOrEqual(t, r.Sent, r.Released)
			assert.GreaterOrEqual(t, r.Done, r.Sent)
		}
	}
	return during
}
