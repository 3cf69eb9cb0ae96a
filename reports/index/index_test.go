package index_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/index"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(browsertest.Ending(m)) }

// sample is a run with phases 1 and 3, which has stores.
var sample = sync.OnceValue(func() *archive.Run { return archivetest.Sample(1, 3) })

// put writes a run of a given day into a folder: its run.json, which is all that an index reads.
func put(t testing.TB, folder string, day int, change func(*archive.Run)) string {
	t.Helper()
	r := *sample()
	r.Started = time.Date(2026, 3, day, 8, 0, 0, 0, time.UTC)
	r.Ended = r.Started.Add(time.Minute)
	r.ID = r.Started.Format("20060102T150405Z") + "-00000a"
	r.Results = append([]judge.Result(nil), r.Results...)
	if change != nil {
		change(&r)
	}
	text, err := json.Marshal(&r)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, r.ID), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, r.ID, "run.json"), text, 0o644))
	return r.ID
}

// several is a folder with runs of all kinds.
func several(t testing.TB) string {
	folder := t.TempDir()
	first := put(t, folder, 1, nil)
	require.NoError(t, os.WriteFile(filepath.Join(folder, first, "report.html"), nil, 0o644))
	put(t, folder, 2, func(r *archive.Run) {
		r.Host.CPUModel, r.Build.Revision = "other <b>&\u202e", "0123456789abcdef"
		r.Results[0].Verdict, r.Verdict = judge.Refuted, judge.Refuted
		r.Results[0].Measured = []float64{80, 81, 82}
	})
	put(t, folder, 3, func(r *archive.Run) { r.Phases, r.Interrupted = r.Phases[:1], true })
	garbled := put(t, folder, 4, nil)
	require.NoError(t, os.WriteFile(filepath.Join(folder, garbled, "run.json"), []byte("{"), 0o644))
	killed := put(t, folder, 5, func(r *archive.Run) { r.Ended, r.Results, r.Verdict = time.Time{}, nil, 0 })
	require.NoError(t, os.WriteFile(filepath.Join(folder, killed, "progress.jsonl"), nil, 0o644))
	require.NoError(t, os.Symlink(first, filepath.Join(folder, "latest")))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "notes"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o644))
	return folder
}

func read(t testing.TB, folder string) *index.Index {
	t.Helper()
	i, err := new(index.Reader).Read(os.DirFS(folder))
	require.NoError(t, err)
	return i
}

func written(t testing.TB, i *index.Index) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, index.Write(&b, i, index.Options{Link: index.Written}))
	return b.String()
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	i := read(t, several(t))
	var outcomes []string
	for _, r := range i.Runs {
		outcomes = append(outcomes, r.Outcome())
	}
	assert.Equal(t, []string{"stopped", "not readable", "verified", "refuted", "verified"}, outcomes)
	assert.Contains(t, i.Runs[0].Became(), "killed")
	assert.Contains(t, i.Runs[1].Became(), "truncated or garbled")
	assert.Contains(t, i.Runs[2].Became(), "Interrupted before")
	assert.Contains(t, i.Runs[3].Became(), "Refuted: P1.rate")
	assert.Equal(t, "0123456789ab", i.Runs[3].RevisionName())
	assert.Equal(t, []string{"no stores"}, i.Runs[2].StoreNames())
	assert.Len(t, i.Runs[4].StoreNames(), 2)
	assert.Empty(t, index.Written(i.Runs[3]), "no page was written")
	assert.Equal(t, i.Runs[4].Folder+"/report.html", index.Written(i.Runs[4]))
	assert.False(t, i.Going())
	_, err := new(index.Reader).Read(os.DirFS(filepath.Join(t.TempDir(), "none")))
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, written(t, read(t, t.TempDir())), "There is no run in this folder.")
}

func TestARunThatGoesOnIsToldFromOneThatWasKilled(t *testing.T) {
	folder := t.TempDir()
	id := put(t, folder, 1, func(r *archive.Run) { r.Ended, r.Results, r.Verdict = time.Time{}, nil, 0 })
	j, err := archive.OpenJournal(filepath.Join(folder, id))
	require.NoError(t, err)
	i := read(t, folder)
	assert.Equal(t, "going on", i.Runs[0].Outcome())
	assert.True(t, i.Going())
	require.NoError(t, j.Close())
}

func TestClaimsAreFollowedOverTheRuns(t *testing.T) {
	i := read(t, several(t))
	c := i.Claims[0]
	assert.Equal(t, sample().Results[0].Claim, c.Claim)
	require.Len(t, c.Points, 3)
	assert.InDelta(t, 81, c.Points[1].Median, 0)
	assert.Equal(t, judge.Refuted, c.Points[1].Verdict)
	assert.Equal(t, []int{4, 3, 2}, []int{c.Points[0].Run, c.Points[1].Run, c.Points[2].Run}, "oldest first")
	assert.Contains(t, c.Text(), "over 3 runs: 2 verified, 1 refuted. Medians 81 to ")
	paths := c.Paths()
	require.Len(t, paths, 4)
	assert.Equal(t, "dots refuted", paths[3].Class)
	assert.Equal(t, 1, strings.Count(paths[3].D, "h0"))
	assert.Equal(t, 3, strings.Count(paths[1].D, " "))

	none := index.Claim{Points: []index.Point{{Median: math.NaN()}}}
	assert.Empty(t, none.Paths())
	assert.Empty(t, none.Data())
	assert.Equal(t, "unknown", none.Newest().Measured())
}

func TestOnlyWhatChangedIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	id := put(t, folder, 1, nil)
	var r index.Reader
	before, err := r.Read(os.DirFS(folder))
	require.NoError(t, err)
	path := filepath.Join(folder, id, "run.json")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte(" "), int(info.Size())), 0o644))
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime()))
	same, err := r.Read(os.DirFS(folder))
	require.NoError(t, err)
	assert.Equal(t, before, same, "with the same time and size it is not read")
	require.NoError(t, os.Chtimes(path, info.ModTime(), info.ModTime().Add(time.Second)))
	changed, err := r.Read(os.DirFS(folder))
	require.NoError(t, err)
	assert.Equal(t, "not readable", changed.Runs[0].Outcome())
}

func TestThePageHoldsForeignTextAsText(t *testing.T) {
	page := written(t, read(t, several(t)))
	assert.Contains(t, page, "other &lt;b&gt;&amp;,")
	assert.NotContains(t, page, "<b>")
	assert.NotContains(t, page, "\u202e")
	script := regexp.MustCompile(`(?s)<script>(.*)</script>`).FindStringSubmatch(page)
	require.NotNil(t, script)
	assert.LessOrEqual(t, len(script[1]), 8<<10)
}

// numbers are those of a path, in order.
var numbers = regexp.MustCompile(`[0-9.]+`)

func TestTheFiltersChooseRuns(t *testing.T) {
	t.Parallel()
	page := written(t, read(t, several(t)))
	p := browsertest.OpenText(t, page, browsertest.Options{})
	shown := func() int {
		return browsertest.Eval[int](p, `[...document.getElementById("list").rows].filter((r) => !r.hidden).length`)
	}
	path := `document.querySelector("svg.spark .median").getAttribute("d")`
	drawn := regexp.MustCompile(`class="median" d="([^"]+)"`).FindStringSubmatch(page)[1]
	want, got := numbers.FindAllString(drawn, -1), numbers.FindAllString(browsertest.Eval[string](p, path), -1)
	require.Len(t, got, len(want))
	for i := range want {
		a, err := strconv.ParseFloat(want[i], 64)
		require.NoError(t, err)
		b, err := strconv.ParseFloat(got[i], 64)
		require.NoError(t, err)
		assert.InDelta(t, a, b, 0.11, "the script draws what the page came with")
	}
	assert.Equal(t, 5, shown())
	choose := func(key, value string) {
		browsertest.Eval[bool](p, fmt.Sprintf(`(() => { const s = document.getElementById("filters").elements[%q];
			s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, key, value))
	}
	choose("verdict", "refuted")
	assert.Equal(t, 1, shown())
	assert.Equal(t, "1 of 5 runs", browsertest.Eval[string](p, `document.getElementById("count").textContent`))
	assert.Equal(t, 1, browsertest.Eval[int](p, `document.querySelector("svg.spark").querySelectorAll(".dots").length`),
		"the sparkline is of the chosen runs")
	row := `[...document.querySelector("svg.spark").closest("tr").cells].slice(2, 5).map(c => c.textContent)`
	assert.Equal(t, []string{"≥ 100 req/s", "81 req/s", "✗ refuted"}, browsertest.Eval[[]string](p, row),
		"the newest run is that of the chosen ones")
	assert.Equal(t, "#verdict=refuted", browsertest.Eval[string](p, `location.hash`), "the address keeps the choice")
	choose("verdict", "")
	choose("stores", "local PostgreSQL 17.2")
	assert.Equal(t, 3, shown())
	assert.Equal(t, []string{"≥ 100 req/s", "81 req/s", "✗ refuted"}, browsertest.Eval[[]string](p, row))
	choose("verdict", "stopped")
	assert.Equal(t, []string{"–", "–", "–"}, browsertest.Eval[[]string](p, row), "the chosen run judged nothing")
	choose("verdict", "")
	assert.Equal(t, 3, shown())
	p.Keep("index", false)
	assert.Empty(t, p.Messages())
	assert.Len(t, p.Requests(), 1)
}

func TestTheIndexWithoutScriptsAndOnAPhone(t *testing.T) {
	t.Parallel()
	page := written(t, read(t, several(t)))
	p := browsertest.OpenText(t, page, browsertest.Options{NoScripts: true, Width: 390, Dark: true})
	p.Keep("index-phone", false)
	assert.Empty(t, p.Messages())
	assert.Contains(t, page, `<form id="filters" hidden`, "without scripts there is nothing to choose with")
	assert.Contains(t, page, `class="dots refuted" d="M`, "the sparklines are drawn")
}

// BenchmarkIndex reads and writes the index of a folder of a thousand runs.
func BenchmarkIndex(b *testing.B) {
	folder := b.TempDir()
	for n := range 1000 {
		put(b, folder, 1, func(r *archive.Run) {
			r.Started = r.Started.Add(time.Duration(n) * time.Hour)
			r.ID = r.Started.Format("20060102T150405Z") + "-00000a"
		})
	}
	for b.Loop() {
		var page bytes.Buffer
		require.NoError(b, index.Write(&page, read(b, folder), index.Options{Link: index.Written}))
		b.ReportMetric(float64(page.Len()), "B-page")
	}
}
