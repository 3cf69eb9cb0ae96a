package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"path/filepath"
	"runtime"
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
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

func charts(t *testing.T, run *archive.Run) []chart.Chart {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	return chart.All(r)
}

func rendered(t *testing.T, c chart.Chart) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.PNG(&b))
	return b.Bytes()
}

func TestChartsLookAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	all := charts(t, archivetest.Sample())
	for _, c := range all {
		if c.Phase != 0 && c.Phase != 3 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			got := rendered(t, c)
			want := golden.Read(t, filepath.Join("testdata", c.Name+".png"), got)
			// Other architectures fuse multiplications and additions, and round differently.
			allowed := 0
			if runtime.GOARCH != "amd64" {
				allowed = 2000
			}
			assert.LessOrEqual(t, differing(t, want, got), allowed,
				"pixels differ; look at it and run go test ./reports/chart -update")
		})
	}
}

// differing counts the pixels in which two images differ.
func differing(t *testing.T, a, b []byte) int {
	t.Helper()
	x, err := png.Decode(bytes.NewReader(a))
	require.NoError(t, err)
	y, err := png.Decode(bytes.NewReader(b))
	require.NoError(t, err)
	require.Equal(t, x.Bounds(), y.Bounds())
	return count(x, y)
}

func count(x, y image.Image) int {
	n := 0
	for py := range x.Bounds().Dy() {
		for px := range x.Bounds().Dx() {
			if x.At(px, py) != y.At(px, py) {
				n++
			}
		}
	}
	return n
}

func TestTheSameRunGivesTheSameBytes(t *testing.T) {
	effort.NoGoroutines(t)
	one, two := charts(t, archivetest.Sample(2)), charts(t, archivetest.Sample(2))
	for i := range one {
		assert.True(t, bytes.Equal(rendered(t, one[i]), rendered(t, two[i])), one[i].Name)
		var a, b bytes.Buffer
		require.NoError(t, one[i].SVG(&a))
		require.NoError(t, two[i].SVG(&b))
		assert.True(t, bytes.Equal(a.Bytes(), b.Bytes()), one[i].Name)
	}
}

func TestImagesAre1600PixelsWideAndSmall(t *testing.T) {
	effort.NoGoroutines(t)
	for _, c := range charts(t, archivetest.Sample(4)) {
		data := rendered(t, c)
		config, err := png.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		assert.Equal(t, 1600, config.Width, c.Name)
		assert.Less(t, len(data), 512<<10, c.Name)
		var svg bytes.Buffer
		require.NoError(t, c.SVG(&svg))
		assert.Less(t, svg.Len(), 100<<10, c.Name)
	}
}

// hostile is text that an archive should not hold, and may.
var hostile = "</text><script>alert(1)</script>&\x00\x1b[31m\u202e\u2028" + strings.Repeat("long ", 400) +
	strings.Repeat("w", 3000)

// TestWeirdRunsAreDrawn draws runs that nothing keeps from being archived.
func TestWeirdRunsAreDrawn(t *testing.T) {
	effort.NoGoroutines(t)
	for _, runs := range []map[string]*archive.Run{weirdWindows(t), weirdUsage(t), weirdRuns(t)} {
		for name, run := range runs {
			t.Run(name, func(t *testing.T) { requireDrawn(t, charts(t, run)) })
		}
	}
}

// requireDrawn checks that the first charts, which stand for all, can be drawn.
func requireDrawn(t *testing.T, all []chart.Chart) {
	t.Helper()
	for _, c := range all[:min(5, len(all))] { // all phases are alike
		if effort.Of(false, false, true) { // it takes ten times as long, and draws the same
			_, err := png.DecodeConfig(bytes.NewReader(rendered(t, c)))
			require.NoError(t, err, c.Name)
		}
		var svg bytes.Buffer
		require.NoError(t, c.SVG(&svg), c.Name)
		assert.NotContains(t, svg.String(), "<script")
		assert.NotContains(t, svg.String(), "NaN", c.Name)
		requireXML(t, svg.Bytes())
	}
}

// each changes every trial of a run, and judges it again.
func each(t *testing.T, run *archive.Run, do func(*archive.Phase, *archive.Trial)) *archive.Run {
	t.Helper()
	for p := range run.Phases {
		for i := 0; i < len(run.Phases[p].Trials); i++ {
			do(&run.Phases[p], &run.Phases[p].Trials[i])
		}
	}
	if run.Parsed != nil {
		require.NoError(t, run.Judge())
	}
	return run
}

