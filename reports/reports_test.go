package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestEveryRenditionIsWritten(t *testing.T) {
	effort.NoGoroutines(t)
	dir := t.TempDir()
	run := archivetest.Sample(1, 2)
	require.NoError(t, Write(dir, run))
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		require.NoError(t, err)
		assert.Positive(t, info.Size(), path)
		name, err := filepath.Rel(dir, path)
		names = append(names, filepath.ToSlash(name))
		return err
	}))
	var want []string
	for _, c := range []string{
		"overview", "phase-1-endpoints", "phase-1-percentiles", "phase-1-throughput", "phase-1-usage",
		"phase-2-endpoints", "phase-2-percentiles", "phase-2-throughput", "phase-2-usage",
	} {
		want = append(want, "charts/"+c+".csv", "charts/"+c+".png", "charts/"+c+".svg")
	}
	want = append(want, "percentiles/phase-1.hgrm", "percentiles/phase-2.hgrm")
	assert.Equal(t, append(want, "report.html", "report.md", "report.txt"), names)
	require.NoError(t, Write(dir, run), "again, over what is there")
}

func TestAnArchivedProfileIsDrawnAgainTheSame(t *testing.T) {
	effort.NoGoroutines(t)
	dir := filepath.Join(t.TempDir(), archivetest.ID)
	run := archivetest.Profiled(archivetest.Sample(1, 2))
	require.NoError(t, archive.Save(dir, run))
	require.NoError(t, Write(dir, run))
	var first [][]byte
	for _, name := range []string{"profile-p1.svg", "profile-p2.svg", "report.html"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		first = append(first, text)
	}
	loaded, err := archive.Load(dir)
	require.NoError(t, err)
	again := t.TempDir()
	require.NoError(t, Write(again, loaded))
	for i, name := range []string{"profile-p1.svg", "profile-p2.svg", "report.html"} {
		text, err := os.ReadFile(filepath.Join(again, name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(first[i], text), name)
	}
	loaded.Phases[0].Trials[0].Profiles[0].Data = nil
	require.ErrorContains(t, Write(again, loaded), "draw the profiles: phase 1, run 1: ")
}

func TestAFileThatCannotBeWrittenIsNamedAndTheRestIsWritten(t *testing.T) {
	effort.NoGoroutines(t)
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "charts", "overview.png", "in the way"), 0o755))
	err := Write(dir, archivetest.Sample(1))
	require.ErrorContains(t, err, filepath.Join(dir, "charts", "overview.png"))
	assert.Equal(t, 1, strings.Count(err.Error(), "write "))
	assert.FileExists(t, filepath.Join(dir, "report.html"))
	assert.NoFileExists(t, filepath.Join(dir, "charts", "overview.png.tmp"))

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.ErrorContains(t, Write(file, archivetest.Sample(1)), file)
}

func TestJSONIsOneObjectAndNothingElse(t *testing.T) {
	effort.NoGoroutines(t)
	var b bytes.Buffer
	require.NoError(t, JSON(&b, archivetest.Sample()))
	d := json.NewDecoder(&b)
	var got struct {
		Run    string
		Exit   int
		Claims []struct {
			ID         string
			Phase      int
			Documented float64
			Op, Unit   string
			Measured   []float64
			Verdict    string
			Reasons    []string
			Provider   map[string]any
		}
		Phases []struct {
			Phase, Workers    int
			Offered, Achieved float64
			P50               float64 `json:"p50_ms"`
			P99               float64 `json:"p99_ms"`
			P999              float64 `json:"p999_ms"`
			Errors            int
			Generator         map[string]float64
			Cluster           map[string]float64
		}
	}
	require.NoError(t, d.Decode(&got))
	_, err := d.Token()
	require.ErrorIs(t, err, io.EOF)

	assert.Equal(t, archivetest.ID, got.Run)
	assert.Zero(t, got.Exit)
	require.Len(t, got.Claims, 16)
	first := got.Claims[0]
	assert.Equal(t, "P1.rate", first.ID)
	assert.Equal(t, "100 >= req/s verified", strings.Join([]string{"100", first.Op, first.Unit, first.Verdict}, " "))
	assert.Len(t, first.Measured, 6)
	assert.NotEmpty(t, first.Reasons)
	assert.Empty(t, first.Provider)
	assert.Contains(t, got.Claims[15].Provider, "postgres")
	require.Len(t, got.Phases, 4)
	last := got.Phases[3]
	assert.Equal(t, 8, last.Workers)
	assert.InDelta(t, 5000, last.Achieved, 5)
	assert.True(t, 0 < last.P50 && last.P50 < last.P99 && last.P99 < last.P999)
	assert.Positive(t, last.Generator["late_p50_ms"])
	assert.Positive(t, last.Cluster["cpu_us_per_request"])
}

func TestTextIsWritten(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Text(&b, archivetest.Sample(1), TextOptions{Width: 100}))
	assert.Contains(t, b.String(), "Verdict: verified")
}

// BenchmarkWrite writes all renditions of a finished archive: four phases of six runs of 5 s and of 60 s, and one phase
// of six runs of a day. It reports the largest heap seen, in MB, beside the time.
func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		name    string
		phases  []int
		seconds int
	}{{"short", nil, 5}, {"minute", nil, 60}, {"day", []int{3}, 24 * 60 * 60}} {
		b.Run(c.name, func(b *testing.B) {
			run := archivetest.Sample(c.phases...)
			for _, p := range run.Phases {
				for i := range p.Trials {
					stretch(&p.Trials[i], c.seconds)
				}
			}
			require.NoError(b, run.Judge())
			dir := b.TempDir()
			runtime.GC() // what it took to make the run up
			stop, peak := make(chan struct{}), make(chan uint64)
			go watchHeap(stop, peak)
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(dir, run); err != nil {
					b.Fatal(err)
				}
			}
			close(stop)
			b.ReportMetric(float64(<-peak)/1e6, "MB-peak")
		})
	}
}

// stretch makes a trial's window so many seconds long, by repeating what it has.
func stretch(t *archive.Trial, seconds int) {
	w := t.Window
	had := w.Seconds
	w.Seconds = nil
	for i := range seconds {
		s := had[i%len(had)]
		s.At = w.Start + time.Duration(i)*time.Second
		w.Seconds = append(w.Seconds, s)
	}
	w.End = w.Start + time.Duration(seconds)*time.Second
	for i := range t.Usage.Series {
		s := &t.Usage.Series[i]
		last := s.Points[len(s.Points)-1]
		for last.At < w.End {
			last.At += time.Second
			s.Points = append(s.Points, last)
		}
	}
}

// watchHeap tells the largest heap that it saw until it is stopped.
func watchHeap(stop <-chan struct{}, peak chan<- uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	most := uint64(0)
	for {
		metrics.Read(sample)
		most = max(most, sample[0].Value.Uint64())
		select {
		case <-stop:
			peak <- most
			return
		case <-tick.C:
		}
	}
}
