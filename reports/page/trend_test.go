package page_test

import (
	"bytes"
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// noisy is a series that changes by a factor from a data point on.
func noisy(r *rand.Rand, name string, n, from int, factor float64) trend.Series {
	s := trend.Series{Name: name, Unit: "p99-ns", Better: stats.Lower}
	for i := range n {
		v := 100 * (1 + 0.01*r.NormFloat64())
		if i >= from {
			v *= factor
		}
		s.Values = append(s.Values, v)
		s.Points = append(s.Points, fmt.Sprintf("2026-11-%02d 02:15 %07x", i+1, 0xabc000+i))
	}
	return s
}

// judged is a history with every kind of change.
func judged(t *testing.T) trend.Report {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	all := []trend.Series{
		noisy(r, "steady", 24, 24, 1), noisy(r, "faster", 24, 12, 0.6), noisy(r, "<script>worse", 24, 12, 1.5),
		noisy(r, "much worse", 24, 14, 3), noisy(r, "known", 24, 10, 1.3), noisy(r, "short", 3, 3, 1),
		noisy(r, "just now", 24, 22, 1.4),
	}
	known := []trend.Acknowledged{{
		Series: "known", Unit: "p99-ns", Point: all[4].Points[10], Reason: "a <b>safer</b> hash",
	}}
	report, err := trend.Judge(all, known, trend.Options{Seed: 1})
	require.NoError(t, err)
	return report
}

func trendPage(t *testing.T, r trend.Report, left []string) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, page.WriteTrend(&b, r, left))
	return b.String()
}

func TestATrendBeginsWithWhatChanged(t *testing.T) {
	text := trendPage(t, judged(t), []string{"errors"})
	assert.False(t, strings.Contains(text, "<script"), "a series' name is no markup")
	assert.False(t, strings.Contains(text, "<b>safer"))
	text = html.UnescapeString(text)
	for _, want := range []string{
		"Trend over 24 data points", "Worse: much worse p99-ns by +", "5 of 7 series changed",
		"A confirmed change for the worse is not acknowledged.", "6 series judged, 1 too short, 0 too noisy",
		"<code>git log 0abc00d..0abc00e</code>", "Acknowledged:</strong> a <b>safer</b> hash",
		"provisional: too few data points since", "Levels of this series", "too short",
		"of which no ratio can be made (1)",
	} {
		assert.True(t, strings.Contains(text, want), want)
	}
	at := -1
	for _, name := range []string{"much worse", "<script>worse", "just now", "faster", "known"} {
		next := strings.Index(text, ">"+name+"</a>")
		assert.Greater(t, next, at, "%s: the worst stands first", name)
		at = next
	}
	assert.Equal(t, 5, strings.Count(text, "<img "), "a chart of each series that changed")
	assert.Equal(t, 7, strings.Count(text, "<svg "), "and a line of each series")

	text = trendPage(t, trend.Report{}, nil)
	assert.True(t, strings.Contains(text, "0 of 0 series changed."))
	assert.True(t, strings.Contains(text, "No change detected."))
}

// TestALongTrendIsSmall writes 400 data points of 118 series, of which half changed.
func TestALongTrendIsSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	report := trend.Report{}
	for i := range 118 {
		s := noisy(r, fmt.Sprintf("Phase/phase=%d/workers=8/rate=5000", i), 400, 200, 1.2)
		one := trend.Result{Series: s, State: trend.Judged, Noise: 0.01}
		if i%2 == 0 {
			one.Changes = []trend.Change{{
				At: 200, Point: s.Points[200], Last: s.Points[199], Before: 100, After: 120, P: 1e-4, Worse: true,
				Confirmed: true,
			}}
		}
		report.Results = append(report.Results, one)
	}
	text := trendPage(t, report, nil)
	assert.Less(t, len(text), 3<<20)
	assert.Equal(t, 40, strings.Count(text, "<img "))
	assert.True(t, strings.Contains(text, "19 more are in the table alone"))
	assert.Equal(t, 118, strings.Count(text, "<svg "), "all have a line")
	t.Logf("%d bytes", len(text))
}

func TestTheTrendInABrowser(t *testing.T) {
	t.Parallel()
	text := trendPage(t, judged(t), []string{"errors"})
	looksRight(t, "trend", text)
	p := browsertest.OpenText(t, text, browsertest.Options{})
	assert.Equal(t, "none", browsertest.Eval[string](p, `getComputedStyle(document.querySelector(".trace path")).fill`),
		"small lines are lines")
}
