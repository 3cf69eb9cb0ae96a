package run

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// fakeKeeper counts what it is to keep.
type fakeKeeper struct {
	mu     sync.Mutex
	runs   []int
	urls   []string
	seen   int
	ended  []*measure.Window
	origin []time.Time
}

func (k *fakeKeeper) begin(_ suite.Phase, run int, url string) Keeper {
	k.runs, k.urls = append(k.runs, run), append(k.urls, url)
	return k
}

func (k *fakeKeeper) Observe(measure.Sample) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen++
}

func (k *fakeKeeper) End(origin time.Time, window *measure.Window) {
	k.ended, k.origin = append(k.ended, window), append(k.origin, origin)
}

func TestTheRequestsOfJudgedRunsAreKept(t *testing.T) {
	t.Parallel()
	d, k := &fakeDisturber{}, &fakeKeeper{}
	c := disturbed(t, d)
	c.Keep = k.begin
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3, 4, 5}, k.runs)
	assert.Equal(t, 5*20, k.seen, "every sample of five runs")
	assert.Equal(t, 5*20, d.seen, "beside who else sees them")
	for i, trial := range r.Phases[0].Trials {
		assert.Same(t, trial.Window, k.ended[i])
		assert.True(t, trial.Started.Equal(k.origin[i]))
		assert.NotEmpty(t, k.urls[i])
		assert.False(t, r.Excluded(trial.Number))
	}
	assert.True(t, r.Excluded(6), "there is none")
}

func TestTheRequestsOfASearchAreNotKept(t *testing.T) {
	t.Parallel()
	k := &fakeKeeper{}
	c := config(t)
	c.System, c.Keep = atMost(40), k.begin
	c.Options.Capacity = archive.CapacityOnly
	_, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Empty(t, k.runs)
}
