package chart_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/chart"
)

func TestATrendLooksAsItDid(t *testing.T) {
	s := trend.Series{Name: "Phase/phase=4/workers=8/rate=5000", Unit: "p99-ns", Better: stats.Lower}
	r := trend.Result{State: trend.Judged, Noise: 0.01}
	for i := range 60 {
		s.Values = append(s.Values, 100+float64(i*7%5)+30*float64(i/20))
		s.Points = append(s.Points, fmt.Sprintf("2026-11-24 02:15 %07x", 0xabc000+i))
	}
	for i, at := range []int{20, 40} {
		r.Changes = append(r.Changes, trend.Change{
			At: at, Point: s.Points[at], Last: s.Points[at-1], Before: 100 + 30*float64(i), After: 130 + 30*float64(i),
			P: 1e-4, Worse: true, Confirmed: true, Known: []string{"a safer hash", ""}[i],
		})
	}
	r.Series = s
	got := rendered(t, chart.Trend(1, r))
	allowed := 0
	if runtime.GOARCH != "amd64" { // rounds differently
		allowed = 2000
	}
	assert.LessOrEqual(t, differing(t, golden.Read(t, "testdata/trend.png", got), got), allowed)
}
