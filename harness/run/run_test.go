package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestMain(m *testing.M) {
	// These tests mostly wait for what they measure: more of them than there are cores run side by side.
	effort.SideBySide(6)
	goleak.VerifyTestMain(m)
}

// fakeSystem serves a handler in this process.
type fakeSystem struct {
	handler  http.HandlerFunc
	startErr error
	gone     bool // nothing listens any more once it has started
	faults   func(run int) []string
	started  atomic.Int64
	open     atomic.Int64
}

func (s *fakeSystem) Start(context.Context, Spec) (Instance, error) {
	if s.startErr != nil {
		return nil, s.startErr
	}
	run := int(s.started.Add(1))
	s.open.Add(1)
	return &fakeInstance{s, httptest.NewServer(s.handler), run}, nil
}

type fakeInstance struct {
	system *fakeSystem
	server *httptest.Server
	run    int
}

func (i *fakeInstance) Info() Info {
	if i.system.gone {
		i.server.Close()
	}
	return Info{URL: i.server.URL, Startup: time.Millisecond}
}
func (i *fakeInstance) Processes() []measure.Process {
	return []measure.Process{{Role: measure.RoleWorker, Name: "worker 1", PID: os.Getpid()}}
}
func (i *fakeInstance) Faults() []string {
	if i.system.faults == nil {
		return nil
	}
	return i.system.faults(i.run)
}
func (i *fakeInstance) Stop(context.Context) error {
	i.server.CloseClientConnections()
	i.server.Close()
	i.system.open.Add(-1)
	return nil
}

// fakeStores count how often they were brought up, reset and closed.
type fakeStores struct {
	upErr             error
	checks            func(check int) error
	ups, resets, open int
	checked           int
}

func (s *fakeStores) Up(context.Context, StoreNeed) (StoreSet, error) {
	if s.upErr != nil {
		return nil, s.upErr
	}
	s.ups++
	s.open++
	return s, nil
}
func (s *fakeStores) Info() StoreInfo {
	return StoreInfo{
		Providers: []archive.Provider{{Store: suite.Redis, Provider: "local", Product: "Redis", Version: "7"}},
	}
}
func (s *fakeStores) Reset(context.Context) error {
	s.resets++
	if s.checked > 0 && s.checks != nil && s.checks(s.checked) != nil {
		return errors.New("gone")
	}
	return nil
}
func (s *fakeStores) Check(context.Context) error {
	s.checked++
	if s.checks == nil {
		return nil
	}
	return s.checks(s.checked)
}
func (s *fakeStores) Close() error { s.open--; return nil }

// fakeWorkload asks for one path.
type fakeWorkload struct{ err error }

func (w fakeWorkload) Source(context.Context, SourceSpec) (load.Source, error) { return w, w.err }
func (w fakeWorkload) Next() *load.Request {
	return &load.Request{Operation: "account", Method: http.MethodGet, Path: "/"}
}

// config is a plan of five short runs that no machine is too noisy for.
func config(t *testing.T) Config {
	s := &suite.Suite{
		Version: 1, Name: "test", Title: "Test",
		Plan: suite.Plan{
			Runs: 5, Duration: 200 * time.Millisecond, Timeout: 5 * time.Second, Seed: 1, Connections: 8,
			Arrivals: suite.ArrivalsConstant,
			Validity: suite.Validity{ScheduleLag: 1, Offered: 0.01, HostNoise: 1, OtherLoad: 1000},
		},
		Workloads: []suite.Workload{
			{Name: "w", Kind: "platform", Mix: []suite.MixedItem{{Operation: "account", Share: 1}}},
		},
		Phases: []suite.Phase{{Number: 1, Name: "one", Workers: 1, Memory: suite.GiB, Rate: 100, Workload: "w"}},
		Claims: []suite.Claim{
			{
				ID: "P1.errors", Phase: 1, Derived: "test", Metric: "errors", Op: suite.AtMost,
				Value: suite.Quantity{Value: 1, Unit: suite.Percent},
			},
			{
				ID: "P1.p99", Phase: 1, Derived: "test", Metric: "p99", Op: suite.AtMost,
				Value: suite.Quantity{Value: 30_000, Unit: suite.Milliseconds},
			},
		},
	}
	return Config{
		Suite: s, Ref: archive.SuiteRef{Name: "test", File: "test.yaml", YAML: suite.BuiltinYAML()},
		Options: archive.Options{
			Runs: 5, Duration: s.Plan.Duration, RateScale: 1, Seed: 1, Stores: "auto", Phases: []int{1},
		},
		Host:   measure.Host{Cores: 2, Memory: int64(16 * suite.GiB)},
		System: &fakeSystem{handler: ok}, Stores: &fakeStores{}, Workload: fakeWorkload{},
		Out: t.TempDir(), ID: "20260101T000000Z-000000", Now: time.Now,
		Spin: func() time.Duration { return time.Millisecond },
	}
}

