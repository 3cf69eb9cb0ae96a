package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	goleak.VerifyTestMain(m)
}

var data = dataset.Spec{Seed: 1, Accounts: 100, Transactions: 200}

func TestEveryFaultHasAnAct(t *testing.T) {
	for _, kind := range suite.Disturbances {
		assert.NotNil(t, acts[kind], kind)
	}
	assert.Len(t, acts, len(suite.Disturbances))
}

// window is the measurement window of the tests: long enough for four moments in a row.
const window = 400 * time.Millisecond

// steps is a clock on which only waiting takes time, so that a slow machine does as much in a window as
// a fast one. With a gate, the window ends when that is closed.
type steps struct {
	at, end time.Duration
	gate    <-chan struct{}
}

func (s *steps) now() time.Duration { return s.at }

func (s *steps) sleep(ctx context.Context, t time.Duration) error {
	if t <= 0 {
		return ctx.Err()
	}
	if s.gate != nil && s.at+t >= s.end {
		select {
		case <-s.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	} else if err := pause(ctx, t); err != nil {
		return err
	}
	s.at += t
	return nil
}

// disturbed starts a disturbance of a cluster; its window ends with the gate, if there is one.
func disturbed(
	t *testing.T, c *clusterimpl.Cluster, kind suite.Disturb, workers int, gate <-chan struct{},
) run.Disturbance {
	t.Helper()
	return begin(t.Context(), Target{Cluster: c, Dataset: data}, run.DisturbSpec{
		Kind: kind, Phase: suite.Phase{Workers: workers}, End: window,
	}, &steps{end: window, gate: gate})
}

func start(t *testing.T, workers int, env ...string) *clusterimpl.Cluster {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("workers are struck by signals as Linux has them")
	}
	c, err := clusterimpl.Start(t.Context(),
		clusterimpl.Options{ReadyTimeout: time.Hour, Log: t.Output(), Env: append([]string{
			"CLUSTER_MODE=true", "CLUSTER_WORKERS=" + strconv.Itoa(workers), "MEMORY_LIMIT=256", "PORT=0",
			"PLATFORM_SEED=1", "PLATFORM_ACCOUNTS=100", "PLATFORM_TRANSACTIONS=200",
		}, env...)})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, c.Stop(context.WithoutCancel(t.Context())))
	})
	return c
}

func TestWhatTheClusterWithstandsIsSeenAsThat(t *testing.T) {
	for _, row := range []struct {
		kind  suite.Disturb
		env   []string
		want  map[string]float64
		timed bool // it says how long the cluster took
	}{
		{suite.DisturbStop, nil, map[string]float64{"lost": 0, "orphan_processes": 0, "unclean": 0}, false},
		{suite.DisturbKill, nil, map[string]float64{"replaced": 1}, true},
		{suite.DisturbHang, nil, map[string]float64{"replaced": 1}, true},
		{suite.DisturbExhaust, []string{"RESPAWN_LIMIT=3"},
			map[string]float64{"wrong": 0, "orphan_processes": 0, "unclean": 0},
			false},
		{suite.DisturbHealth, nil, map[string]float64{"wrong": 0}, false},
		{suite.DisturbReload, nil, map[string]float64{"replaced": 2}, true},
		{suite.DisturbScale, nil, nil, true}, // that fails with any other number of workers than asked for
		{suite.DisturbDebug, nil, map[string]float64{"wrong": 0}, false},
		{suite.DisturbConfigure, nil, map[string]float64{"wrong": 0}, false},
		{suite.DisturbChaos, []string{"RESPAWN_LIMIT=1000"}, map[string]float64{"descriptors": 0}, true},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			t.Parallel()
			d := disturbed(t, start(t, 2, row.env...), row.kind, 2, nil).End()
			require.NoError(t, d.Err)
			for metric, want := range row.want {
				assert.Contains(t, d.Values, metric)
				assert.Equal(t, want, d.Values[metric], "%s; %q", metric, d.Seen)
			}
			if row.timed {
				assert.Positive(t, d.Values["recovery"])
			}
			assert.NotEmpty(t, d.Seen)
			if row.kind == suite.DisturbScale {
				require.Len(t, d.Seen, 3)
				for i, workers := range []int{1, 4, 2} { // half as many, twice as many, and as many as before
					assert.Contains(t, d.Seen[i], fmt.Sprintf("%d workers after ", workers))
				}
			}
		})
	}
}

