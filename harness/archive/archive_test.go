package archive_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// saved saves a run below a fresh folder and returns its own.
func saved(t *testing.T, r *archive.Run) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), r.ID)
	require.NoError(t, archive.Save(dir, r))
	return dir
}

func encoded(t *testing.T, r *archive.Run) string {
	t.Helper()
	data, err := json.Marshal(r)
	require.NoError(t, err)
	return string(data)
}

// histograms is the log of a trial's histograms.
func histograms(t *testing.T, trial archive.Trial) string {
	t.Helper()
	var log strings.Builder
	require.NoError(t, measure.WriteLog(&log, time.Time{}, trial.Warmup, trial.Window))
	return log.String()
}

func TestALoadedRunIsTheSavedOne(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(3)
	loaded, err := archive.Load(saved(t, r))
	require.NoError(t, err)
	assert.Equal(t, encoded(t, r), encoded(t, loaded))
	assert.Equal(t, r.Suite, loaded.Suite)
	assert.Equal(t, r.Parsed, loaded.Parsed)
	for p := range r.Phases {
		for n := range r.Phases[p].Trials {
			want, got := r.Phases[p].Trials[n], loaded.Phases[p].Trials[n]
			assert.Equal(t, histograms(t, want), histograms(t, got))
		}
	}
}

func TestJudgingALoadedRunGivesTheSame(t *testing.T) {
	effort.NoGoroutines(t)
	undecided := archivetest.Sample(2)
	for n := range 3 {
		undecided.Phases[0].Trials[n].Faults = []string{"a worker was replaced"}
	}
	require.NoError(t, undecided.Judge())
	scaled := archivetest.Sample(1)
	scaled.Options.RateScale = 1.5
	scale := 1.5
	var err error
	scaled.Parsed, err = archivetest.Suite().With(suite.Override{RateScale: &scale, Phases: []int{1}})
	require.NoError(t, err)
	scaled.Phases[0].Offered = 150
	require.NoError(t, scaled.Judge())
	for name, r := range map[string]*archive.Run{
		"a verified run":          archivetest.Sample(1, 2),
		"a refuted run":           archivetest.Overloaded(1),
		"a run without a verdict": undecided,
		"a run at other rates":    scaled,
		"a run with phases to come": func() *archive.Run {
			r := archivetest.Sample(1, 2)
			r.Phases = r.Phases[:1]
			require.NoError(t, r.Judge())
			return r
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := archive.Load(saved(t, r))
			require.NoError(t, err)
			loaded.Results, loaded.Verdict, loaded.ExitStatus = nil, 0, 99
			require.NoError(t, loaded.Judge())
			assert.Equal(t, r.Results, loaded.Results)
			assert.Equal(t, r.Verdict, loaded.Verdict)
			assert.Equal(t, r.ExitStatus, loaded.ExitStatus)
		})
	}
}

func TestJudge(t *testing.T) {
	effort.NoGoroutines(t)
	for _, row := range []struct {
		name    string
		change  func(r *archive.Run)
		verdict judge.Verdict
		exit    int
	}{
		{"a sound run", func(*archive.Run) {}, judge.Verified, 0},
		{"an interrupted run", func(r *archive.Run) { r.Interrupted = true }, judge.Verified, 130},
		{"a run whose stores died", func(r *archive.Run) { r.Failure = "phase 1: the store is gone" }, judge.Verified,
			4},
		{"interrupted, and failed by that", func(r *archive.Run) { r.Interrupted, r.Failure = true, "killed" },
			judge.Verified, 130},
		{"two of six trials interrupted", func(r *archive.Run) {
			r.Phases[0].Trials[0].Interrupted = true
			r.Phases[0].Trials[1].Interrupted = true
		}, judge.Inconclusive, 3},
		{"no trial", func(r *archive.Run) { r.Phases[0].Trials = nil }, judge.Inconclusive, 3},
		{"the phase was never reached", func(r *archive.Run) { r.Phases = nil }, judge.Inconclusive, 3},
		{"a claim that cannot be tested here", func(r *archive.Run) { r.Parsed.Claims[0].Needs.Cores = 64 },
			judge.Untestable, 0},
		{
			"one that cannot be tested where all were wanted",
			func(r *archive.Run) { r.Parsed.Claims[0].Needs.Cores, r.Options.Strict = 64, true }, judge.Untestable, 3,
		},
		{"no claim that can be tested here", func(r *archive.Run) {
			for i := range r.Parsed.Claims {
				r.Parsed.Claims[i].Needs.Cores = 64
			}
		}, judge.Untestable, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := archivetest.Sample(1)
			row.change(r)
			require.NoError(t, r.Judge())
			assert.Equal(t, row.verdict, r.Verdict)
			assert.Equal(t, row.exit, r.ExitStatus)
			assert.Len(t, r.Results, 4)
		})
	}
	t.Run("a phase that the suite has not", func(t *testing.T) {
		r := archivetest.Sample(1)
		r.Phases[0].Number = 9
		assert.EqualError(t, r.Judge(), `judge run: phase 9 was measured and is not among the phases of suite "sample"`)
	})
	t.Run("no suite", func(t *testing.T) {
		assert.EqualError(t, (&archive.Run{}).Judge(), "judge run: it has no suite")
	})
}

