package clusterimpl

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// output is a terminal.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

type nothing struct{ http.Handler }

func (nothing) Close() error { return nil }

func newNothing(context.Context, config.Config, *os.File, *slog.Logger) (worker.Handler, error) {
	return nothing{http.NotFoundHandler()}, nil
}

// environ keeps what this process has: its workers are the test's binary, whose
// TestMain gives them an application.
func environ(t *testing.T, set ...string) []string {
	t.Helper()
	return append([]string{"PORT=0", "CLUSTER_WORKERS=2"}, set...)
}

func TestRunServesUntilItIsStopped(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   string
		lines []string
	}{
		{
			"a cluster", "CLUSTER_MODE=true", []string{
				`serving http://127\.0\.0\.1:\d+`, `primary   pid \d+`, `worker [12]  pid \d+`, `worker [12]  pid \d+`,
			},
		},
		{"a single process", "CLUSTER_MODE=false", []string{`serving http://127\.0\.0\.1:\d+`, `worker 1  pid \d+`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var stdout, stderr output
			exit := make(chan int, 1)
			go func() { exit <- runWith(ctx, newNothing, environ(t, tt.env), &stdout, &stderr) }()
			require.Eventually(t, func() bool { return strings.Contains(stdout.String(), "worker") }, 5*time.Minute,
				time.Millisecond, stderr.String())
			url := strings.TrimPrefix(strings.SplitN(stdout.String(), "\n", 2)[0], "serving ")
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			r, err := client.Get(url + "/health")
			require.NoError(t, err)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			r.Body.Close()
			assert.Contains(t, string(body), `"status":"healthy"`)
			cancel()
			assert.Equal(t, exitOK, <-exit, stderr.String())
			assert.Regexp(t, "^"+strings.Join(tt.lines, "\n")+"\n$", stdout.String())
			assert.Contains(t, stderr.String(), "draining")
		})
	}
}

func TestRunRefusesBadValues(t *testing.T) {
	var stdout, stderr output
	assert.Equal(t, exitUsage,
		runWith(t.Context(), newNothing, environ(t, "PORT=x", "GC_INTERVAL=often"), &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.Contains(t, stderr.String(), `PORT="x" is not allowed`)
	assert.Contains(t, stderr.String(), `GC_INTERVAL="often" is not allowed`)
}

func TestRunSaysWhyItCannotStart(t *testing.T) {
	var stdout, stderr output
	assert.Equal(t, exitEnvironment, runWith(t.Context(), newNothing, environ(t, "HOST=203.0.113.1"), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "203.0.113.1")
	stderr = output{}
	assert.Equal(t, exitEnvironment, runWith(t.Context(), newNothing, environ(t, "TEST_START=error"), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "the store does not answer")
}

func TestDebugShowsWhatTheSupervisorDoes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr output
	exit := make(chan int, 1)
	go func() {
		exit <- runWith(ctx, newNothing,
			environ(t, "DEBUG=cluster:*,-cluster:ipc", "LOG_FORMAT=json", "HEALTH_CHECK_INTERVAL=1s"), &stdout, &stderr)
	}()
	for checkedTwice(stderr.String()) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	assert.Equal(t, exitOK, <-exit)
	assert.Contains(t, stderr.String(), `"ns":"cluster:main","worker":2`)
	assert.Contains(t, stderr.String(), `"msg":"worker is ready"`)
	assert.NotContains(t, stderr.String(), `"ns":"cluster:ipc"`)
}

// checkedTwice is the pid of a process whose health was checked a second time, which is done only after
// it has answered the first; 0 while there is none.
func checkedTwice(log string) int {
	checks := map[int]int{}
	for line := range strings.Lines(log) {
		var entry struct {
			Msg string
			PID int
		}
		if json.Unmarshal([]byte(line), &entry) != nil || entry.Msg != "health check" {
			continue
		}
		if checks[entry.PID]++; checks[entry.PID] == 2 {
			return entry.PID
		}
	}
	return 0
}
