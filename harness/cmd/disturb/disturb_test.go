package disturb

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	os.Exit(m.Run())
}

var data = dataset.Spec{Seed: 1, Accounts: 100, Transactions: 200}

// window is the judged window of the tests: long enough for four moments in a row.
const window = 400 * time.Millisecond

func begin(t *testing.T, kind suite.Disturb, workers int, env ...string) run.Disturbance {
	t.Helper()
	return Begin(t.Context(), Target{Cluster: start(t, workers, env...), Dataset: data}, run.DisturbSpec{
		Kind: kind, Phase: suite.Phase{Workers: workers}, Origin: time.Now(), End: window,
	})
}

func start(t *testing.T, workers int, env ...string) *clusterimpl.Cluster {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("workers are struck by signals as Linux has them")
	}
	c, err := clusterimpl.Start(t.Context(), clusterimpl.Options{Log: t.Output(), Env: append([]string{
		"CLUSTER_MODE=true", "CLUSTER_WORKERS=" + strconv.Itoa(workers), "MEMORY_LIMIT=256", "PORT=0",
		"PLATFORM_SEED=1", "PLATFORM_ACCOUNTS=100", "PLATFORM_TRANSACTIONS=200",
	}, env...)})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		assert.NoError(t, c.Stop(ctx))
	})
	return c
}

func TestWhatTheClusterWithstandsIsSeenAsThat(t *testing.T) {
	for _, row := range []struct {
		kind suite.Disturb
		env  []string
		want map[string]float64
	}{
		{suite.DisturbStop, nil, map[string]float64{"lost": 0, "left": 0, "unclean": 0}},
		{suite.DisturbKill, nil, map[string]float64{"replaced": 1}},
		{suite.DisturbHang, nil, map[string]float64{"replaced": 1}},
		{suite.DisturbExhaust, []string{"RESPAWN_LIMIT=3"}, map[string]float64{"wrong": 0, "left": 0, "unclean": 0}},
		{suite.DisturbHealth, nil, map[string]float64{"wrong": 0}},
		{suite.DisturbCollect, []string{"GC_INTERVAL=100ms"}, map[string]float64{"collected": 2}},
		{suite.DisturbReload, nil, map[string]float64{"replaced": 2}},
		{suite.DisturbScale, nil, nil},
		{suite.DisturbDebug, nil, map[string]float64{"wrong": 0}},
		{suite.DisturbConfigure, nil, map[string]float64{"wrong": 0}},
		{suite.DisturbChaos, []string{"RESPAWN_LIMIT=1000"}, map[string]float64{"descriptors": 0}},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			t.Parallel()
			d := begin(t, row.kind, 2, row.env...).End()
			require.NoError(t, d.Err)
			for metric, want := range row.want {
				assert.Contains(t, d.Values, metric)
				assert.Equal(t, want, d.Values[metric], "%s; %q", metric, d.Seen)
			}
			if _, timed := d.Values["recovery"]; timed {
				assert.Greater(t, d.Values["recovery"], 0.0)
			}
			assert.NotEmpty(t, d.Seen)
		})
	}
}

func TestWorkersThatLeakAreReplacedWithoutAFailedRequest(t *testing.T) {
	c := start(t, 2, "MEMORY_LIMIT=64", "PLATFORM_LEAK=4194304")
	d := Begin(t.Context(), Target{Cluster: c, Dataset: data}, run.DisturbSpec{
		Kind: suite.DisturbLeak, Phase: suite.Phase{Workers: 2}, Origin: time.Now(), End: 3 * time.Second,
	})
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	deadline := time.Now().Add(2500 * time.Millisecond)
	for i := 0; time.Now().Before(deadline); i++ {
		answer, err := client.Get(c.URL() + "/api/accounts/1")
		require.NoError(t, err, "request %d", i)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		answer.Body.Close()
		time.Sleep(20 * time.Millisecond) // the limit is looked at every tenth of a second
	}
	done := d.End()
	require.NoError(t, done.Err)
	assert.GreaterOrEqual(t, done.Values["replaced"], 1.0, "%q", done.Seen)
	assert.Contains(t, strings.Join(done.Seen, "\n"), "over its memory limit")
}

func TestSessionsInTheMemoryOfOneWorkerAreSeenToBeLost(t *testing.T) {
	d := begin(t, suite.DisturbSessions, 2).End()
	require.NoError(t, d.Err)
	assert.Positive(t, d.Values["wrong"], "%q", d.Seen)
	assert.Positive(t, d.Values["forgotten"], "%q", d.Seen)
	assert.Less(t, d.Values["served"], 2.0, "%q", d.Seen)
}

func TestOnlyWhatWasOnItsWayBeforeAStopCountsAsLost(t *testing.T) {
	failed := errors.New("connection reset")
	d := &drill{spec: run.DisturbSpec{Kind: suite.DisturbStop, Start: time.Second}, values: map[string]float64{}, done: make(chan struct{}), unloaded: make(chan struct{})}
	close(d.done)
	sample := func(sent time.Duration, err error) measure.Sample {
		return measure.Sample{Scheduled: sent, Sent: sent, Err: err}
	}
	d.Observe(sample(1100*time.Millisecond, nil))
	d.Observe(sample(1100*time.Millisecond, failed))
	d.Observe(sample(900*time.Millisecond, failed)) // of the warm-up
	d.signal = 2 * time.Second
	d.Observe(sample(1900*time.Millisecond, failed))
	d.Observe(sample(2100*time.Millisecond, failed))
	unsent := sample(0, failed)
	unsent.Unsent = true
	d.Observe(unsent)
	assert.Equal(t, map[string]float64{"lost": 2}, d.End().Values)
}

func TestADisturbanceThatCannotBeSaysSo(t *testing.T) {
	d := Begin(t.Context(), Target{}, run.DisturbSpec{Kind: suite.DisturbKill}).End()
	assert.ErrorContains(t, d.Err, "only the reference cluster can be disturbed")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d = Begin(ctx, Target{Cluster: &clusterimpl.Cluster{}}, run.DisturbSpec{Kind: suite.DisturbKill, Start: time.Hour, End: time.Hour, Origin: time.Now()}).End()
	assert.ErrorIs(t, d.Err, context.Canceled)

	d = Begin(t.Context(), Target{Cluster: &clusterimpl.Cluster{}}, run.DisturbSpec{Kind: "erase"}).End()
	assert.ErrorContains(t, d.Err, `knows no disturbance "erase"`)
}
