package bench

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports"
)

// TestPhases puts each documented phase to the test, in five runs of a second, with PostgreSQL and Redis in containers
// where the phase has stores. A claim that is refuted fails it:
//
//	go test ./bench -v -run TestPhases/phase=3
func TestPhases(t *testing.T) {
	effort.Measures(t)
	if testing.Short() {
		t.Skip("-short: five runs of each of four phases take two minutes")
	}
	for number := 1; number <= 4; number++ {
		t.Run(fmt.Sprintf("phase=%d", number), func(t *testing.T) {
			if number >= 3 {
				needStores(t, fixtures.Containers, fixtures.Containers)
			}
			r := harness.Verify(t, harness.Builtin().Phase(number), harness.Reference(),
				harness.Stores(fixtures.Containers), harness.Short())
			assertComplete(t, r)
			require.NoError(t, reports.Write(filepath.Join(t.ArtifactDir(), r.ID), r))
		})
	}
}

// assertComplete checks that the phase was measured, on the stores that it is to have, and that each of its claims
// was judged. How many runs it takes is for the judge to say: one that a busy host spoilt is made again.
func assertComplete(t *testing.T, r *archive.Run) {
	t.Helper()
	require.Len(t, r.Phases, 1)
	require.NotEmpty(t, r.Phases[0].Trials)
	for _, run := range r.Phases[0].Trials {
		assert.Positive(t, run.Window.Offered, "run %d", run.Number)
	}
	for _, p := range r.Phases[0].Providers {
		assert.Equal(t, fixtures.Containers, p.Provider, p.Store)
	}
	var claims, judged []string
	for _, c := range r.Parsed.Claims {
		claims = append(claims, c.ID)
	}
	for _, result := range r.Results {
		judged = append(judged, result.Claim)
		assert.NotZero(t, result.Verdict, result.Claim)
		assert.NotEmpty(t, result.Reasons, result.Claim)
	}
	require.NotEmpty(t, claims)
	assert.Equal(t, claims, judged)
}
