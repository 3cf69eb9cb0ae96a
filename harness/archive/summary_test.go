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

func TestASummaryIsWhatTheRunSays(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(3, 4)
	dir := saved(t, r)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "histograms")))
	require.NoError(t, os.Remove(filepath.Join(dir, "suite.yaml")))
	s, err := archive.Summarize(os.DirFS(filepath.Dir(dir)), r.ID)
	require.NoError(t, err, "it needs run.json alone")
	assert.Equal(t, r.ID, s.ID)
	assert.Equal(t, r.Started, s.Started)
	assert.Equal(t, r.Ended, s.Ended)
	assert.Equal(t, r.Verdict, s.Verdict)
	assert.Equal(t, r.ExitStatus, s.ExitStatus)
	assert.Equal(t, r.Suite.Title, s.Suite.Title)
	assert.Equal(t, r.Host, s.Host)
	assert.Equal(t, r.Build, s.Build)
	assert.Len(t, s.Results, len(r.Results))
	assert.Equal(t, r.Results[0].Measured, s.Results[0].Measured)
	require.Len(t, s.Providers, 2, "each once, although two phases say so")
	assert.Equal(t, "PostgreSQL", s.Providers[0].Product)
}

func TestASummaryOfWhatIsNoRunSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]error{
		"": archive.ErrMissing, "{": archive.ErrGarbled, `{"version":7}`: archive.ErrVersion,
		`{"id":"x"}`: archive.ErrVersion, `{"version":1,"started":7}`: archive.ErrGarbled,
		`{"version":1,"phases":7}`: archive.ErrImpossible, "[]": archive.ErrImpossible,
	} {
		dir := t.TempDir()
		if text != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "run.json"), []byte(text), 0o600))
		}
		_, err := archive.Summarize(os.DirFS(dir), ".")
		require.ErrorIs(t, err, want, text)
	}
}

func TestARunThatIsReadWithinARootReachesNothingOutside(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(1)
	dir := saved(t, r)
	root, err := os.OpenRoot(filepath.Dir(dir))
	require.NoError(t, err)
	defer root.Close()
	loaded, err := archive.LoadFrom(root.FS(), r.ID)
	require.NoError(t, err)
	assert.Equal(t, encoded(t, r), encoded(t, loaded))

	outside := filepath.Join(t.TempDir(), "suite.yaml")
	require.NoError(t, os.Rename(filepath.Join(dir, "suite.yaml"), outside))
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "suite.yaml")))
	_, err = archive.LoadFrom(root.FS(), r.ID)
	require.ErrorContains(t, err, "suite.yaml: path escapes from parent")
	_, err = archive.LoadFrom(root.FS(), "../"+filepath.Base(filepath.Dir(dir))+"/"+r.ID)
	require.Error(t, err)
}

// BenchmarkSummarize compares what a run costs that is listed with one that is loaded.
func BenchmarkSummarize(b *testing.B) {
	r := archivetest.Sample()
	dir := filepath.Join(b.TempDir(), r.ID)
	require.NoError(b, archive.Save(dir, r))
	b.Run("read=summary", func(b *testing.B) {
		for b.Loop() {
			_, err := archive.Summarize(os.DirFS(dir), ".")
			require.NoError(b, err)
		}
	})
	b.Run("read=all", func(b *testing.B) {
		for b.Loop() {
			_, err := archive.LoadFrom(os.DirFS(dir), ".")
			require.NoError(b, err)
		}
	})
}