func ok(w http.ResponseWriter, _ *http.Request) { w.Header().Set(WorkerHeader, "1") }

func broken(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

func TestASystemThatHoldsIsVerifiedAndArchived(t *testing.T) {
	t.Parallel()
	c := config(t)
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Verified, r.Verdict, "%+v", r.Results)
	assert.Zero(t, r.ExitStatus)
	assert.Len(t, r.Phases[0].Trials, 5)
	assert.EqualValues(t, 5, c.System.(*fakeSystem).started.Load(), "fresh processes for every run")
	assert.Zero(t, c.System.(*fakeSystem).open.Load())
	assert.FileExists(t, filepath.Join(c.Out, c.ID, "run.json"))
	assert.False(t, r.Interrupted)
	for _, trial := range r.Phases[0].Trials {
		assert.EqualValues(t, 20, trial.Window.Offered)
		assert.Equal(t, "1", trial.Window.Workers[0].Name)
	}
}

func TestASystemThatFailsIsRefuted(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.System = &fakeSystem{handler: broken}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Refuted, r.Verdict)
	assert.Equal(t, 1, r.ExitStatus)
}

func TestRunsWithAFaultAreMadeUpForAndNeverPassUnseen(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Options.Runs = 6
	c.System = &fakeSystem{handler: ok, faults: func(run int) []string {
		if run == 2 {
			return []string{"worker 1 was replaced"}
		}
		return nil
	}}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Len(t, r.Phases[0].Trials, 7)
	assert.Equal(t, judge.Verified, r.Verdict)
	assert.Contains(t, r.Results[0].Invalid[0], "worker 1 was replaced")
	assert.Len(t, r.Results[0].Measured, 6)
}

func TestASystemThatNeverRunsCleanlyIsInvalid(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.System = &fakeSystem{handler: ok, faults: func(int) []string { return []string{"worker 1 was replaced"} }}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Invalid, r.Verdict)
	assert.Equal(t, 3, r.ExitStatus)
}

func TestStoresAreResetBetweenRunsAndReplacedWhenTheyFell(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Options.Runs = 6
	c.Suite.Phases[0].Stores = []suite.Store{suite.Redis}
	stores := &fakeStores{checks: func(check int) error {
		if check == 3 {
			return errors.New("redis does not answer")
		}
		return nil
	}}
	c.Stores = stores
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, 2, stores.ups)
	assert.Zero(t, stores.open)
	assert.Equal(t, []string{"a store fell over: redis does not answer"}, r.Phases[0].Trials[2].Faults)
	assert.Equal(t, "local", r.Phases[0].Providers[0].Provider)
	assert.Equal(t, judge.Verified, r.Verdict)
}

func TestAnEnvironmentThatDoesNotComeUpIsNamedAndArchived(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"the system does not start",
			func(c *Config) { c.System = &fakeSystem{startErr: errors.New("port 3001 is taken")} },
			"phase 1, run 1: start the system: port 3001 is taken"},
		{"the stores do not start", func(c *Config) {
			c.Suite.Phases[0].Stores = []suite.Store{suite.Redis}
			c.Stores = &fakeStores{upErr: errors.New("redis-server not on PATH")}
		}, "phase 1: bring up the stores: redis-server not on PATH"},
		{"the system answers something else",
			func(c *Config) { c.Workload = fakeWorkload{errors.New("answered text/html")} },
			"phase 1, run 1: prepare the requests: answered text/html"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := config(t)
			row.change(&c)
			r, err := Verify(t.Context(), c)
			var environment *EnvironmentError
			require.ErrorAs(t, err, &environment)
			assert.EqualError(t, err, row.want)
			assert.Equal(t, 4, r.ExitStatus)
			assert.Equal(t, row.want, r.Failure)
			assert.FileExists(t, filepath.Join(c.Out, c.ID, "run.json"))
			if s, ok := c.System.(*fakeSystem); ok {
				assert.Zero(t, s.open.Load())
			}
		})
	}
}

func TestASystemThatRefusesConnectionsIsNamedByCause(t *testing.T) {
	c := config(t)
	c.System = &fakeSystem{handler: func(http.ResponseWriter, *http.Request) {}, gone: true}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	n := c.Suite.Plan.Connections
	assert.Contains(t, r.Notes, fmt.Sprintf("phase 1, run 1: %d of the generator's %d connections could not be opened "+
		"before the load began: dial tcp 127.0.0.1:#: connect: connection refused", n, n))
	assert.NotEqual(t, judge.Verified, r.Verdict)
}

