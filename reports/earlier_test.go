package reports

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// kept saves a run of another time into a folder, under its id.
func kept(t *testing.T, folder string, run *archive.Run, started time.Time, suffix int) string {
	t.Helper()
	run.Started = started
	run.ID = fmt.Sprintf("%s-%06x", started.UTC().Format("20060102T150405Z"), suffix)
	require.NoError(t, archive.Save(filepath.Join(folder, run.ID), run))
	return filepath.Join(folder, run.ID)
}

func TestTheRunBeforeIsThatOfTheSameSuite(t *testing.T) {
	effort.NoGoroutines(t)
	folder, noon := t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	run := archivetest.Sample(1)
	assert.Nil(t, earlierThan(filepath.Join(folder, "alone"), run), "there is no folder")

	dir := kept(t, folder, run, noon, 1)
	assert.Nil(t, earlierThan(dir, run), "there is no other run")

	hour := func(h, suffix int) (*archive.Run, string) {
		other := archivetest.Sample(1)
		return other, kept(t, folder, other, noon.Add(time.Duration(h)*time.Hour), suffix)
	}
	_, oldest := hour(-3, 2)
	wanted, _ := hour(-2, 3)
	_, garbled := hour(-1, 4)
	require.NoError(t, os.Truncate(filepath.Join(garbled, "run.json"), 100))
	hour(1, 5) // later
	other := archivetest.Sample(1)
	other.Suite.Name = "another"
	kept(t, folder, other, noon.Add(-30*time.Minute), 6)
	require.NoError(t, os.Rename(oldest, filepath.Join(folder, "renamed")))
	require.NoError(t, archive.Latest(folder, run.ID))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o600))

	for _, path := range []string{dir, filepath.Join(folder, "latest")} {
		e := earlierThan(path, run)
		require.NotNil(t, e, path)
		assert.Equal(t, wanted.ID, e.Previous.ID)
		assert.NotEmpty(t, e.Previous.Phases[0].Trials)
		require.Len(t, e.History, 2)
		assert.True(t, e.History[0].Started.Before(e.History[1].Started), "the oldest comes first")
	}
}

func TestAPreviousRunThatHasLostItsHistogramsIsPassedOver(t *testing.T) {
	effort.NoGoroutines(t)
	folder, noon := t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	run := archivetest.Sample(1)
	dir := kept(t, folder, run, noon, 1)
	first := archivetest.Sample(1)
	kept(t, folder, first, noon.Add(-2*time.Hour), 2)
	lost := kept(t, folder, archivetest.Sample(1), noon.Add(-time.Hour), 3)
	require.NoError(t, os.RemoveAll(filepath.Join(lost, "histograms")))
	e := earlierThan(dir, run)
	require.NotNil(t, e)
	assert.Equal(t, first.ID, e.Previous.ID)
	assert.Len(t, e.History, 2, "its verdicts are known all the same")
}

func TestAFolderOfManyRunsIsReadInPart(t *testing.T) {
	effort.NoGoroutines(t)
	folder, noon := t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	small := archivetest.Sample(1)
	small.Phases[0].Trials = small.Phases[0].Trials[:1]
	require.NoError(t, small.Judge())
	for i := range mostHistory + 5 {
		kept(t, folder, small, noon.Add(-time.Duration(i+1)*time.Hour), i)
	}
	newest := noon.Add(-time.Hour)
	run := archivetest.Sample(1)
	e := earlierThan(kept(t, folder, run, noon, 99), run)
	require.NotNil(t, e)
	assert.Len(t, e.History, mostHistory)
	assert.Equal(t, newest, e.Previous.Started.UTC())
	for i := range mostRead + 1 {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, fmt.Sprintf("z%03d", i)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("z%03d", i), "run.json"), nil, 0o600))
	}
	assert.Nil(t, earlierThan(filepath.Join(folder, run.ID), run), "no more than so many are looked at")
}

// section is the part of a page about the run before.
var section = regexp.MustCompile(`(?s)<section aria-labelledby="changed">.*?</section>`)

func TestThePageDiffersOnlyInWhatChanged(t *testing.T) {
	effort.NoGoroutines(t)
	folder, noon := t.TempDir(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	before := archivetest.Overloaded(1)
	kept(t, folder, before, noon.Add(-24*time.Hour), 1)
	run := archivetest.Sample(1)
	dir := kept(t, folder, run, noon, 2)
	require.NoError(t, Write(dir, run))
	read := func() string {
		page, err := os.ReadFile(filepath.Join(dir, "report.html"))
		require.NoError(t, err)
		return string(page)
	}
	one := read()
	require.NoError(t, Write(dir, run))
	assert.Equal(t, len(one), len(read()))
	assert.True(t, one == read(), "the same archive in the same folder gives the same bytes")

	var alone bytes.Buffer
	require.NoError(t, Print(&alone, run, HTML))
	changed := section.FindString(one)
	require.NotEmpty(t, changed)
	assert.False(t, section.Match(alone.Bytes()))
	blank := regexp.MustCompile(`\n{2,}`)
	assert.True(t, blank.ReplaceAllString(strings.Replace(one, changed, "", 1), "\n\n") ==
		blank.ReplaceAllString(alone.String(), "\n\n"), "the rest of the page is the same")

	assert.Contains(t, changed, "Compared with run "+before.ID+" of 2026-11-22 12:00:00 UTC")
	assert.Contains(t, changed, "nameplate compare")
	assert.Contains(t, changed, `<span class="v refuted">✗ refuted</span> → <span class="v verified">✓ verified</span>`)
	assert.Regexp(t, `aria-label="P1\.p99 over 2 runs: medians from .* ms, .* at last; 1 refuted, 1 verified"`, changed)
}