func weirdWindows(t *testing.T) map[string]*archive.Run {
	return map[string]*archive.Run{
		"windows without a request": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) {
			r.Window = &measure.Window{Start: r.Window.Start, End: r.Window.End, Response: measure.NewHistogram()}
		}),
		"one request": each(t, archivetest.Sample(2),
			func(_ *archive.Phase, r *archive.Trial) { single(r, time.Millisecond) }),
		"longest ever": each(t, archivetest.Sample(2),
			func(_ *archive.Phase, r *archive.Trial) { single(r, time.Hour) }),
		"one run, interrupted before its window": each(t, archivetest.Sample(2),
			func(p *archive.Phase, r *archive.Trial) {
				p.Trials, r.Window, r.Warmup, r.Interrupted = p.Trials[:1], nil, nil, true
			}),
		"an hour of seconds": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) {
			for range 3600 {
				last := r.Window.Seconds[len(r.Window.Seconds)-1]
				last.At += time.Second
				r.Window.Seconds = append(r.Window.Seconds, last)
			}
			r.Window.End += time.Hour
		}),
		"huge rates": each(t, archivetest.Sample(2), func(p *archive.Phase, r *archive.Trial) {
			p.Offered, r.Window.Completed, r.Window.Seconds[0].Completed = 1e18, 1<<60, 1<<60
		}),
	}
}

func weirdUsage(t *testing.T) map[string]*archive.Run {
	return map[string]*archive.Run{
		"all usage is 0": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) {
			for s := range r.Usage.Series {
				for i := range r.Usage.Series[s].Points {
					r.Usage.Series[s].Points[i].CPU, r.Usage.Series[s].Points[i].RSS = 0, 0
				}
			}
		}),
		"one reading of usage": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) {
			for s := range r.Usage.Series {
				r.Usage.Series[s].Points = r.Usage.Series[s].Points[:1]
			}
		}),
		"no usage": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) { r.Usage = nil }),
		"300 workers, 100 operations": each(t, archivetest.Sample(2), func(_ *archive.Phase, r *archive.Trial) {
			worker, endpoint := r.Usage.Series[0], r.Window.Endpoints[0]
			for i := range 300 {
				worker.Name, endpoint.Name = fmt.Sprint("w", i), fmt.Sprint("o", i)
				r.Usage.Series = append(r.Usage.Series, worker)
				r.Window.Endpoints = append(r.Window.Endpoints, endpoint)
			}
		}),
	}
}

// weirdRuns lack something, or hold texts and figures that none should.
func weirdRuns(t *testing.T) map[string]*archive.Run {
	return map[string]*archive.Run{
		"nothing at all": {},
		"no runs at all": func() *archive.Run {
			run := archivetest.Sample(1, 3)
			run.Phases = nil
			require.NoError(t, run.Judge())
			return run
		}(),
		"a phase without a rate": {Phases: []archive.Phase{{Number: 1}, {Number: 2, Offered: suite.Rate(math.NaN())}}},
		"hostile names": func() *archive.Run {
			run := each(t, archivetest.Sample(3), func(p *archive.Phase, r *archive.Trial) {
				p.Name, p.Providers[0].Version = hostile, hostile
				r.Usage.Series[0].Name, r.Window.Endpoints[0].Name = hostile, hostile
			})
			run.ID, run.Host.CPUModel, run.Suite.Title = hostile, hostile, hostile
			return run
		}(),
		"verdicts without figures": {Results: []judge.Result{
			{Claim: "x", Phase: 1, Metric: "rate", Verdict: judge.Invalid},
			{Claim: "y", Phase: 1, Metric: "p99", Verdict: judge.Untestable},
		}},
		"figures that are no numbers": {Results: []judge.Result{{
			Claim: "x", Phase: 1, Metric: "rate", Value: math.Inf(1),
			Measured: []float64{math.NaN(), 0, -1, math.Inf(1)}, Verdict: judge.Inconclusive,
		}}},
		"twenty phases at one rate": crowd(),
	}
}

// single makes a trial's window hold one request of the given duration.
func single(r *archive.Trial, d time.Duration) {
	w := measure.NewWindow(r.Window.Start, r.Window.End)
	w.Offered, w.Sent, w.Succeeded, w.Completed = 1, 1, 1, 1
	w.Response.Record(d)
	w.Service.Record(d)
	w.ScheduleLag.Record(0)
	r.Window = w
}

// crowd is phases whose labels have no room beside each other.
func crowd() *archive.Run {
	run := &archive.Run{}
	for i := range 20 {
		run.Phases = append(run.Phases, archive.Phase{Number: i + 1, Offered: 100})
		run.Results = append(run.Results, judge.Result{
			Claim: "x", Phase: i + 1, Metric: "rate", Op: suite.AtLeast, Value: 100, Bound: 100,
			Measured: []float64{100}, Verdict: judge.Verified,
		})
	}
	return run
}

func requireXML(t *testing.T, data []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else {
			require.NoError(t, err)
		}
	}
}

func TestAChartThatCannotBeWrittenIsAnError(t *testing.T) {
	c := charts(t, archivetest.Sample(1))[0]
	assert.ErrorContains(t, c.PNG(full{}), "chart overview")
	assert.ErrorContains(t, c.SVG(full{}), "chart overview")
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
