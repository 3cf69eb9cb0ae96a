package run

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
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
	assert.Equal(t, judge.ExitVerified, r.ExitStatus)
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
	c.Suite.Claims = append(c.Suite.Claims, suite.Claim{ID: "S3.recovery", Phase: 1, Derived: "test", Metric: "recovery", Op: suite.AtMost,
		Value: suite.Quantity{Value: 50, Unit: suite.Milliseconds}})
	c.System.(*fakeSystem).faults = func(int) []string { return []string{"worker 1 was replaced"} }
	c.Disturber = d
	return c
}

func TestADisturbanceIsCountedAndItsDamageIsNoFault(t *testing.T) {
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
	r, err := Verify(t.Context(), disturbed(t, &fakeDisturber{err: errors.New("no such worker")}))
	require.NoError(t, err)
	assert.Equal(t, judge.Invalid, r.Verdict)
	assert.Contains(t, r.Phases[0].Trials[0].Faults, "the disturbance failed: no such worker")
}

func TestAPhaseThatTheHostCannotTestIsNotDriven(t *testing.T) {
	c := config(t)
	for i := range c.Suite.Claims {
		c.Suite.Claims[i].Needs.Cores = 64
	}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, judge.Untestable, r.Verdict)
	assert.Zero(t, c.System.(*fakeSystem).started.Load())
	assert.Contains(t, r.Notes, "phase 1: not driven, this host has not what its claims need")
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
	return measure.StoreWork{Counts: map[string]float64{"postgres_commits": float64(c - earlier.(commits))}, Unknown: []string{"one thing"}}
}

func TestWhatTheStoresDidInTheWindowIsArchived(t *testing.T) {
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
	c := config(t)
	c.Suite.Phases[0].Stores = []suite.Store{suite.Postgres}
	c.Stores = &tellingStores{err: errors.New("gone")}
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Nil(t, r.Phases[0].Trials[0].Stores)
}
