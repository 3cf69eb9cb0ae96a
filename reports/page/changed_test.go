package page

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/compared"
)

func TestAHistoryIsDrawnFromTheMedians(t *testing.T) {
	run := func(v judge.Verdict, measured ...float64) *archive.Summary {
		return &archive.Summary{Results: []judge.Result{
			{Claim: "x", Metric: "p99", Measured: measured, Verdict: v},
			{Claim: "y", Metric: "p99", Measured: []float64{7}},
		}}
	}
	head := &judge.Result{Claim: "x", Metric: "p99", Bound: 15, Unit: "ms"}
	claim := compared.Row{Claim: "x", Metric: "p99", Head: head}
	s := sparkOf(claim, []*archive.Summary{
		run(judge.Verified, 9, 10, 11), run(judge.Invalid), {}, run(judge.Refuted, 20), run(judge.Verified, 10),
	})
	require.NotNil(t, s)
	assert.Equal(t, "3.0,21.0 44.0,3.0 85.0,21.0", s.Points)
	assert.Equal(t, []dot{
		{"3.0", "21.0", "verified"}, {"44.0", "3.0", "refuted"}, {"85.0", "21.0", "verified"},
	}, s.Dots)
	assert.Equal(t, "12.0", s.Bound)
	assert.Equal(t, "x over 3 runs: medians from 10 to 20 ms, 10 at last; 1 refuted, 2 verified", s.About)

	assert.Nil(t, sparkOf(claim, []*archive.Summary{run(judge.Verified, 3)}), "one run is no history")
	assert.Nil(t, sparkOf(claim, []*archive.Summary{run(judge.Verified, 3), run(judge.Verified, math.NaN())}))
	level := sparkOf(claim, []*archive.Summary{run(judge.Verified, 3), run(judge.Verified, 3)})
	assert.Equal(t, "3.0,12.0 85.0,12.0", level.Points)
	assert.Empty(t, level.Bound)
}

func TestABarShowsTheHeadroom(t *testing.T) {
	for name, row := range map[string]struct {
		headroom, low, high float64
		want                bar
	}{
		"as much as is needed": {1, 0, 0, bar{Class: "good", X: "49.0", Width: "1.0"}},
		"twice":                {2, 0, 0, bar{Class: "good", X: "49.0", Width: "16.0"}},
		"half":                 {0.5, 0, 0, bar{Class: "bad", X: "33.0", Width: "16.0"}},
		"more than is drawn":   {1000, 0, 0, bar{Class: "good", X: "49.0", Width: "48.0"}},
		"none":                 {0, 0, 0, bar{Class: "bad", X: "1.0", Width: "48.0"}},
		"no number":            {math.NaN(), 0, 0, bar{Class: "bad", X: "1.0", Width: "48.0"}},
		"an interval":          {2, 1, 4, bar{Class: "good", X: "49.0", Width: "16.0", Low: "49.0", Interval: "32.0"}},
	} {
		assert.Equal(t, row.want, *barOf(row.headroom, row.low, row.high), name)
	}
}
