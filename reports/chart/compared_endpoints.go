package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// endpoints shows p99 of the response time of each operation in both runs.
func (p pair) endpoints() Chart {
	rows := p.operations()
	shown := rows[:min(len(rows), mostEndpoints)]
	pan := newPanel("Operation", "p99 response time, ms")
	var ends []float64
	var names []plot.Tick
	for i, r := range shown {
		y := float64(len(shown) - i)
		ends = append(ends, r.base.p99, r.head.p99)
		names = append(names, plot.Tick{Value: y, Label: figures.Shorten(r.head.name, 28)})
		pan.right = append(pan.right, note{
			y, fmt.Sprintf("p99 %s, p50 %s", since(r.base.p99, r.head.p99), since(r.base.p50, r.head.p50)), soft,
		})
	}
	pan.empty = !logAxis(&pan.plot.X, ends...)
	pan.plot.Y.Min, pan.plot.Y.Max = 0.4, float64(max(1, len(shown)))+0.6
	pan.plot.Y.Tick.Marker = plot.ConstantTicks(names)
	pan.plot.Y.Tick.Label.Color = ink
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		for i, r := range shown {
			y := float64(len(shown) - i)
			if !drawable(pl.X, r.base.p99) || !drawable(pl.X, r.head.p99) {
				continue
			}
			from, to := at(c, pl, r.base.p99, y), at(c, pl, r.head.p99, y)
			c.StrokeLine2(line(lightBlue, 2), from.X, from.Y, to.X, to.Y)
			c.DrawGlyph(draw.GlyphStyle{Color: orange, Radius: 3.6, Shape: glyph(ring)}, from)
			c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: 4, Shape: draw.CircleGlyph{}}, to)
		}
	})
	about := "No operation was answered in both runs."
	if len(rows) > 0 {
		about = fmt.Sprintf("Ring: base; disc: head; the largest difference first: %s, p99 %s, then %s ms.",
			rows[0].head.name, figures.Number(rows[0].base.p99), figures.Number(rows[0].head.p99))
	}
	if len(rows) > len(shown) {
		about += fmt.Sprintf(" The first %d of %d.", len(shown), len(rows))
	}
	return p.chart("endpoints", "Response time of each operation, both runs", about,
		70+vg.Length(max(4, len(shown)))*19, pan).with(operationTable(rows))
}

// operationTable is what the chart draws, as figures, of all operations.
func operationTable(all []operation) ([]Column, [][]Cell) {
	columns := []Column{
		{"operation", ""}, {"p50 of the base", "ms"}, {"p50 of the head", "ms"}, {"p99 of the base", "ms"},
		{"p99 of the head", "ms"},
	}
	rows := [][]Cell{}
	for _, o := range all {
		rows = append(rows, []Cell{
			{Text: o.head.name}, Number(o.base.p50), Number(o.head.p50), Number(o.base.p99), Number(o.head.p99),
		})
	}
	return columns, rows
}

// operation is one that was answered in both runs.
type operation struct{ base, head endpoint }

// operations are those of both runs, the largest difference of p99 first.
func (p pair) operations() []operation {
	var rows []operation
	for _, was := range endpointsOf(p.base) {
		for _, is := range endpointsOf(p.head) {
			if was.name == is.name {
				rows = append(rows, operation{was, is})
				break
			}
		}
	}
	size := func(o operation) float64 {
		if !(o.base.p99 > 0) || !(o.head.p99 > 0) {
			return 0
		}
		return math.Abs(math.Log(o.head.p99 / o.base.p99))
	}
	slices.SortStableFunc(rows, func(a, b operation) int {
		return cmp.Or(cmp.Compare(size(b), size(a)), cmp.Compare(a.head.name, b.head.name))
	})
	return rows
}
