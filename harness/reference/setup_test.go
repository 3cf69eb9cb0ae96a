package reference

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/target"
)

func nothing(string) string { return "" }

func TestASuiteNamesItsSystem(t *testing.T) {
	command := suite.System{Kind: suite.SystemCommand, Command: []string{"/bin/true"}, URL: "http://127.0.0.1:${port}"}
	url := suite.System{Kind: suite.SystemURL, URL: "http://127.0.0.1:8080"}
	both := []suite.Phase{{Number: 1}, {Number: 2, System: suite.SystemReference}}
	for name, row := range map[string]struct {
		suite suite.Suite
		want  run.System
	}{
		"none":                 {suite.Suite{}, Cluster{}},
		"a command":            {suite.Suite{System: command}, target.Command{System: command, Dir: "d"}},
		"a URL":                {suite.Suite{System: url}, target.URL{System: url, Dir: "d"}},
		"beside the reference": {suite.Suite{System: url, Phases: both}, beside{target.URL{System: url, Dir: "d"}}},
	} {
		got, err := Setup{Dir: "d", Env: nothing}.Parts(&row.suite)
		require.NoError(t, err, name)
		assert.Equal(t, row.want, got.System, name)
	}
}

func TestAHostThatIsNotOwnedIsRefused(t *testing.T) {
	s := suite.Suite{System: suite.System{Kind: suite.SystemURL, URL: "http://example.test"}}
	_, err := Setup{}.Parts(&s)
	assert.ErrorContains(t, err, "--i-own example.test")
	_, err = Setup{IOwn: []string{"example.test"}}.Parts(&s)
	assert.NoError(t, err)
	_, err = Setup{System: target.URL{System: s.System}}.Parts(&suite.Suite{})
	assert.ErrorContains(t, err, "--i-own example.test", "nor may one that the caller names")
}

func TestASystemInThePlaceOfTheClusterIsNotDisturbed(t *testing.T) {
	s := suite.Suite{Phases: []suite.Phase{{Number: 1, Disturb: suite.DisturbKill}}}
	_, err := Setup{System: Cluster{}}.Parts(&s)
	require.NoError(t, err)
	_, err = Setup{System: target.Command{}}.Parts(&s)
	assert.ErrorContains(t, err, "allowed on another system: phases without disturb")
}

func TestStoresThatAreNoneAreRefused(t *testing.T) {
	_, err := Setup{Stores: "moon"}.Parts(&suite.Suite{})
	assert.ErrorContains(t, err, "moon")
}

func TestEachKindOfWorkloadMakesItsOwnRequests(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "key.txt"), []byte("hidden words\n"), 0o600))
	own := suite.Workload{Name: "own", Kind: suite.HTTP, Requests: []suite.HTTPRequest{
		{Name: "get", Path: "/mine", Headers: []suite.Pair{{Name: "X-Key", Value: "${file.key.txt}"}}},
	}}
	burn := suite.Workload{Name: "burn", Kind: suite.Calibrated}
	s := suite.Suite{Workloads: []suite.Workload{own, burn}}
	parts, err := Setup{Dir: dir, Env: nothing}.Parts(&s)
	require.NoError(t, err)
	source, err := parts.Workload.Source(t.Context(), run.SourceSpec{Workload: own})
	require.NoError(t, err)
	r := source.Next()
	assert.Equal(t, "/mine", r.Path)
	assert.Equal(t, "hidden words", r.Header.Get("X-Key"))
	assert.Equal(t, "it was [secret key.txt]", parts.Secrets.Hide("it was hidden words"))
	source, err = parts.Workload.Source(t.Context(), run.SourceSpec{Workload: burn})
	require.NoError(t, err)
	assert.Contains(t, source.Next().Path, "/api/calibrated?")

	s.Workloads[0].Requests[0].Path = "/${nope}"
	_, err = Setup{Dir: dir, Env: nothing}.Parts(&s)
	assert.ErrorContains(t, err, "${nope}")
}

func TestThePhasesThatAskForItAreServedByTheReferenceCluster(t *testing.T) {
	both := beside{
		target.Command{System: suite.System{Command: []string{"/no/such/program"}, URL: "http://127.0.0.1:${port}"}},
	}
	spec := small(1)
	_, err := both.Start(t.Context(), spec)
	require.ErrorContains(t, err, "/no/such/program")
	spec.Phase.System = suite.SystemReference
	i, err := both.Start(t.Context(), spec)
	require.NoError(t, err)
	answeredRight(t, i.Info().URL, "session", "transfer") // sessions are those of one worker
	assert.NoError(t, i.Stop(t.Context()))
}

func TestEveryKindOfSystemCanBeMade(t *testing.T) {
	for _, kind := range suite.SystemKinds() {
		assert.NotNil(t, makers[kind], kind)
	}
	assert.Len(t, makers, len(suite.SystemKinds()))
}
