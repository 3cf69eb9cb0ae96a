package page

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/reports/chart"
)

// luminance is the relative luminance of a colour such as #1f242b, from 0 to 1 (WCAG 2.2).
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err, color)
		c := float64(n) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

// contrast is that of two colours, from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	one, two := luminance(t, a), luminance(t, b)
	return (max(one, two) + 0.05) / (min(one, two) + 0.05)
}

func TestColoursContrast(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(style, -1)
	require.Len(t, blocks, 2, "light and dark")
	for i, block := range blocks {
		colors := map[string]string{}
		for _, v := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(block[1], -1) {
			colors[v[1]] = v[2]
		}
		require.Len(t, colors, 14, "what is not checked is not allowed either")
		for _, behind := range []string{"back", "card"} {
			for _, text := range []string{
				"ink", "soft", "verified", "refuted", "invalid", "inconclusive", "untestable",
			} {
				assert.GreaterOrEqual(t, contrast(t, colors[text], colors[behind]), 4.5,
					"%s on %s, scheme %d", text, behind, i)
			}
			for _, mark := range []string{"workers", "primary", "stores", "generator"} {
				assert.GreaterOrEqual(t, contrast(t, colors[mark], colors[behind]), 3.0,
					"%s on %s, scheme %d", mark, behind, i)
			}
		}
	}
	assert.InDelta(t, 21, contrast(t, "#000000", "#ffffff"), 1e-9)
}

func TestTheFiguresOfAChartAreNeverTooMany(t *testing.T) {
	table := chart.Table{Name: "phase-1-throughput"}
	assert.Nil(t, valuesOf(table))
	for i := range 12 {
		table.Columns = append(table.Columns, chart.Column{Name: fmt.Sprint("c", i), Unit: "ms"})
	}
	for i := range 1000 {
		row := []chart.Cell{{Number: float64(i), Known: true}}
		for range 11 {
			row = append(row, chart.Cell{Text: "x"})
		}
		table.Rows = append(table.Rows, row)
	}
	v := valuesOf(table)
	assert.Len(t, v.Head, mostColumns)
	require.Len(t, v.Rows, mostRows)
	assert.Equal(t, "0", v.Rows[0][0])
	assert.Equal(t, "999", v.Rows[mostRows-1][0])
	assert.Equal(t, "60 of 1,000 rows and 10 of 12 columns; charts/phase-1-throughput.csv has all.", v.Left)
	table.Rows, table.Columns = table.Rows[:mostRows], table.Columns[:2]
	for i := range table.Rows {
		table.Rows[i] = table.Rows[i][:2]
	}
	v = valuesOf(table)
	assert.Len(t, v.Rows, mostRows)
	assert.Equal(t, []string{"c0, ms", "c1, ms"}, v.Head)
	assert.Equal(t, []string{"7", "x"}, v.Rows[7])
	assert.Empty(t, v.Left)
}
