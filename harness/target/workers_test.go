//go:build linux

package target

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// telling serves what is said at /health/workers.
func telling(t *testing.T, body *string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == workersPath {
			fmt.Fprint(w, *body)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestARunningSystemNamesItsWorkers(t *testing.T) {
	sleeper := exec.Command("/bin/sh", "-c", "echo up; read _")
	_, err := sleeper.StdinPipe()
	require.NoError(t, err)
	out, err := sleeper.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, sleeper.Start())
	_, err = out.Read(make([]byte, 1)) // it has come to its size
	require.NoError(t, err)
	size := func(pid int) int64 { // as the kernel has it, so that the system tells the truth
		var total, resident int64
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		require.NoError(t, err)
		_, err = fmt.Sscan(string(text), &total, &resident)
		require.NoError(t, err)
		return resident * int64(os.Getpagesize())
	}
	told := func(pid int, rss int64) string {
		text, err := json.Marshal(map[string]any{
			"workers": []any{map[string]any{"worker": 7, "pid": pid, "memory": map[string]any{"rss_bytes": rss}}},
		})
		require.NoError(t, err)
		return string(text)
	}
	pid, rss := sleeper.Process.Pid, size(sleeper.Process.Pid)
	require.NotZero(t, rss)
	body := told(pid, rss)
	base := telling(t, &body)
	i, err := URL{System: suite.System{Kind: suite.SystemURL, URL: base}}.Start(t.Context(), spec(&bytes.Buffer{}))
	require.NoError(t, err)
	require.Len(t, i.Processes(), 1)
	assert.Equal(t, "worker 7", i.Processes()[0].Name)
	assert.Equal(t, pid, i.Processes()[0].PID)

	body = told(os.Getpid(), size(os.Getpid()))
	assert.Equal(t, pid, i.Processes()[0].PID, "as long as it is there")
	require.NoError(t, sleeper.Process.Kill())
	_ = sleeper.Wait()
	require.Len(t, i.Processes(), 1)
	assert.Equal(t, os.Getpid(), i.Processes()[0].PID, "its successor")

	for name, lie := range map[string]string{
		"nothing": "", "another shape": `{"workers": 4}`, "no size": told(os.Getpid(), 0),
		"another's size": told(os.Getpid(), 1<<40),
		"no process":     told(1<<30, 1<<20), "below zero": told(-1, 1<<20),
		"one of two is not there": `{"workers": [{"pid": 1}, {"pid": 1073741824}]}`,
	} {
		body = lie
		i, err := URL{System: suite.System{Kind: suite.SystemURL, URL: base}}.Start(t.Context(), spec(&bytes.Buffer{}))
		require.NoError(t, err)
		assert.Empty(t, i.Processes(), name)
	}
}

func TestACommandsWorkersAreOfItsOwnTree(t *testing.T) {
	assert.True(t, below(os.Getpid(), os.Getpid()))
	child := exec.Command("sleep", "60")
	require.NoError(t, child.Start())
	assert.True(t, below(child.Process.Pid, os.Getpid()))
	assert.False(t, below(os.Getpid(), child.Process.Pid))
	require.NoError(t, child.Process.Kill())
	_ = child.Wait()
	assert.False(t, below(child.Process.Pid, os.Getpid()))
}

func FuzzNamed(f *testing.F) {
	f.Add(`{"workers": [{"worker": 7, "pid": 4711, "memory": {"rss_bytes": 52428800}}, {"pid": 4712}]}`)
	f.Add(`{"workers": [{"pid": -1}]}`)
	f.Add(`{"workers": [{"worker": -3, "pid": 3}]}`)
	f.Add(`{"workers": 4}`)
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		asked := 0
		all := named(strings.NewReader(text), func(pid int, _ int64) bool { asked++; return pid%2 == 1 })
		for _, p := range all {
			assert.Equal(t, 1, p.PID%2, "none that is another's")
			assert.Regexp(t, `^worker [1-9][0-9]*$`, p.Name)
			assert.Equal(t, measure.RoleWorker, p.Role)
		}
		if len(all) > 0 {
			assert.Len(t, all, asked)
		}
	})
}