func TestWorkersThatCollectAreCounted(t *testing.T) {
	const workers = 2
	collected := make(chan struct{})
	c := start(t, workers, "GC_INTERVAL=100ms")
	d := disturbed(t, c, suite.DisturbCollect, workers, collected)
	for n := 0; n < workers; time.Sleep(pollEvery) {
		answer, err := client.Get(c.URL() + "/health/workers")
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		n = len(regexp.MustCompile(`"periodic": ?[1-9]`).FindAll(text, -1))
	}
	close(collected)
	done := d.End()
	require.NoError(t, done.Err)
	assert.Equal(t, map[string]float64{"collected": workers}, done.Values)

	done = disturbed(t, start(t, workers), suite.DisturbCollect, workers, nil).End()
	require.NoError(t, done.Err)
	assert.Equal(t, map[string]float64{"collected": 0}, done.Values, "none is told to")
}

func TestWorkersThatLeakAreReplacedWithoutAFailedRequest(t *testing.T) {
	c := start(t, 2, "MEMORY_LIMIT=64", "PLATFORM_LEAK=2097152")
	replaced := make(chan struct{})
	d := disturbed(t, c, suite.DisturbLeak, 2, replaced)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for i := 0; readied(c) < 3; i++ {
		answer, err := client.Get(c.URL() + "/api/accounts/1")
		require.NoError(t, err, "request %d", i)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		answer.Body.Close()
		time.Sleep(10 * time.Millisecond) // the limit is looked at every tenth of a second
	}
	close(replaced)
	done := d.End()
	require.NoError(t, done.Err)
	assert.GreaterOrEqual(t, done.Values["replaced"], 1.0, "%q", done.Seen)
	assert.Contains(t, strings.Join(done.Seen, "\n"), "over its memory limit")
}

// readied is how many workers have become ready so far.
func readied(c *clusterimpl.Cluster) (n int) {
	for _, e := range c.Events() {
		if e.Kind == ipc.WorkerReady {
			n++
		}
	}
	return n
}

func TestSessionsInTheMemoryOfOneWorkerAreSeenToBeLost(t *testing.T) {
	d := disturbed(t, start(t, 2), suite.DisturbSessions, 2, nil).End()
	require.NoError(t, d.Err)
	assert.Positive(t, d.Values["wrong"], "%q", d.Seen)
	assert.Positive(t, d.Values["session_misses"], "%q", d.Seen)
	assert.Less(t, d.Values["served"], 2.0, "%q", d.Seen)
}

func TestOnlyWhatWasOnItsWayBeforeAStopCountsAsLost(t *testing.T) {
	failed := errors.New("connection reset")
	f := &fault{
		spec: run.DisturbSpec{Kind: suite.DisturbStop, Start: time.Second}, values: map[string]float64{},
		done: make(chan struct{}), unloaded: make(chan struct{}),
	}
	close(f.done)
	sample := func(sent time.Duration, err error) measure.Sample {
		return measure.Sample{Scheduled: sent, Sent: sent, Err: err}
	}
	f.Observe(sample(1100*time.Millisecond, nil))
	f.Observe(sample(1100*time.Millisecond, failed))
	f.Observe(sample(900*time.Millisecond, failed)) // of the warm-up
	f.signal = 2 * time.Second
	f.Observe(sample(1900*time.Millisecond, failed))
	f.Observe(sample(2100*time.Millisecond, failed))
	unsent := sample(0, failed)
	unsent.Unsent = true
	f.Observe(unsent)
	assert.Equal(t, map[string]float64{"lost": 2}, f.End().Values)
}

func TestADisturbanceThatCannotBeSaysSo(t *testing.T) {
	d := Begin(t.Context(), Target{}, run.DisturbSpec{Kind: suite.DisturbKill}).End()
	assert.ErrorContains(t, d.Err, "only the reference cluster can be disturbed")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d = Begin(ctx, Target{Cluster: &clusterimpl.Cluster{}},
		run.DisturbSpec{Kind: suite.DisturbKill, Start: time.Hour, End: time.Hour, Origin: time.Now()}).End()
	assert.ErrorIs(t, d.Err, context.Canceled)

	d = Begin(t.Context(), Target{Cluster: &clusterimpl.Cluster{}}, run.DisturbSpec{Kind: "erase"}).End()
	assert.ErrorContains(t, d.Err, `knows no disturbance "erase"`)
}
