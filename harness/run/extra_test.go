package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// atMost is a system that fails every request of a run beyond the first n.
func atMost(n int) *fakeSystem {
	s := &fakeSystem{}
	var mu sync.Mutex
	var run int64
	served := 0
	s.handler = func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if now := s.started.Load(); now != run {
			run, served = now, 0
		}
		if served++; served > n {
			broken(w, r)
			return
		}
		ok(w, r)
	}
	return s
}

func TestTheCapacityIsFoundAndFollowsFromTheArchive(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.System = atMost(40) // a window of 200 ms: 200 req/s
	c.Options.Capacity = archive.CapacityOnly
	var tried int
	c.Observe = func(e Event) {
		if e.Stage == StageTried {
			tried++
		}
	}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	search := r.Phases[0].Search
	require.NotNil(t, search)
	assert.Equal(t, len(search.Trials), tried)
	assert.Empty(t, r.Phases[0].Trials, "no judged run was asked for")
	assert.Empty(t, r.Results)
	assert.Equal(t, exitcode.Verified, r.ExitStatus)
	assert.LessOrEqual(t, search.Found.Low, 205.0)
	assert.GreaterOrEqual(t, search.Found.High, 195.0)
	assert.False(t, search.Found.AtLeast)

	for _, trial := range search.Trials {
		assert.FileExists(t, filepath.Join(c.Out, c.ID, trial.Histograms.File))
	}
	found := search.Found
	search.Found = nil
	require.NoError(t, r.Judge(), "from what is archived alone")
	assert.Equal(t, found, search.Found)
}

func TestACapacityBesideTheVerdictsChangesNone(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.System = atMost(40)
	c.Options.Capacity = archive.CapacityAlso
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Verified, r.Verdict)
	assert.NotNil(t, r.Phases[0].Search)
	assert.Len(t, r.Phases[0].Trials, 5)
}

// fakeDisturber counts the samples that it sees.
type fakeDisturber struct {
	mu   sync.Mutex
	seen int
	err  error
	spec DisturbSpec
}

func (d *fakeDisturber) Begin(_ context.Context, spec DisturbSpec) Disturbance {
	d.spec = spec
	return d
}

func (d *fakeDisturber) Observe(measure.Sample) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen++
}

func (d *fakeDisturber) End() Disturbed {
	return Disturbed{Values: map[string]float64{"recovery": 40}, Seen: []string{"struck"}, Err: d.err}
}

func disturbed(t *testing.T, d *fakeDisturber) Config {
	c := config(t)
	c.Suite.Phases[0].Disturb = suite.DisturbKill
	c.Suite.Claims = append(c.Suite.Claims,
		suite.Claim{ID: "S3.recovery", Phase: 1, Derived: "test", Metric: "recovery", Op: suite.AtMost,
			Value: suite.Quantity{Value: 50, Unit: suite.Milliseconds}})
	c.System.(*fakeSystem).faults = func(int) []string { return []string{"worker 1 was replaced"} }
	c.Disturber = d
	return c
}

func TestADisturbanceIsCountedAndItsDamageIsNoFault(t *testing.T) {
	t.Parallel()
	d := &fakeDisturber{}
	r, err := Verify(t.Context(), disturbed(t, d))
	require.NoError(t, err)
	assert.Equal(t, judge.Verified, r.Verdict, "%v", r.Results)
	assert.Equal(t, []float64{40, 40, 40, 40, 40}, r.Results[2].Measured)
	trial := r.Phases[0].Trials[0]
	assert.Empty(t, trial.Faults)
	assert.Equal(t, []string{"struck"}, trial.Disturbed)
	assert.Equal(t, 5*20, d.seen, "every sample of five runs")
	assert.Equal(t, 200*time.Millisecond, d.spec.End)
}

func TestADisturbanceThatFailsByItselfIsNoEvidence(t *testing.T) {
	t.Parallel()
	r, err := Verify(t.Context(), disturbed(t, &fakeDisturber{err: errors.New("no such worker")}))
	require.NoError(t, err)
	assert.Equal(t, judge.Invalid, r.Verdict)
	assert.Contains(t, r.Phases[0].Trials[0].Faults, "the disturbance failed: no such worker")
}

