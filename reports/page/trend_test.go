package page_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/page"
)

func TestATrendIsAPageOfCharts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	series := func(name string, n, from int, factor float64) trend.Series {
		s := trend.Series{Name: name, Unit: "p99-ns", Better: stats.Lower}
		for i := range n {
			v := 100 * (1 + 0.01*r.NormFloat64())
			if i >= from {
				v *= factor
			}
			s.Values, s.Points = append(s.Values, v), append(s.Points, fmt.Sprintf("2026-11-%02d", i+1))
		}
		return s
	}
	all := []trend.Series{series("steady", 24, 24, 1), series("<script>worse", 24, 12, 1.5), series("short", 3, 3, 1)}
	for range 70 {
		all = append(all, series("many", 1, 1, 1))
	}
	report, err := trend.Judge(all, nil, trend.Options{Seed: 1})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, page.WriteTrend(&b, report, []string{"errors"}))
	text := b.String()
	assert.Contains(t, text, "Trend over 24 data points")
	assert.Contains(t, text, "2026-11-01 to 2026-11-24")
	assert.Contains(t, text, "1 of 73 series moved, a figure for the worse")
	assert.Contains(t, text, "2 series judged, 71 too short, 0 too noisy")
	assert.Contains(t, text, "12 further series")
	assert.Contains(t, text, "Left out, since it is 0 at times: errors")
	assert.Contains(t, text, "&lt;script&gt;worse. Worse by &#43;")
	assert.NotContains(t, text, "<script>")
	assert.Equal(t, 61, strings.Count(text, "<img "))

	b.Reset()
	require.NoError(t, page.WriteTrend(&b, trend.Report{}, nil))
	assert.Contains(t, b.String(), "0 of 0 series moved")
}