func TestSavingAgainWritesOnlyWhatIsNew(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(1)
	trials := r.Phases[0].Trials
	r.Phases[0].Trials = trials[:1:1]
	r.Results, r.Verdict = nil, 0 // not judged yet
	dir := saved(t, r)
	first := filepath.Join(dir, "histograms", "p1-r1.hlog")
	old := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(first, old, old))

	r.Phases[0].Trials = append(r.Phases[0].Trials, trials[1])
	require.NoError(t, archive.Save(dir, r))
	info, err := os.Stat(first)
	require.NoError(t, err)
	assert.True(t, info.ModTime().Equal(old), "the first trial's histograms were written again")
	loaded, err := archive.Load(dir)
	require.NoError(t, err)
	assert.Len(t, loaded.Phases[0].Trials, 2)

	require.NoError(t, archive.Save(dir, loaded), "a loaded run can be saved again")
	info, err = os.Stat(first)
	require.NoError(t, err)
	assert.True(t, info.ModTime().Equal(old))

	other := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, archive.Save(other, loaded), "and elsewhere, with everything")
	_, err = archive.Load(other)
	require.NoError(t, err)
}

func TestNothingButTheArchiveIsLeft(t *testing.T) {
	effort.NoGoroutines(t)
	dir := saved(t, archivetest.Sample(1))
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(name))
		}
		return err
	}))
	assert.Equal(t, []string{
		"bench.txt", "histograms/p1-r1.hlog", "histograms/p1-r2.hlog", "histograms/p1-r3.hlog", "histograms/p1-r4.hlog",
		"histograms/p1-r5.hlog", "histograms/p1-r6.hlog", "run.json", "suite.yaml",
	}, files)
}

func TestAnUnwritableFolderIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	err := archive.Save(filepath.Join(file, "run"), archivetest.Sample(1))
	assert.ErrorContains(t, err, file)
	assert.ErrorContains(t, err, "not a directory")
}

// damage is what is done to an archive in a folder.
type damage func(t *testing.T, dir string)

// replace puts a text of run.json in the place of another.
func replace(old, new string) damage {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, "run.json")
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, strings.Contains(string(data), old), "run.json has no %q", old)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(data), old, new, 1)), 0o644))
	}
}

func put(name, text string) damage {
	return func(t *testing.T, dir string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
}

func remove(name string) damage {
	return func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, name))) }
}

func truncate(name string, size int64) damage {
	return func(t *testing.T, dir string) { require.NoError(t, os.Truncate(filepath.Join(dir, name), size)) }
}

