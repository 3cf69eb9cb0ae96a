package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
)

// left writes profiles into a folder, as processes leave them, and reads them.
func left(t *testing.T, names ...string) sampled {
	t.Helper()
	folder := t.TempDir()
	profiles := archivetest.Profiled(archivetest.Sample(1)).Phases[0].Trials[0].Profiles
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), profiles[1].Data, 0o600))
	}
	s, err := readSamples(folder, 100)
	require.NoError(t, err)
	return s
}

func TestBuildsAreComparedByTheRolesThatBothProfiled(t *testing.T) {
	sides := [2]sampled{
		left(t, "cpu-1.pprof", "cpu-2.pprof"),
		left(t, "p2-r1-primary-7.pprof", "p2-r1-worker-8.pprof", "p2-r1-worker-9.pprof"),
	}
	alike(&sides)
	for _, s := range sides {
		require.Len(t, s.processes, 2)
		g, err := s.graph()
		require.NoError(t, err)
		assert.Equal(t, "workers", g.Root.Below[0].Function)
		spots, err := s.hotspots()
		require.NoError(t, err)
		assert.Equal(t, int64(190), spots.Samples)
	}
	both := [2]sampled{left(t, "p2-r1-primary-7.pprof", "p2-r1-worker-8.pprof"), left(t, "p2-r1-primary-7.pprof")}
	alike(&both)
	assert.Len(t, both[0].processes, 1)
	assert.Equal(t, "primary", both[1].processes[0].role)

	_, err := readSamples(t.TempDir(), 100)
	assert.EqualError(t, err, "its processes left no profile")
}

func TestAProfileThatCannotBeReadIsNamedInItsPhase(t *testing.T) {
	s := left(t, "p2-r1-worker-8.pprof")
	broken := left(t, "p2-r1-worker-8.pprof")
	broken.processes[0].text = []byte("none")
	shown := flamesOf([]profiledPhase{{sides: [2]sampled{s, s}}, {sides: [2]sampled{s, broken}}})
	assert.Empty(t, shown[0].Missing)
	assert.Contains(t, shown[1].Missing, "workers: read profile: ")
}