func TestAFolderThatCannotBeWrittenIsFoundBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Out = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(c.Out, nil, 0o600))
	_, err := Verify(t.Context(), c)
	var environment *EnvironmentError
	require.ErrorAs(t, err, &environment)
	assert.Zero(t, c.System.(*fakeSystem).started.Load())
}

func TestAnInterruptKeepsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	c := config(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Observe = func(e Event) {
		if e.Stage == StageMeasure && e.Run == 3 {
			cancel()
		}
	}
	c.Options.Duration = time.Second
	r, err := Verify(ctx, c)
	require.ErrorIs(t, err, ErrInterrupted)
	assert.True(t, r.Interrupted)
	assert.Equal(t, 130, r.ExitStatus)
	assert.GreaterOrEqual(t, len(r.Phases[0].Trials), 2)
	assert.False(t, r.Phases[0].Trials[1].Interrupted)
	assert.Empty(t, r.Failure)
	assert.Zero(t, c.System.(*fakeSystem).open.Load())
	assert.FileExists(t, filepath.Join(c.Out, c.ID, "run.json"))
}

func TestEventsTellWhatBecomesOfRequests(t *testing.T) {
	t.Parallel()
	c := config(t)
	var mu sync.Mutex
	completed, seconds := map[int]uint64{}, map[int]int{}
	c.Observe = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Live == nil {
			return
		}
		assert.Contains(t, []Stage{StageWarmup, StageMeasure}, e.Stage)
		assert.False(t, e.Search)
		completed[e.Run] += e.Live.Completed
		seconds[e.Run]++
		require.NotNil(t, e.Live.Workers)
		assert.Equal(t, 1, *e.Live.Workers)
	}
	c.Options.Duration = 300 * time.Millisecond
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	for _, trial := range r.Phases[0].Trials {
		assert.Positive(t, seconds[trial.Number], "run %d", trial.Number)
		assert.Positive(t, completed[trial.Number], "run %d", trial.Number)
	}
}

func TestOtherProcessesCanFollowARun(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Options.Duration = 300 * time.Millisecond
	tail := archive.NewTail(os.DirFS(c.Out), c.ID)
	var mu sync.Mutex
	var lines []archive.Progress
	c.Observe = func(Event) {
		mu.Lock()
		defer mu.Unlock()
		added, state, err := tail.Read()
		assert.NoError(t, err)
		assert.Equal(t, archive.Going, state)
		lines = append(lines, added...)
	}
	_, err := Verify(t.Context(), c)
	require.NoError(t, err)
	stages := map[string]int{}
	for _, l := range lines {
		assert.Equal(t, 1, l.Phase)
		stages[l.Stage]++
		if l.Stage == string(StageMeasure) || l.Stage == string(StageWarmup) {
			assert.NotNil(t, l.Live, "it says nothing new else")
		}
	}
	assert.Positive(t, stages["start"])
	assert.Positive(t, stages["measure"])
	assert.Positive(t, stages["run done"])
	assert.Equal(t, archive.Ended, archive.StateOf(os.DirFS(c.Out), c.ID))
}

func TestALimitThatTheHostCannotGiveIsCutAndNoted(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Host.Memory = int64(4 * suite.GiB)
	c.Suite.Phases[0].Memory = 8 * suite.GiB
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, 3*suite.GiB, r.Phases[0].MemoryLimit)
	assert.Equal(t, 8*suite.GiB, r.Phases[0].Documented)
	require.Len(t, r.Notes, 1)
	assert.Contains(t, r.Notes[0], "each worker runs under 3 GiB")
}

func TestTheEstimateLearnsFromTheFirstRun(t *testing.T) {
	now := time.Unix(0, 0)
	s := &suite.Suite{Phases: []suite.Phase{{Number: 1}, {Number: 2, Stores: []suite.Store{suite.Redis}}}}
	e := newEstimate(s, archive.Options{Runs: 2, Duration: 5 * time.Second, Warmup: 2 * time.Second},
		func() time.Time { return now })
	assert.Equal(t, 4*8*time.Second+5*time.Second, e.remaining())
	e.runStarts()
	now = now.Add(10 * time.Second)
	e.runDone(0)
	assert.Equal(t, 3*10*time.Second+5*time.Second, e.remaining())
	e.runDone(1)
	assert.Equal(t, 5*time.Second, e.remaining(), "the skipped run is not waited for")
}