func TestLoadRefusesDamagedFiles(t *testing.T) {
	effort.NoGoroutines(t)
	original := saved(t, archivetest.Sample(1))
	for _, row := range []struct {
		name   string
		damage damage
		is     error
		says   string
	}{
		{"no run.json", remove("run.json"), archive.ErrMissing, "run.json: file is missing"},
		{"truncated JSON", truncate("run.json", 5000), archive.ErrGarbled, "unexpected end of JSON input"},
		{"an empty run.json", put("run.json", ""), archive.ErrGarbled, "at byte 0"},
		{"HTML", put("run.json", "<html>"), archive.ErrGarbled, "invalid character '<'"},
		{"another version", replace(`"version": 1`, `"version": 7`), archive.ErrVersion,
			"run.json has version 7, this nameplate reads 1"},
		{"no version", put("run.json", "{}"), archive.ErrVersion, "run.json has no version, this nameplate reads 1"},
		{"no suite", remove("suite.yaml"), archive.ErrMissing, "suite.yaml: file is missing"},
		{"another suite", put("suite.yaml", "version: 1\n"), archive.ErrAltered,
			"suite.yaml: file is not the one that the run was made with: its SHA-256 is"},
		{"no histograms", remove("histograms/p1-r2.hlog"), archive.ErrMissing,
			"phase 1, run 2: histograms/p1-r2.hlog: file is missing"},
		{"garbled histograms", put("histograms/p1-r3.hlog", "#nonsense\n"), archive.ErrGarbled,
			"phase 1, run 3: histograms/p1-r3.hlog: file is truncated or garbled"},
		{"histograms elsewhere", replace(`"histograms/p1-r1.hlog"`, `"../../secret"`), archive.ErrImpossible,
			`names the file "../../secret"`},
		{"a negative count", replace(`"offered": 500`, `"offered": -500`), archive.ErrImpossible,
			"phases.trials.window.offered"},
		{"counts that do not add up", replace(`"offered": 500`, `"offered": 501`), archive.ErrImpossible,
			"501 requests offered are not"},
		{"a window that ends before it starts", replace(`"end_ns": 8000000000`, `"end_ns": 2000000000`),
			archive.ErrImpossible, "it lasts from 3s to 2s"},
		{"a window within the warm-up", replace(`"start_ns": 3000000000`, `"start_ns": 1000000000`),
			archive.ErrImpossible, "the warm-up ends at 3s"},
		{"no workers", replace(`"workers": 1,`, `"workers": 0,`), archive.ErrImpossible,
			"0 workers, allowed are 1 and more"},
		{"a negative rate", replace(`"offered": 100,`, `"offered": -100,`), archive.ErrImpossible,
			"-100 req/s were offered"},
		{"a run twice", replace(`"run": 2,`, `"run": 1,`), archive.ErrImpossible,
			"run number 1, allowed are numbers from 1, each once"},
		{"a negative resident size", replace(`"peak_rss_bytes": `, `"peak_rss_bytes": -`), archive.ErrImpossible,
			"allowed are 0 and more"},
		{"a steal beyond everything", replace(`"steal": 0.`, `"steal": 3.`), archive.ErrImpossible, "a share in [0,1]"},
		{"options that do not fit the suite", replace("   1\n  ]", "   8\n  ]"), archive.ErrImpossible,
			"the suite has no phase 8"},
		{"an unknown verdict", replace(`"verdict": "verified"`, `"verdict": "passed"`), archive.ErrGarbled,
			`decode verdict "passed"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), archivetest.ID)
			require.NoError(t, os.CopyFS(dir, os.DirFS(original)))
			row.damage(t, dir)
			_, err := archive.Load(dir)
			require.ErrorIs(t, err, row.is)
			assert.ErrorContains(t, err, row.says)
			assert.ErrorContains(t, err, dir)
		})
	}
}

func TestLoadRefusesImpossibleRuns(t *testing.T) {
	effort.NoGoroutines(t)
	t.Run("fewer response times than requests", func(t *testing.T) {
		r := archivetest.Sample(1)
		r.Phases[0].Trials[1].Window.Response = measure.NewHistogram()
		_, err := archive.Load(saved(t, r))
		require.ErrorIs(t, err, archive.ErrImpossible)
		assert.ErrorContains(t, err,
			"histograms/p1-r2.hlog: values are impossible: it holds 0 response times of 500 requests sent")
	})
	t.Run("a finished trial without a window", func(t *testing.T) {
		r := archivetest.Sample(1)
		r.Phases[0].Trials[2].Window = nil
		_, err := archive.Load(saved(t, r))
		require.ErrorIs(t, err, archive.ErrImpossible)
		assert.ErrorContains(t, err, "phase 1: run 3: it was finished and has no window")
	})
	t.Run("nothing there", func(t *testing.T) {
		_, err := archive.Load(filepath.Join(t.TempDir(), "none"))
		require.ErrorIs(t, err, archive.ErrMissing)
	})
}

func TestAnInterruptedTrialMayHaveNoWindow(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(1)
	r.Interrupted = true
	last := &r.Phases[0].Trials[5]
	last.Interrupted, last.Warmup, last.Window, last.Usage = true, nil, nil, nil
	require.NoError(t, r.Judge())
	loaded, err := archive.Load(saved(t, r))
	require.NoError(t, err)
	require.NoError(t, loaded.Judge())
	assert.Equal(t, 130, loaded.ExitStatus)
	assert.Len(t, loaded.Results[0].Measured, 5)
}

func TestLoadFindsARunByAnyOfItsNames(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(1)
	out := t.TempDir()
	require.NoError(t, archive.Save(filepath.Join(out, r.ID), r))
	for range 2 { // the second replaces the first
		require.NoError(t, archive.Latest(out, r.ID))
	}
	for _, path := range []string{r.ID, r.ID + "/run.json", "latest", "latest/run.json"} {
		loaded, err := archive.Load(filepath.Join(out, path))
		require.NoError(t, err, path)
		assert.Equal(t, r.ID, loaded.ID)
	}

	require.NoError(t, os.Remove(filepath.Join(out, "latest")))
	require.NoError(t, os.WriteFile(filepath.Join(out, "latest"), []byte(r.ID+"\n"), 0o644))
	_, err := archive.Load(filepath.Join(out, "latest"))
	require.NoError(t, err, "a text file where links cannot be made")
	require.NoError(t, os.WriteFile(filepath.Join(out, "latest"), []byte("../elsewhere\n"), 0o644))
	_, err = archive.Load(filepath.Join(out, "latest"))
	require.ErrorIs(t, err, archive.ErrGarbled)
	require.NoError(t, archive.Latest(out, r.ID))
	_, err = archive.Load(filepath.Join(out, "latest"))
	require.NoError(t, err, "a link in place of a text file")

	for _, id := range []string{"", "..", "a/b"} {
		assert.ErrorContains(t, archive.Latest(out, id), "is not the name of a folder")
	}
	assert.ErrorContains(t, archive.Latest(filepath.Join(out, "none"), "x"), "link the latest run")
}

func TestIDs(t *testing.T) {
	now := time.Date(2026, 11, 23, 21, 15, 0, 0x123456, time.FixedZone("", 3600))
	assert.Equal(t, "20261123T201500Z-3f9a1c", archive.NewID(now, bytes.NewReader([]byte{0x3f, 0x9a, 0x1c})))
	assert.Equal(t, "20261123T201500Z-123456", archive.NewID(now, strings.NewReader("")))
}

func TestTheSampleIsTheSameEveryTime(t *testing.T) {
	effort.NoGoroutines(t)
	first := encoded(t, archivetest.Sample(1, 2))
	r := archivetest.Sample(1, 2)
	assert.Equal(t, first, encoded(t, r))
	r.Phases[0].Trials[0].Window.Response.Reset()
	r.Phases[0].Trials[0].Window.Seconds[0].Offered++
	r.Phases[0].Trials[0].Usage.Series[0].Points[0].RSS++
	assert.Equal(t, first, encoded(t, archivetest.Sample(1, 2)), "whatever was done to one")
	archivetest.Forget()
	assert.Equal(t, first, encoded(t, archivetest.Sample(1, 2)), "when it is simulated again")
	r = archivetest.Sample()
	assert.Equal(t, judge.Verified, r.Verdict)
	assert.Len(t, r.Phases, 4)
	assert.Len(t, r.Results, 16)
	assert.Equal(t, judge.Refuted, archivetest.Overloaded(1).Verdict)
}

func TestARunInTurnsIsJudgedAsOne(t *testing.T) {
	effort.NoGoroutines(t)
	r := archivetest.Sample(1)
	r.Options.Turns = &suite.Turns{Length: r.Options.Duration / 4, Second: true}
	dir := t.TempDir()
	require.NoError(t, archive.Save(dir, r))
	again, err := archive.Load(dir)
	require.NoError(t, err)
	shape := suite.Shape{Kind: suite.Alternating, Turns: *r.Options.Turns}
	assert.Equal(t, shape, again.Input(again.Parsed.Phases[0]).Phase.Shape)
}
