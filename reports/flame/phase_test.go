package flame_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
)

// phase is the first phase of a run.
func phase(t *testing.T, r *archive.Run) figures.Phase {
	t.Helper()
	require.NoError(t, r.Judge())
	report, err := figures.Of(r)
	require.NoError(t, err)
	return report.Phases[0]
}

func TestAPhaseIsDrawnOfTheRunsThatCount(t *testing.T) {
	r := archivetest.Profiled(archivetest.Sample(1))
	r.Phases[0].Trials[5].Faults = []string{"a worker was replaced"}
	p := phase(t, r)
	g, err := flame.Of(p)
	require.NoError(t, err)
	assert.Equal(t, 5*(2*95+5.0), g.Root.All.Samples)
	sent := 0.0
	for _, trial := range p.Trials[:5] {
		sent += float64(trial.Warmup.Sent + trial.Window.Sent)
	}
	assert.Equal(t, sent, g.Requests)
	var b bytes.Buffer
	require.NoError(t, g.SVG(&b, flame.OptionsOf(p, archive.Module)))
	for _, part := range []string{
		"Phase 1: where the processor time of the cluster goes", "workers 97.4 %, primary 2.56 %",
		"the stores and the",
	} {
		assert.Contains(t, b.String(), part)
	}
	assert.NotContains(t, b.String(), "No run counts")
	assert.Equal(t, "platform.(*Platform).risk 41.0 %, runtime.mallocgc 25.6 %, syscall.Syscall 20.5 % of the sampled "+
		"processor time (975 samples)", flame.Line(p))
}

func TestWhereNoRunCountsTheExcludedOnesAreDrawn(t *testing.T) {
	r := archivetest.Profiled(archivetest.Sample(1))
	for i := range r.Phases[0].Trials {
		r.Phases[0].Trials[i].Faults = []string{"a worker was replaced"}
	}
	p := phase(t, r)
	p.Disturb = "kill"
	g, err := flame.Of(p)
	require.NoError(t, err)
	assert.Equal(t, 6*195.0, g.Root.All.Samples)
	assert.Equal(t, []string{
		"A process that was killed left no profile.", "No run counts: these are the excluded ones.",
	}, flame.OptionsOf(p, archive.Module).Notes[1:])
}

func TestAPhaseWithoutProfilesHasNoGraph(t *testing.T) {
	g, err := flame.Of(phase(t, archivetest.Sample(1)))
	require.NoError(t, err)
	assert.Nil(t, g)
	assert.Empty(t, flame.Line(phase(t, archivetest.Sample(1))))
	r := archivetest.Profiled(archivetest.Sample(1))
	r.Phases[0].Trials[0].Profiles[1].Data = []byte("none")
	_, err = flame.Of(phase(t, r))
	assert.ErrorContains(t, err, "phase 1, run 1: profiles/p1-r1/worker-101.pprof: workers: read profile: ")
	assert.Contains(t, flame.Line(phase(t, r)), "the profiles cannot be read: phase 1, run 1: ")
}
