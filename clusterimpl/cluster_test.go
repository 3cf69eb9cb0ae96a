package clusterimpl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/clustertest"
	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

// hang is how long anything may take before a test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

// instance is what clustertest sees of a cluster.
type instance struct{ *clusterimpl.Cluster }

func (i instance) Workers() []int { return i.pids(clusterimpl.RoleWorker) }
func (i instance) Others() []int  { return i.pids(clusterimpl.RolePrimary) }

func (i instance) pids(role clusterimpl.Role) []int {
	var pids []int
	for _, p := range i.Processes() {
		if p.Role == role {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

func system(clustered bool, workers int, env ...string) clustertest.System {
	return clustertest.System{
		Workers: workers, Clustered: clustered, Path: "/", Slow: "/slow?for=100ms",
		Start: func(ctx context.Context, port int, log io.Writer) (clustertest.Instance, error) {
			c, err := clusterimpl.Start(ctx, clusterimpl.Options{Log: log, ReadyTimeout: hang, Env: append(env,
				"CLUSTER_MODE="+strconv.FormatBool(clustered), "CLUSTER_WORKERS="+strconv.Itoa(workers),
				"PORT="+strconv.Itoa(port))})
			if err != nil {
				return nil, err
			}
			return instance{c}, nil
		},
	}
}

func TestClusterConforms(t *testing.T) {
	t.Parallel()
	clustertest.Run(t, system(true, 3))
}

func TestClusterWithInheritedSocketConforms(t *testing.T) {
	t.Parallel()
	clustertest.Run(t, system(true, 2, "CLUSTER_DISTRIBUTION=inherited"))
}

func TestSingleProcessConforms(t *testing.T) {
	t.Parallel()
	clustertest.Run(t, system(false, 1))
}

// mark returns a variable for all processes that this test starts, by which find finds them, and fails
// the test when one of them is left at its end.
func mark(t *testing.T) (find func() []int, variable string) {
	t.Helper()
	variable = fmt.Sprintf("TEST_MARK=%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
	find = func() []int {
		var pids []int
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			environ, err := os.ReadFile(file)
			if err == nil && pid != os.Getpid() && bytes.Contains(environ, []byte(variable+"\x00")) &&
				clustertest.Alive(pid) {
				pids = append(pids, pid)
			}
		}
		return pids
	}
	t.Cleanup(func() {
		assert.Eventually(t, func() bool { return len(find()) == 0 }, hang, 5*time.Millisecond,
			"processes were left behind")
	})
	return find, variable
}

func start(t *testing.T, env ...string) *clusterimpl.Cluster {
	t.Helper()
	_, marked := mark(t)
	c, err := clusterimpl.Start(t.Context(), clusterimpl.Options{
		Env: append([]string{"PORT=0", marked}, env...), Log: t.Output(), ReadyTimeout: hang,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, stop(c)) })
	return c
}

func stop(c *clusterimpl.Cluster) error {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	return c.Stop(ctx)
}

// get asks over a connection of its own.
func get(t *testing.T, url string) (*http.Response, string, error) {
	client := http.Client{Timeout: hang, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return r, string(body), err
}

func workersOf(t *testing.T, c *clusterimpl.Cluster) (health.Workers, int) {
	t.Helper()
	r, body, err := get(t, c.URL()+"/health/workers")
	require.NoError(t, err)
	var w health.Workers
	require.NoError(t, json.Unmarshal([]byte(body), &w), body)
	return w, r.StatusCode
}

// eventually waits until the workers of a cluster are as a test wants them.
func eventually(t *testing.T, c *clusterimpl.Cluster, are func(health.Workers) bool) {
	t.Helper()
	require.Eventually(t, func() bool { w, _ := workersOf(t, c); return are(w) }, hang, 5*time.Millisecond)
}

func TestAFailedStartSaysWhyAndLeavesNothing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		env   []string
		start string
		says  []string
	}{
		{"a worker that cannot make its application", nil, "error",
			[]string{"ended before the cluster was ready", "the store does not answer"}},
		{"a single process that cannot", []string{"CLUSTER_MODE=false"}, "error",
			[]string{"the store does not answer"}},
		{"a worker that exits at once", nil, "exit",
			[]string{"ended before the cluster was ready", "exit status 3", "something terrible happened"}},
		{"a single process that exits at once", []string{"CLUSTER_MODE=false"}, "exit",
			[]string{"exit status 3", "something terrible happened"}},
		{"an address that is not this machine's", []string{"HOST=203.0.113.1"}, "",
			[]string{"203.0.113.1"}},
		{"bad values", []string{"CLUSTER_WORKERS=0", "LOG_FORMAT=xml"}, "",
			[]string{`CLUSTER_WORKERS="0" is not allowed: want 1 to 256`, `LOG_FORMAT="xml"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := failedStart(t, hang, tt.start, tt.env...)
			for _, part := range tt.says {
				assert.ErrorContains(t, err, part)
			}
		})
	}
}

func TestAStartThatTakesTooLongSaysWhoIsLateAndLeavesNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    []string
		start  string
		says   string
		others string // who does not hang, and may be late on a slow machine
	}{
		{"workers", nil, "hang", "worker [12] .*not ready within", "none"},
		{"one worker", nil, "hang 2", "worker 2 .*not ready within", "worker 1 ended"},
		{"a single process", []string{"CLUSTER_MODE=false"}, "hang", "not ready within", "none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The machine decides how long a worker takes to come so far that it hangs.
			for timeout := 300 * time.Millisecond; ; timeout *= 2 {
				err := failedStart(t, timeout, tt.start, tt.env...)
				if !strings.Contains(err.Error(), "waiting for godot") || strings.Contains(err.Error(), tt.others) {
					continue
				}
				assert.Regexp(t, tt.says+" "+timeout.String(), err.Error())
				return
			}
		})
	}
}

// failedStart starts a cluster of two in which something goes wrong, and returns what is said of it.
func failedStart(t *testing.T, timeout time.Duration, start string, env ...string) error {
	t.Helper()
	find, marked := mark(t)
	_, err := clusterimpl.Start(t.Context(), clusterimpl.Options{
		Env:          append([]string{"PORT=0", "CLUSTER_WORKERS=2", envStart + "=" + start, marked}, env...),
		ReadyTimeout: timeout,
	})
	require.Error(t, err)
	assert.Empty(t, find(), "nothing is left behind")
	return err
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	t.Parallel()
	find, marked := mark(t)
	ctx, cancel := context.WithCancel(t.Context())
	log := writerFunc(func([]byte) { cancel() }) // the first worker says that it waits
	_, err := clusterimpl.Start(ctx, clusterimpl.Options{Env: []string{"PORT=0", envStart + "=hang", marked}, Log: log})
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, find())
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func TestProcessesAreNamed(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2")
	var names []string
	for _, p := range c.Processes() {
		names = append(names, string(p.Role)+": "+p.Name)
		assert.True(t, clustertest.Alive(p.PID))
	}
	assert.Equal(t, []string{"primary: primary", "worker: worker 1", "worker: worker 2"}, names)
	assert.Positive(t, c.StartupTime())
	require.NoError(t, stop(c))
	assert.Empty(t, c.Processes())
	assert.Empty(t, c.Faults())
	assert.NoError(t, c.Err())
	assert.NoError(t, stop(c), "stopping twice does no harm")
}

func TestASingleProcessIsAWorker(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_MODE=false")
	require.Len(t, c.Processes(), 1)
	assert.Equal(t, "worker 1", c.Processes()[0].Name)
	r, _, err := get(t, c.URL()+"/")
	require.NoError(t, err)
	assert.Equal(t, "1", r.Header.Get("X-Worker"))
}

// TestNoProcessSurvivesItsParent kills, in the middle, a process that has started a cluster.
func TestNoProcessSurvivesItsParent(t *testing.T) {
	for _, mode := range []string{"true", "false"} {
		t.Run("CLUSTER_MODE="+mode, func(t *testing.T) {
			t.Parallel()
			find, marked := mark(t)
			parent := startParent(t, mode, marked)
			require.GreaterOrEqual(t, len(find()), 2)
			require.NoError(t, parent.Kill())
			_, err := parent.Wait()
			require.NoError(t, err)
			assert.Eventually(t, func() bool { return len(find()) == 0 }, hang, 5*time.Millisecond)
		})
	}
}

func startParent(t *testing.T, mode, marked string) *os.Process {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	p, err := os.StartProcess(exe, []string{exe}, &os.ProcAttr{
		Env: append(os.Environ(), envParent+"="+mode, marked), Files: []*os.File{nil, w, os.Stderr},
	})
	require.NoError(t, err)
	w.Close()
	_, err = r.Read(make([]byte, 1)) // it is ready
	require.NoError(t, err)
	return p
}

// parent is the process that is killed.
func parent(mode string) int {
	_, err := clusterimpl.Start(context.Background(), clusterimpl.Options{
		Env: []string{"PORT=0", "CLUSTER_WORKERS=3", "CLUSTER_MODE=" + mode}, ReadyTimeout: hang,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	time.Sleep(hang)
	return 0
}

func TestNoWorkerSurvivesItsPrimary(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2")
	processes := c.Processes()
	require.NoError(t, syscall.Kill(processes[0].PID, syscall.SIGKILL))
	<-c.Done()
	for _, p := range processes {
		clustertest.Gone(t, p.PID)
	}
	assert.ErrorContains(t, c.Err(), "signal: killed")
	assert.NotEmpty(t, c.Faults())
}

func TestASuccessfulReplacementIsTold(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2")
	r, _, err := get(t, c.URL()+"/exit?code=7")
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadGateway, r.StatusCode, "a request that ends its worker is not given to another")
	require.Eventually(t, func() bool { return c.Restarts() == 1 }, hang, time.Millisecond)
	require.Len(t, c.Faults(), 1)
	assert.Regexp(t, `^worker [12] \(pid \d+\) ended and is replaced: exit status 7$`, c.Faults()[0])
	eventually(t, c, func(w health.Workers) bool { return w.Status == health.Healthy })
	w, _ := workersOf(t, c)
	assert.Equal(t, 1, w.Workers[0].Restarts+w.Workers[1].Restarts)
}

func TestAStoppedWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2")
	victim := c.Processes()[2].PID
	require.NoError(t, syscall.Kill(victim, syscall.SIGSTOP))
	require.Eventually(t, func() bool { return c.Restarts() == 1 }, hang, 5*time.Millisecond)
	assert.Contains(t, c.Faults()[0], "the process is stopped")
	clustertest.Gone(t, victim)
}

// TestABusyWorkerIsLeftAlone keeps the worker's one core busy for so long that signs of
// life are late.
func TestABusyWorkerIsLeftAlone(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=1", "DEBUG=cluster:*")
	var clients sync.WaitGroup
	for range 150 {
		clients.Go(func() {
			_, _, err := get(t, c.URL()+"/burn?for=15ms")
			assert.NoError(t, err)
		})
	}
	clients.Wait()
	assert.Zero(t, c.Restarts())
}

func TestAWorkerThatIsToldToStopFinishesAndIsReplaced(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=1")
	victim := c.Processes()[1].PID
	var answered sync.WaitGroup
	goOn := filepath.Join(t.TempDir(), "go on")
	answered.Go(func() {
		_, body, err := get(t, c.URL()+"/hold?until="+url.QueryEscape(goOn))
		assert.NoError(t, err)
		assert.Equal(t, "done\n", body)
	})
	eventually(t, c, func(w health.Workers) bool { return w.Workers[0].InFlight == 1 })
	require.NoError(t, syscall.Kill(victim, syscall.SIGTERM))
	require.NoError(t, os.WriteFile(goOn, nil, 0o600))
	answered.Wait()
	require.Eventually(t, func() bool { return c.Restarts() == 1 }, hang, 5*time.Millisecond)
	assert.Contains(t, c.Faults()[0], "exit status 0")
	_, body, err := get(t, c.URL()+"/")
	require.NoError(t, err)
	assert.Equal(t, "hello\n", body, "what is asked meanwhile waits for the next worker")
}

func TestPastTheLimitNothingIsReplaced(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2", "RESPAWN_LIMIT=2")
	worker := func(slot int) int { w, _ := workersOf(t, c); return w.Workers[slot-1].PID }
	for deaths := 1; deaths <= 2; deaths++ {
		require.NoError(t, syscall.Kill(worker(1), syscall.SIGKILL))
		eventually(t, c, func(w health.Workers) bool {
			return w.Status == health.Healthy && w.Workers[0].Restarts == deaths
		})
	}
	second := worker(2)
	require.NoError(t, syscall.Kill(worker(1), syscall.SIGKILL))
	require.Eventually(t, func() bool { _, code := workersOf(t, c); return code == http.StatusServiceUnavailable },
		hang, 5*time.Millisecond)

	w, _ := workersOf(t, c)
	assert.Equal(t, "failed", w.Workers[0].State)
	_, body, err := get(t, c.URL()+"/")
	require.NoError(t, err)
	assert.Equal(t, "hello\n", body, "what remains keeps serving")
	_, body, err = get(t, c.URL()+"/health")
	require.NoError(t, err)
	assert.Contains(t, body, "more than 2 workers died within a minute")

	require.NoError(t, syscall.Kill(second, syscall.SIGKILL))
	<-c.Done()
	assert.ErrorContains(t, c.Err(), "no worker is left")
	assert.Contains(t, strings.Join(c.Faults(), "\n"), "gave up")
}

func TestAPanicEndsOneRequest(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=1")
	r, _, err := get(t, c.URL()+"/panic")
	require.NoError(t, err)
	assert.Equal(t, http.StatusInternalServerError, r.StatusCode)
	assert.Equal(t, "1", r.Header.Get("X-Worker"))
	_, _, err = get(t, c.URL()+"/half")
	assert.Error(t, err, "half an answer is not taken for a whole one")
	eventually(t, c, func(w health.Workers) bool {
		return w.Workers[0].Panics == 2 && w.Workers[0].Errors == 2 && w.Workers[0].Requests == 2
	})
	assert.Zero(t, c.Restarts())
}

func TestWorkersReportWhatTheyUse(t *testing.T) {
	t.Parallel()
	c := start(t, "CLUSTER_WORKERS=2", "MEMORY_LIMIT=64", "GC_INTERVAL=100ms")
	for range 10 {
		_, _, err := get(t, c.URL()+"/slow?for=2ms")
		require.NoError(t, err)
	}
	eventually(t, c, func(w health.Workers) bool {
		return w.Workers[0].Requests+w.Workers[1].Requests == 10 && w.Workers[0].GC.Periodic > 0
	})
	w, _ := workersOf(t, c)
	for i, worker := range w.Workers {
		assert.Equal(t, i+1, worker.Slot)
		assert.Equal(t, "ready", worker.State)
		assert.Positive(t, worker.Uptime)
		assert.Positive(t, worker.CPU.Seconds)
		assert.Positive(t, worker.Memory.RSS)
		assert.EqualValues(t, 64<<20, worker.Memory.Limit)
		assert.GreaterOrEqual(t, worker.Response.P50, 2.0)
		assert.GreaterOrEqual(t, worker.Response.P99, worker.Response.P50)
	}
}

func TestStopKillsWhatDoesNotDrain(t *testing.T) {
	t.Parallel()
	find, marked := mark(t)
	c, err := clusterimpl.Start(t.Context(),
		clusterimpl.Options{Env: []string{"PORT=0", "CLUSTER_WORKERS=2", marked}, ReadyTimeout: hang})
	require.NoError(t, err)
	var asked sync.WaitGroup
	asked.Go(func() { _, _, _ = get(t, c.URL()+"/slow?for=1h") })
	eventually(t, c, func(w health.Workers) bool { return w.Workers[0].InFlight+w.Workers[1].InFlight == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = c.Stop(ctx)
	assert.ErrorContains(t, err, "killed before it had drained")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	asked.Wait()
	assert.Eventually(t, func() bool { return len(find()) == 0 }, hang, 5*time.Millisecond)
}
