//go:build unix

package load

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A generator process that is stopped and continued finds its requests late.
func TestDriveIsLateWhenItsProcessIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	const stop = 600 * ms
	g := exec.Command(os.Args[0])
	g.Env = append(os.Environ(), partVariable+"=generator", "LOAD_TEST_URL="+s.URL, "LOAD_TEST_RATE=200", "LOAD_TEST_LONG="+(stop/2).String())
	g.Stderr = os.Stderr
	out, err := g.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, g.Start())
	defer g.Process.Kill()
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "it starts")
	time.Sleep(500 * ms)
	require.NoError(t, g.Process.Signal(syscall.SIGSTOP))
	time.Sleep(stop)
	require.NoError(t, g.Process.Signal(syscall.SIGCONT))
	require.True(t, lines.Scan(), "it reports")
	var r report
	require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
	require.NoError(t, g.Wait())
	assert.Equal(t, uint64(400), r.Offered)
	assert.Equal(t, uint64(400), r.Sent)
	assert.GreaterOrEqual(t, r.Late, uint64(50), "those of the first half of the stop: 60")
	assert.GreaterOrEqual(t, r.Slow, uint64(50))
	assert.Less(t, r.Waited, r.Late/2, "it is not put down to the system, which may be slow at times on a busy host")
}
