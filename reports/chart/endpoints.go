package chart

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// mostEndpoints is how many endpoints the chart has room for.
const mostEndpoints = 24

// endpoint is one row of the chart.
type endpoint struct {
	name      string
	p50, p99  float64
	low, high float64 // of p99 over the runs that count
	requests  uint64
	failed    uint64
}

// endpoints shows p50 and p99 of the response time of each operation.
func endpoints(p figures.Phase, footer footerFunc) Chart {
	rows := endpointsOf(p)
	shown := rows[:min(len(rows), mostEndpoints)]
	pan := newPanel("Operation", "response time, ms")
	var heights []float64
	var names []plot.Tick
	for i, e := range shown {
		y := float64(len(shown) - i)
		heights = append(heights, e.p50, e.p99, e.low, e.high)
		names = append(names, plot.Tick{Value: y, Label: figures.Shorten(e.name, 28)})
		text := fmt.Sprintf("%s ms, %s requests", figures.Number(e.p99), figures.Count(e.requests))
		if e.failed > 0 {
			text += ", " + figures.Count(e.failed) + " failed"
		}
		pan.right = append(pan.right, note{y, text, soft})
	}
	bound, claimed := p.Result(suite.P99)
	if claimed && len(rows) > 0 {
		heights = append(heights, bound.Bound)
	}
	pan.empty = !logAxis(&pan.plot.X, heights...)
	pan.plot.Y.Min, pan.plot.Y.Max = 0.4, float64(max(1, len(shown)))+0.6
	pan.plot.Y.Tick.Marker = plot.ConstantTicks(names)
	pan.plot.Y.Tick.Label.Color = ink
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		if claimed {
			upright(c, pl, dashed(boundRed, 1.2, 4, 3), bound.Bound)
		}
		for i, e := range shown {
			y := float64(len(shown) - i)
			if !drawable(pl.X, e.p50) || !drawable(pl.X, e.p99) {
				continue
			}
			from, to := at(c, pl, e.p50, y), at(c, pl, e.p99, y)
			c.StrokeLine2(line(lightBlue, 2), from.X, from.Y, to.X, to.Y)
			whisker(c, pl, e.low, e.high, y)
			c.DrawGlyph(draw.GlyphStyle{Color: orange, Radius: 3.6, Shape: glyph(ring)}, from)
			c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: 4, Shape: draw.CircleGlyph{}}, to)
		}
	})
	about := "Ring: p50; disc: p99, written at the right, with whiskers from the smallest to the largest run; " +
		"slowest operation first."
	if claimed {
		about += fmt.Sprintf(" Dashed: what is documented of all together, p99 %s.", figures.Documented(bound))
	}
	if len(rows) > len(shown) {
		about += fmt.Sprintf(" The slowest %d of %d.", len(shown), len(rows))
	}
	if len(rows) > 0 {
		about += fmt.Sprintf(" Slowest: %s, p99 %s ms.", rows[0].name, figures.Number(rows[0].p99))
	} else {
		about = "No run that counts recorded an answer."
	}
	return phaseChart(p, footer, "endpoints", foundEndpoints(rows), about,
		70+vg.Length(max(4, len(shown)))*19, pan).with(endpointTable(shown, bound, claimed))
}

// endpointTable is what the chart draws, as figures.
func endpointTable(shown []endpoint, bound judge.Result, claimed bool) ([]Column, [][]Cell) {
	columns := []Column{
		{"operation", ""}, {"p50 response time", "ms"}, {"p99 response time", "ms"},
		{"p99 response time, smallest run", "ms"}, {"p99 response time, largest run", "ms"}, {"requests", ""},
		{"failed", ""},
	}
	if claimed {
		columns = append(columns, Column{"p99 required of all together " + figures.Symbol(bound.Op), "ms"})
	}
	rows := [][]Cell{}
	for _, e := range shown {
		row := []Cell{
			{Text: e.name}, Number(e.p50), Number(e.p99), numberAbove0(e.low), numberAbove0(e.high),
			Number(float64(e.requests)), Number(float64(e.failed)),
		}
		if claimed {
			row = append(row, Number(bound.Bound))
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// endpointsOf are the operations that were answered at all, slowest first.
func endpointsOf(p figures.Phase) []endpoint {
	if p.Pool == nil {
		return nil
	}
	var rows []endpoint
	for _, b := range p.Pool.Window.Endpoints {
		p50, ok := figures.Quantile(b.Response, 0.5)
		if !ok {
			continue
		}
		p99, _ := figures.Quantile(b.Response, 0.99)
		low, high := p99Of(p, b.Name)
		rows = append(rows, endpoint{figures.Clean(b.Name), p50, p99, low, high, b.Succeeded + b.Failed, b.Failed})
	}
	slices.SortStableFunc(rows,
		func(a, b endpoint) int { return cmp.Or(cmp.Compare(b.p99, a.p99), cmp.Compare(a.name, b.name)) })
	return rows
}

// p99Of is the smallest and the largest p99 of an operation over the runs that count, in ms; 0 where fewer than two
// have one.
func p99Of(p figures.Phase, name string) (low, high float64) {
	var all []float64
	for _, r := range p.Runs {
		if !r.Counts() || r.Pool == nil {
			continue
		}
		for _, b := range r.Pool.Window.Endpoints {
			if b.Name != name {
				continue
			}
			if v, ok := figures.Quantile(b.Response, 0.99); ok {
				all = append(all, v)
			}
		}
	}
	if len(all) < 2 {
		return 0, 0
	}
	return slices.Min(all), slices.Max(all)
}

// whisker draws a horizontal line with ends, where both can be drawn.
func whisker(c draw.Canvas, p *plot.Plot, low, high, y float64) {
	if !drawable(p.X, low) || !drawable(p.X, high) {
		return
	}
	from, to := at(c, p, low, y), at(c, p, high, y)
	c.StrokeLine2(line(blue, 0.9), from.X, from.Y, to.X, to.Y)
	for _, end := range []vg.Point{from, to} {
		c.StrokeLine2(line(blue, 0.9), end.X, end.Y-3.5, end.X, end.Y+3.5)
	}
}
