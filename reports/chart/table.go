package chart

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Table is what a chart draws, as figures: each value that is drawn, and no other.
type Table struct {
	Name    string   // the chart's, e.g. "phase-1-throughput"
	Title   string   // the chart's
	Run     string   // id of the run that the figures are of; "" for a history
	Columns []Column // the first one says where on the chart a row stands
	Rows    [][]Cell // each with a cell for each column
}

// Column is one line of a chart, by its name in the legend.
type Column struct {
	Name string // e.g. "p99"
	Unit string // of its numbers, e.g. "ms"; "" for counts and for texts
}

// Heading is the column's name with its unit, e.g. "p99, ms".
func (c Column) Heading() string {
	if c.Unit == "" {
		return c.Name
	}
	return c.Name + ", " + c.Unit
}

// Cell is a number, a text, or nothing: the zero value, where a line has no point.
type Cell struct {
	Text   string  // foreign text is cleaned, and not escaped
	Number float64 // in the column's unit; never NaN
	Known  bool    // it is a number
}

// String is the text, or the number with all its digits; "" for nothing.
func (c Cell) String() string {
	switch {
	case !c.Known:
		return c.Text
	case math.Abs(c.Number) < 1e15:
		return strconv.FormatFloat(c.Number, 'f', -1, 64)
	default:
		return strconv.FormatFloat(c.Number, 'g', -1, 64)
	}
}

// Short is the text, or the number to about three digits, as reports show it; "" for nothing.
func (c Cell) Short() string {
	if c.Known {
		return figures.Number(c.Number)
	}
	return c.Text
}

// Number is the cell of a number; nothing where it is none.
func Number(v float64) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Cell{}
	}
	return Cell{Number: v, Known: true}
}

// numberAbove0 is the cell of a number of which 0 says that it is not known.
func numberAbove0(v float64) Cell {
	if v <= 0 {
		return Cell{}
	}
	return Number(v)
}

// Table is what the chart draws, as figures.
func (c Chart) Table() Table {
	return Table{Name: c.Name, Title: c.Title, Run: c.run, Columns: c.columns, Rows: c.rows}
}

// with is the chart with what it draws as figures.
func (c Chart) with(columns []Column, rows [][]Cell) Chart {
	c.columns, c.rows = columns, rows
	return c
}

// CSV writes what the chart draws: a line of headings, which are its legend with units, and a line for each row. The
// first column, archive, is the run's id.
func (c Chart) CSV(w io.Writer) error {
	headings := []string{"archive"}
	for _, column := range c.columns {
		headings = append(headings, figures.NoFormula(column.Heading()))
	}
	lines := [][]string{headings}
	for _, row := range c.rows {
		cells := []string{figures.NoFormula(figures.Clean(c.run))}
		for _, cell := range row {
			if cell.Known {
				cells = append(cells, cell.String())
			} else {
				cells = append(cells, figures.NoFormula(cell.Text))
			}
		}
		lines = append(lines, cells)
	}
	if err := csv.NewWriter(w).WriteAll(lines); err != nil {
		return fmt.Errorf("write the figures of chart %s: %w", c.Name, err)
	}
	return nil
}

// sheet gathers the lines that a chart draws over one axis.
type sheet struct {
	x     Column
	lines []sheetLine
	marks []sheetMark
}

// sheetLine is one line: its points, or a level over the whole chart.
type sheetLine struct {
	column Column
	points []xy
	level  Cell
}

// sheetMark is a text at a place of the axis.
type sheetMark struct {
	x    float64
	text string
}

// line adds a line. Of several points at one place each has a row.
func (s *sheet) line(name, unit string, points []xy) {
	s.lines = append(s.lines, sheetLine{column: Column{name, unit}, points: points})
}

// level adds a line that has one value at all places.
func (s *sheet) level(name, unit string, value float64) {
	s.lines = append(s.lines, sheetLine{column: Column{name, unit}, level: Number(value)})
}

// mark adds a text at a place.
func (s *sheet) mark(x float64, text string) { s.marks = append(s.marks, sheetMark{x, text}) }

// table has a row for each place where a line has a point or a mark stands, in rising order.
func (s *sheet) table() ([]Column, [][]Cell) {
	columns := []Column{s.x}
	for _, l := range s.lines {
		columns = append(columns, l.column)
	}
	if len(s.marks) > 0 {
		columns = append(columns, Column{Name: "mark"})
	}
	type place struct {
		x float64
		n int // of several at the same x
	}
	rows := map[place][]Cell{}
	row := func(at place) []Cell {
		if rows[at] == nil {
			rows[at] = make([]Cell, len(columns))
			rows[at][0] = Number(at.x)
		}
		return rows[at]
	}
	for i, l := range s.lines {
		seen := map[float64]int{}
		for _, p := range l.points {
			if !Number(p.x).Known || !Number(p.y).Known {
				continue
			}
			row(place{p.x, seen[p.x]})[i+1] = Number(p.y)
			seen[p.x]++
		}
	}
	seen := map[float64]int{}
	for _, m := range s.marks {
		if Number(m.x).Known {
			row(place{m.x, seen[m.x]})[len(columns)-1] = Cell{Text: m.text}
			seen[m.x]++
		}
	}
	var places []place
	for at, cells := range rows {
		for i, l := range s.lines {
			if l.level.Known {
				cells[i+1] = l.level
			}
		}
		places = append(places, at)
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.n, b.n)) })
	sorted := make([][]Cell, 0, len(places))
	for _, at := range places {
		sorted = append(sorted, rows[at])
	}
	return columns, sorted
}
