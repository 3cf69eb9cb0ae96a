package chart

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// disturbed is a phase of which two runs failed some requests, and one was disturbed.
func disturbed(t *testing.T) figures.Phase {
	t.Helper()
	run := archivetest.Sample(1)
	trials := run.Phases[0].Trials
	for i := range trials {
		for s := range trials[i].Window.Seconds {
			trials[i].Window.Seconds[s].Failed = 0
		}
	}
	trials[0].Window.Seconds[1].Failed, trials[1].Window.Seconds[1].Failed = 12, 6
	trials[2].Disturbed = []string{"4.500 s: killed worker 1", "no moment", "4.250 s: stopped worker 2"}
	trials[3].Faults = []string{"store postgres fell over"}
	require.NoError(t, run.Judge())
	r, err := figures.Of(run)
	require.NoError(t, err)
	return r.Phases[0]
}

func TestWhatFailedAndWhatWasDoneStandsOnTheTimeAxis(t *testing.T) {
	p := disturbed(t)
	start, _ := span(p)
	assert.InDelta(t, 3, start, 1e-9)
	assert.Equal(t, times{4: 18.0 / 5}, failures(p, start), "the mean of the five runs that count")
	assert.Equal(t, []sheetMark{{4.25, "run 3: stopped worker 2"}, {4.5, "run 3: killed worker 1"}}, moments(p, start))

	c := throughput(p, func(string) string { return "" })
	for _, part := range []string{
		"Red bars", "first run 3: stopped worker 2", "Run 4 is excluded: store postgres fell over",
	} {
		assert.Contains(t, c.About, part)
	}
	var svg strings.Builder
	require.NoError(t, c.SVG(&svg))
	assert.Contains(t, svg.String(), "fill:#D62728", "the failures are drawn")
	var csv strings.Builder
	require.NoError(t, c.CSV(&csv))
	assert.Contains(t, csv.String(), `"failed, mean of the runs, req/s"`)
	assert.Contains(t, csv.String(), "run 3: killed worker 1")
}

func TestMomentsAreAtMostSoMany(t *testing.T) {
	p := disturbed(t)
	for range mostMoments {
		p.Runs[2].Disturbed = append(p.Runs[2].Disturbed, "5.000 s: killed worker 1")
	}
	assert.Len(t, moments(p, 3), mostMoments)
	p.Runs[0].Window, p.Runs[2].Window = nil, nil
	assert.Empty(t, moments(p, 3))
}

func TestTheTitleIsWhatTheChartShows(t *testing.T) {
	p := disturbed(t)
	footer := func(string) string { return "" }
	assert.Regexp(t, `^100 of 100 req/s answered, Phase 1`, throughput(p, footer).Title)
	assert.Regexp(t, `^99 % answered within [0-9.]+ ms, Phase 1`, percentiles(p, footer).Title)
	assert.Regexp(t, `^Workers [0-9.]+ % busy, the largest took [0-9.]+ MiB, Phase 1`, usage(p, footer).Title)
	assert.Regexp(t, `^Slowest operation: import, p99 [0-9.]+ ms, Phase 1`, endpoints(p, footer).Title)
	for _, c := range []Chart{
		throughput(figures.Phase{}, footer), percentiles(figures.Phase{}, footer), usage(figures.Phase{}, footer),
		endpoints(figures.Phase{}, footer),
	} {
		assert.NotContains(t, c.Title, figures.Unknown, "of a phase without a run")
	}
	assert.Equal(t, "offered 100, all sent", sentNote(p))
	p.Pool.Window.Unsent, p.Pool.Window.Sent = 50, p.Pool.Window.Offered-50
	window := time.Duration(p.Pool.Window.Length() * float64(time.Second))
	assert.Equal(t, 25*time.Second, window)
	assert.Equal(t, "offered 100, sent 98", sentNote(p))
}
