package chart_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

func TestFiguresOfChartsReadAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	for _, c := range charts(t, archivetest.Sample()) {
		if c.Phase == 0 || c.Phase == 3 {
			golden.Equal(t, filepath.Join("testdata", c.Name+".csv"), written(t, c))
		}
	}
}

func written(t *testing.T, c chart.Chart) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, c.CSV(&b))
	return b.Bytes()
}

// TestEveryChartHasItsFigures reads the figures of runs that nothing keeps from being archived.
func TestEveryChartHasItsFigures(t *testing.T) {
	effort.NoGoroutines(t)
	t.Parallel()
	runs := map[string]*archive.Run{"sample": archivetest.Sample()}
	for _, some := range []map[string]*archive.Run{weirdWindows(t), weirdUsage(t), weirdRuns(t)} {
		for name, run := range some {
			runs[name] = run
		}
	}
	for name, run := range runs {
		for _, c := range charts(t, run) {
			table := c.Table()
			require.NotEmpty(t, table.Columns, "%s: %s", name, c.Name)
			assert.Equal(t, []string{c.Name, c.Title, run.ID}, []string{table.Name, table.Title, table.Run})
			if name == "sample" {
				assert.NotEmpty(t, table.Rows, c.Name)
			}
			for _, row := range table.Rows {
				require.Len(t, row, len(table.Columns), "%s: %s", name, c.Name)
				for _, cell := range row {
					assert.False(t, math.IsNaN(cell.Number) || math.IsInf(cell.Number, 0), "%s: %s", name, c.Name)
				}
			}
			lines, err := csv.NewReader(bytes.NewReader(written(t, c))).ReadAll()
			require.NoError(t, err, "%s: %s", name, c.Name)
			require.Len(t, lines, len(table.Rows)+1)
			assert.Equal(t, "archive", lines[0][0])
		}
	}
}

// column is the place of a column by its heading.
func column(t *testing.T, table chart.Table, heading string) int {
	t.Helper()
	at := slices.IndexFunc(table.Columns, func(c chart.Column) bool { return c.Heading() == heading })
	require.GreaterOrEqual(t, at, 0, "%s of %v", heading, table.Columns)
	return at
}

func tableOf(t *testing.T, run *archive.Run, name string) chart.Table {
	t.Helper()
	all := charts(t, run)
	at := slices.IndexFunc(all, func(c chart.Chart) bool { return c.Name == name })
	require.GreaterOrEqual(t, at, 0, name)
	return all[at].Table()
}

func TestFiguresOfAChartAreThoseOfTheReport(t *testing.T) {
	run := archivetest.Sample(2)
	run.Phases[0].Trials[4].Interrupted = true
	require.NoError(t, run.Judge())
	r, err := figures.Of(run)
	require.NoError(t, err)

	spectrum := tableOf(t, run, "phase-2-percentiles")
	response := column(t, spectrum, "response time, ms")
	for _, percent := range []float64{50, 90, 99, 99.9} {
		at := slices.IndexFunc(spectrum.Rows, func(row []chart.Cell) bool { return row[0].Number == percent })
		require.GreaterOrEqual(t, at, 0, percent)
		want, ok := r.Phases[0].Pool.Response(percent / 100)
		require.True(t, ok)
		assert.Equal(t, want, spectrum.Rows[at][response].Number)
	}
	required := column(t, spectrum, "p99 required ≤, ms")
	bounds := 0
	for _, row := range spectrum.Rows {
		if row[required].Known {
			bounds++
			assert.Equal(t, []float64{99, 150}, []float64{row[0].Number, row[required].Number})
		}
	}
	assert.Equal(t, 1, bounds)

	over := tableOf(t, run, "phase-2-throughput")
	first, excluded := column(t, over, "run 1, req/s"), column(t, over, "run 5, excluded, req/s")
	offered, mark := column(t, over, "offered, req/s"), column(t, over, "mark")
	window := run.Phases[0].Trials[0].Window
	for _, s := range window.Seconds {
		at := slices.IndexFunc(over.Rows,
			func(row []chart.Cell) bool { return row[0].Number == s.At.Seconds()+0.5 })
		require.GreaterOrEqual(t, at, 0)
		assert.Equal(t, float64(s.Completed), over.Rows[at][first].Number)
		assert.True(t, over.Rows[at][excluded].Known)
		assert.Equal(t, 300.0, over.Rows[at][offered].Number)
	}
	at := slices.IndexFunc(over.Rows, func(row []chart.Cell) bool { return row[mark].Text == "warm-up ends" })
	require.GreaterOrEqual(t, at, 0)
	assert.Equal(t, window.Start.Seconds(), over.Rows[at][0].Number)
}

func TestStepsOfTheOfferedRateHaveARowEach(t *testing.T) {
	run := archivetest.Sample(1)
	run.Phases[0].Shape = suite.Shape{Kind: suite.Steps, Rates: []suite.Rate{50}}
	over := tableOf(t, run, "phase-1-throughput")
	offered := column(t, over, "offered, req/s")
	var rates []float64
	for _, row := range over.Rows {
		if row[offered].Known {
			rates = append(rates, row[offered].Number)
		}
	}
	assert.Equal(t, []float64{50, 50, 50, 100, 100}, rates, "when the load began, and both ends of each step")
}

func TestFiguresOfAHistoryNameItsDataPoints(t *testing.T) {
	c := chart.Trend(1, trend.Result{
		Series:  trend.Series{Name: "p99", Unit: "ms", Values: []float64{10, 10, 20}, Points: []string{"a", "=b"}},
		Changes: []trend.Change{{At: 2, Before: 10, After: 20}},
	})
	assert.Equal(t, `archive,number,data point,"measured, ms","median of its level, ms","change, %"
,0,a,10,10,
,1,'=b,10,10,
,2,,20,20,100
`, string(written(t, c)))
}

func TestCellsAreWrittenWithAllDigitsOrFew(t *testing.T) {
	for _, c := range []struct {
		cell        chart.Cell
		long, short string
	}{
		{chart.Cell{}, "", ""},
		{chart.Cell{Text: "steady"}, "steady", "steady"},
		{chart.Cell{Number: 0, Known: true}, "0", "0"},
		{chart.Cell{Number: 1234567.25, Known: true}, "1234567.25", "1,234,567"},
		{chart.Cell{Number: 1e21, Known: true}, "1e+21", "1e+21"},
	} {
		assert.Equal(t, []string{c.long, c.short}, []string{c.cell.String(), c.cell.Short()})
	}
	assert.ErrorContains(t, charts(t, archivetest.Sample(1))[0].CSV(full{}), "chart overview")
}
