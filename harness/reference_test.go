package harness_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness"
)

func TestTheReferenceClusterIsMeasuredOnItsStores(t *testing.T) {
	t.Parallel()
	o := harness.Options{Runs: 1, Duration: time.Second, Warmup: time.Millisecond, Stores: "embedded", Out: t.TempDir()}
	r, err := o.Run(t.Context(), harness.Builtin().Phase(3), harness.Reference())
	require.NoError(t, err)
	require.Equal(t, []int{3}, r.Options.Phases)
	assert.Equal(t, "embedded", r.Options.Stores)
	phase := r.Phases[0]
	require.Len(t, phase.Providers, 2)
	for _, p := range phase.Providers {
		assert.Equal(t, "embedded", p.Provider, p.Store)
	}
	require.Len(t, phase.Trials, 1)
	w := phase.Trials[0].Window
	assert.Equal(t, uint64(1000), w.Offered, "the rate of the phase, for a second")
	assert.Positive(t, w.Offered-w.Failed-w.Unsent, "requests of the platform are answered")
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		suite  *harness.Suite
		system harness.System
		stores string
		want   string
	}{
		"no such phase":    {harness.Builtin().Phase(5), harness.Reference(), "", "phase"},
		"no such provider": {harness.Builtin().Phase(3), harness.Reference(), "moon", "moon"},
		"a fault of a URL": {
			harness.Builtin().Phase(23), harness.URL("http://127.0.0.1:1"), "", "phases without disturb",
		},
		"no system":           {harness.Builtin().Phase(1), nil, "", "Reference"},
		"somebody else's URL": {harness.Builtin().Phase(1), harness.URL("http://example.test"), "", "example.test"},
	} {
		_, err := harness.Options{Out: t.TempDir(), Stores: row.stores}.Run(t.Context(), row.suite, row.system)
		assert.ErrorContains(t, err, row.want, name)
	}
}
