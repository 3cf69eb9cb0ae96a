package reference

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/reference/faults"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// small is a phase of so many workers on a small data set.
func small(workers int) run.Spec {
	return run.Spec{
		Phase: suite.Phase{Number: 1, Cluster: workers > 1, Workers: workers}, Memory: 128 * suite.MiB,
		Dataset: suite.Dataset{Accounts: 50, Transactions: 100}, Seed: 3, Log: &bytes.Buffer{},
	}
}

func TestAPhaseBecomesTheDocumentedVariables(t *testing.T) {
	spec := small(3)
	spec.Env, spec.Profile = []string{"DATABASE_URL=postgres://x", "REDIS_URL=redis://y"}, "/p"
	assert.Equal(t, []string{
		"CLUSTER_MODE=true", "CLUSTER_WORKERS=3", "MEMORY_LIMIT=128", "PORT=0", "PLATFORM_SEED=3",
		"PLATFORM_ACCOUNTS=50", "PLATFORM_TRANSACTIONS=100", "PLATFORM_SLOWDOWN=2ms", "CLUSTER_PROFILE=/p",
		"DATABASE_URL=postgres://x",
		"REDIS_URL=redis://y",
	}, Cluster{Slowdown: 2 * time.Millisecond}.env(spec))
	for kind, want := range map[suite.Disturb]string{
		suite.DisturbLeak: "PLATFORM_LEAK=524288", suite.DisturbChaos: "RESPAWN_LIMIT=10000",
		suite.DisturbCollect:  "GC_INTERVAL=1s",
		suite.DisturbOverload: "PLATFORM_SLOWDOWN=" + faults.OverloadWork.String(),
	} {
		assert.NotContains(t, Cluster{}.env(spec), want)
		spec := spec
		spec.Phase.Disturb = kind
		assert.Contains(t, Cluster{}.env(spec), want, kind)
	}
}

func TestTheReferenceClusterIsStartedAndItsProcessesAreToldApart(t *testing.T) {
	i, err := Cluster{}.Start(t.Context(), small(2))
	require.NoError(t, err)
	defer func() { assert.NoError(t, i.Stop(context.Background())) }()
	roles := map[string]int{}
	for _, p := range i.Processes() {
		roles[string(p.Role)]++
		assert.NotEqual(t, os.Getpid(), p.PID)
	}
	assert.Equal(t, map[string]int{string(measure.RolePrimary): 1, string(measure.RoleWorker): 2}, roles)
	assert.Positive(t, i.Info().Startup)
	assert.Empty(t, i.Faults())

	answeredRight(t, i.Info().URL, "account", "risk")

	begun := Disturber{}.Begin(t.Context(),
		run.DisturbSpec{Kind: suite.DisturbKill, Instance: i, Phase: small(2).Phase, Origin: time.Now()}).End()
	require.NoError(t, begun.Err, "the cluster is the one to be disturbed")
	assert.Equal(t, 1.0, begun.Values["replaced"], "%q", begun.Seen)
}

// answeredRight asks a cluster for a mix of operations, each of which must come up and be answered right.
func answeredRight(t *testing.T, url string, operations ...string) {
	t.Helper()
	workload, want := suite.Workload{Kind: suite.Platform}, map[string]bool{}
	for _, o := range operations {
		workload.Mix = append(workload.Mix,
			suite.MixedItem{Operation: o, Share: suite.Share(1 / float64(len(operations)))})
		want[o] = true
	}
	source, err := Platform{}.Source(t.Context(), run.SourceSpec{
		Workload: workload, Dataset: suite.Dataset{Accounts: 50, Transactions: 100}, DatasetSeed: 3, Seed: 4, Salt: "s",
		URL: url,
	})
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	seen := map[string]bool{}
	for range 40 {
		r := source.Next()
		seen[r.Operation] = true
		m, err := http.NewRequestWithContext(t.Context(), r.Method, url+r.Path, bytes.NewReader(r.Body))
		require.NoError(t, err)
		m.Header = r.Header
		answer, err := client.Do(m)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		assert.NoError(t, r.Check(answer.StatusCode, answer.Header, body), "%s %s", r.Method, r.Path)
	}
	assert.Equal(t, want, seen)
}

func TestOnlyTheReferenceClusterIsDisturbed(t *testing.T) {
	d := Disturber{}.Begin(t.Context(), run.DisturbSpec{Kind: suite.DisturbKill}).End()
	assert.ErrorContains(t, d.Err, "only the reference cluster can be disturbed")
}

func TestACalibratedWorkloadAsksTheSameAgainAndAgain(t *testing.T) {
	source, err := Platform{}.Source(t.Context(), run.SourceSpec{Workload: suite.Workload{
		Kind: suite.Calibrated, CPU: 3 * time.Millisecond, Serving: time.Millisecond, Wait: 5 * time.Millisecond,
	}})
	require.NoError(t, err)
	first := source.Next()
	assert.Equal(t, "/api/calibrated?cpu_us=2000&wait_us=5000", first.Path, "what serving costs is not burnt again")
	assert.Same(t, first, source.Next())
}

func TestAMixOfUnknownOperationsIsRefused(t *testing.T) {
	_, err := Platform{}.Source(t.Context(), run.SourceSpec{
		Workload: suite.Workload{Kind: suite.Platform, Mix: []suite.MixedItem{{Operation: "erase", Share: 1}}},
		Dataset:  suite.Dataset{Accounts: 50, Transactions: 100},
	})
	assert.ErrorContains(t, err, "erase")
}
