package archive_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestProfilesAreKeptBesideTheRun(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Profiled(archivetest.Sample(1))
	dir := saved(t, r)
	loaded, err := archive.Load(dir)
	require.NoError(t, err)
	assert.Equal(t, encoded(t, r), encoded(t, loaded))
	want, got := r.Phases[0].Trials[5].Profiles, loaded.Phases[0].Trials[5].Profiles
	require.Len(t, got, 3)
	assert.Equal(t, want, got)
	assert.NotEmpty(t, got[0].Data)

	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, archive.Save(copied, loaded), "and elsewhere, with everything")
	again, err := archive.Load(copied)
	require.NoError(t, err)
	assert.Equal(t, want, again.Phases[0].Trials[5].Profiles)
}

func TestAProfileThatIsNotTheArchivedOneIsNamed(t *testing.T) {
	effort.NoGoroutines(t)
	const file = "profiles/p1-r2/worker-101.pprof"
	for name, row := range map[string]struct {
		damage damage
		want   error
		text   string
	}{
		"gone":    {remove(file), archive.ErrMissing, file},
		"another": {put(file, "not a profile"), archive.ErrGarbled, file + ": file is truncated or garbled"},
		"of another folder": {
			replace(file, "../worker-101.pprof"), archive.ErrImpossible, "allowed are files within its folder",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := saved(t, archivetest.Profiled(archivetest.Sample(1)))
			row.damage(t, dir)
			_, err := archive.Load(dir)
			require.ErrorIs(t, err, row.want)
			assert.ErrorContains(t, err, row.text)
			assert.ErrorContains(t, err, "phase 1, run 2")
		})
	}
}

func TestASavedProfileIsNotWrittenAgain(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Profiled(archivetest.Sample(1))
	dir := saved(t, r)
	file := filepath.Join(dir, "profiles", "p1-r1", "worker-101.pprof")
	before, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, archive.Save(dir, r))
	after, err := os.Stat(file)
	require.NoError(t, err)
	assert.True(t, os.SameFile(before, after))
}