func TestAPhaseThatTheHostCannotTestIsNotDriven(t *testing.T) {
	t.Parallel()
	c := config(t)
	for i := range c.Suite.Claims {
		c.Suite.Claims[i].Needs.Cores = 64
	}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Untestable, r.Verdict)
	assert.Zero(t, c.System.(*fakeSystem).started.Load())
	assert.Contains(t, r.Notes, "phase 1: skipped, host requirements not met")
}

// tellingStores count one commit a reading.
type tellingStores struct {
	fakeStores
	reads int
	err   error
}

func (s *tellingStores) Up(context.Context, StoreNeed) (StoreSet, error) { return s, nil }
func (s *tellingStores) Read(context.Context) (StoreReading, error) {
	s.reads++
	return commits(s.reads), s.err
}

type commits int

func (c commits) Since(earlier StoreReading) measure.StoreWork {
	return measure.StoreWork{
		Counts: map[string]float64{"postgres_commits": float64(c - earlier.(commits))}, Unknown: []string{"one thing"},
	}
}

func TestWhatTheStoresDidInTheWindowIsArchived(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Suite.Phases[0].Stores = []suite.Store{suite.Postgres}
	c.Options.Duration = 1100 * time.Millisecond // a whole second and a part
	stores := &tellingStores{}
	c.Stores = stores
	c.Suite.Phases[0].Rate = 20
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	record := r.Phases[0].Trials[0].Stores
	require.NotNil(t, record)
	assert.Len(t, record.Seconds, 2)
	assert.Equal(t, 2.0, record.Window.Counts["postgres_commits"])
	assert.Equal(t, []string{"one thing"}, record.Window.Unknown)
	rate, ok := record.Window.Rate("postgres_commits")
	assert.True(t, ok)
	assert.Positive(t, rate)
	_, ok = record.Window.Rate("redis_hits")
	assert.False(t, ok)
}

func TestStoresThatDoNotTellLeaveNoRecord(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Suite.Phases[0].Stores = []suite.Store{suite.Postgres}
	c.Stores = &tellingStores{err: errors.New("gone")}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Nil(t, r.Phases[0].Trials[0].Stores)
}

// Every run has requests of its own, whatever it is for and in whichever phase.
func TestNoTwoRunsShareASeed(t *testing.T) {
	seen := map[uint64]string{}
	for phase := 1; phase <= 40; phase++ {
		for _, kind := range []trialKind{kindJudged, kindSearch} {
			for number := 1; number <= suite.MaxRuns+20; number++ {
				seed, name := trialSeed(1, phase, kind, number), fmt.Sprintf("phase %d, %s%d", phase, kind, number)
				require.Empty(t, seen[seed], name)
				seen[seed] = name
			}
		}
	}
	assert.Equal(t, trialSeed(1, 2, kindJudged, 3), trialSeed(1, 2, kindJudged, 3))
	assert.NotEqual(t, trialSeed(1, 2, kindJudged, 3), trialSeed(2, 2, kindJudged, 3))
}

