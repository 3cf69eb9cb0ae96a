package page

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// How much of what a chart draws stands in its table.
const (
	mostRows    = 60
	mostColumns = 10
)

// values are what a chart draws, as a table.
type values struct {
	Label string // of the table, which is read out
	Head  []string
	Rows  [][]string
	Left  string // what is left out; "" when nothing is
}

// valuesOf takes the figures of a chart, of many rows every so many, the first and the last among them; nil where the
// chart draws nothing.
func valuesOf(t chart.Table) *values {
	if len(t.Rows) == 0 || len(t.Columns) == 0 {
		return nil
	}
	v, columns := &values{Label: "Figures: " + t.Title}, min(mostColumns, len(t.Columns))
	for _, c := range t.Columns[:columns] {
		v.Head = append(v.Head, c.Heading())
	}
	shown := min(mostRows, len(t.Rows))
	for i := range shown {
		at := i
		if shown < len(t.Rows) {
			at = i * (len(t.Rows) - 1) / (shown - 1)
		}
		var cells []string
		for _, c := range t.Rows[at][:columns] {
			cells = append(cells, c.Short())
		}
		v.Rows = append(v.Rows, cells)
	}
	if shown < len(t.Rows) || columns < len(t.Columns) {
		file := "the archive" // of a table that no chart draws
		if t.Name != "" {
			file = "charts/" + t.Name + ".csv"
		}
		v.Left = fmt.Sprintf("%d of %s and %d of %s; %s has all.", shown, figures.Plural(len(t.Rows), "row"), columns,
			figures.Plural(len(t.Columns), "column"), file)
	}
	return v
}