// A short search keeps one instance up, changes no verdict and follows from the archive.
func TestTheHeadroomIsSearchedForOnOneInstance(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Suite.Phases[0].Group, c.Options.Headroom = suite.GroupPhases, true
	c.Suite.Claims = append(c.Suite.Claims,
		suite.Claim{ID: "P1.steady", Phase: 1, Derived: "test", Metric: suite.TimeToSteady, Op: suite.AtMost,
			Value: suite.Quantity{Value: 1000, Unit: suite.Milliseconds}})
	var broke atomic.Bool // by the rate at which it is asked
	system := c.System.(*fakeSystem)
	system.handler = func(w http.ResponseWriter, r *http.Request) {
		if broke.Load() {
			broken(w, r)
			return
		}
		ok(w, r)
	}
	c.Observe = func(e Event) {
		if e.Stage == StageStart && e.Search {
			broke.Store(e.Phase.Rate > 400)
		}
	}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	search := r.Phases[0].Search
	require.NotNil(t, search)
	assert.EqualValues(t, 5+1, system.started.Load())
	assert.Zero(t, system.open.Load())
	assert.Len(t, r.Phases[0].Trials, 5)
	require.NotEmpty(t, search.Trials)
	assert.Equal(t, "logs/p1-headroom.log", filepath.ToSlash(search.Trials[0].Log),
		"below the archive's folder, wherever it is moved")
	assert.Equal(t, "met", search.Trials[0].Outcome, "%v", search.Trials[0].Why)
	for i, trial := range search.Trials {
		assert.Equal(t, i+1, trial.Number)
		assert.FileExists(t, filepath.Join(c.Out, c.ID, trial.Histograms.File))
		if trial.Offered > 400 {
			assert.Equal(t, "missed", trial.Outcome)
		}
	}
	again, err := archive.Load(filepath.Join(c.Out, c.ID))
	if err == nil { // the suite of this test stands in no file
		require.NoError(t, again.Judge())
	}
	found := search.Found
	require.NotNil(t, found)
	search.Found = nil
	require.NoError(t, r.Judge())
	assert.Equal(t, found, search.Found)
}

func TestAHeadroomThatCannotBeSearchedForIsNoted(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Suite.Phases[0].Group, c.Options.Headroom = suite.GroupPhases, true
	system := c.System.(*fakeSystem)
	c.Observe = func(e Event) {
		if e.Stage == StageDone {
			system.startErr = errors.New("no memory left")
		}
	}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Verified, r.Verdict)
	assert.Nil(t, r.Phases[0].Search)
	require.Len(t, r.Notes, 1)
	assert.Contains(t, r.Notes[0], "no headroom was searched for: no memory left")
}

// How the warm-up ended is archived, and what never becomes steady misses any claim on how soon it is.
func TestHowTheWarmupEndedIsArchived(t *testing.T) {
	for _, row := range []struct {
		name    string
		most    time.Duration
		handler http.HandlerFunc
		ended   []warmup.State
		verdict judge.Verdict
	}{
		{"warm", time.Minute, ok, []warmup.State{warmup.Warm}, judge.Verified},
		{"never", 600 * time.Millisecond, ok, []warmup.State{warmup.Unsettled}, judge.Refuted}, // a look takes a second
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			c.System = &fakeSystem{handler: row.handler}
			c.Options.Warmup, c.Options.WarmupMost = 300*time.Millisecond, row.most
			c.Suite.Claims = []suite.Claim{{
				ID: "P1.steady", Phase: 1, Derived: "test", Metric: suite.TimeToSteady, Op: suite.AtMost,
				Value: suite.Quantity{Value: 60_000, Unit: suite.Milliseconds}}}
			r, err := Verify(t.Context(), c)
			require.NoError(t, err)
			for _, trial := range r.Phases[0].Trials {
				require.NotNil(t, trial.Warm)
				assert.Contains(t, row.ended, trial.Warm.Ended)
				assert.Equal(t, trial.Warm.Ended == warmup.Warm, trial.Warm.Steady > 0)
				assert.EqualValues(t, 20, trial.Window.Offered, "the window is the same whatever the warm-up took")
			}
			assert.Equal(t, row.verdict, r.Verdict, "%+v", r.Results)
		})
	}
}

// unlisted is a system that runs already.
type unlisted struct{ fakeInstance }

func (*unlisted) Processes() []measure.Process { return nil }

func TestOthersCannotBeToldFromProcessesThatAreNotListed(t *testing.T) {
	assert.False(t, partial(&fakeInstance{}, StoreInfo{}), "all are listed")
	assert.True(t, partial(&fakeInstance{}, StoreInfo{Unseen: true}),
		"a store in a container that somebody else started")
	assert.True(t, partial(&unlisted{}, StoreInfo{}))
}
