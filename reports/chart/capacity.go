package chart

import (
	"cmp"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// try is one run of a search for the capacity.
type try struct {
	offered, achieved, p99 float64 // req/s, req/s, ms; 0 when it is not known
	outcome                string
}

// capacity shows the knee: the rate achieved and, below it, the p99 of the response time
// against the rate that was offered, with the interval of the capacity.
func capacity(p figures.Phase, footer footerFunc) Chart {
	tries := triesOf(p.Search)
	top := tryPanel(p, "Achieved rate, req/s", tries, true, func(t try) float64 { return t.achieved })
	bottom := tryPanel(p, "p99 response time, ms", tries, false, func(t try) float64 { return t.p99 })
	bottom.plot.X.Label.Text = "offered rate, req/s"
	about := p.CapacityLines()[0] + ". Circles met the bounds, crosses missed one; squares: the generator gave out."
	return phaseChart(p, footer, "capacity", foundCapacity(p), about, 180, top, bottom).with(capacityTable(p, tries))
}

// capacityTable is what the chart draws, as figures.
func capacityTable(p figures.Phase, tries []try) ([]Column, [][]Cell) {
	columns := []Column{
		{"offered", "req/s"}, {"achieved", "req/s"}, {"p99 response time", "ms"}, {"outcome", ""},
		{"documented", "req/s"},
	}
	fixed := []Cell{Number(p.Search.Start)}
	if found := p.Search.Found; found.Known() {
		columns = append(columns, Column{"capacity", "req/s"}, Column{"capacity, lowest", "req/s"},
			Column{"capacity, highest", "req/s"})
		if found.AtLeast {
			fixed = append(fixed, Cell{}, Number(found.Capacity), Cell{})
		} else {
			fixed = append(fixed, Number(found.Capacity), Number(found.Low), Number(found.High))
		}
	}
	rows := [][]Cell{}
	for _, t := range tries {
		row := []Cell{Number(t.offered), numberAbove0(t.achieved), numberAbove0(t.p99),
			{Text: figures.Clean(t.outcome)}}
		rows = append(rows, append(row, fixed...))
	}
	return columns, rows
}

// triesOf reads the runs of a search, by the rate that they were offered.
func triesOf(s *archive.Search) []try {
	var all []try
	for _, t := range s.Trials {
		one := try{offered: float64(t.Offered), outcome: t.Outcome}
		if t.Window != nil {
			one.achieved = t.Window.Goodput()
			one.p99, _ = figures.Quantile(t.Window.Response, 0.99)
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b try) int { return cmp.Compare(a.offered, b.offered) })
	return all
}

// look is the shape and colour of a try: those of the verdict that it leans to.
func (t try) look() draw.GlyphStyle {
	verdict := map[string]judge.Verdict{
		"met": judge.Verified, "missed": judge.Refuted, "generator-bound": judge.Invalid,
	}[t.outcome]
	tint, shape := verdictStyle(verdict)
	return draw.GlyphStyle{Color: tint, Radius: 4.5, Shape: shape}
}

// tryPanel draws what was read of each try over its offered rate. With diagonal, a dashed
// line stands for as much achieved as offered.
func tryPanel(p figures.Phase, title string, tries []try, diagonal bool, read func(try) float64) *panel {
	panel := newPanel(title, "")
	var xs, values []float64
	var curve []xy
	for _, t := range tries {
		xs = append(xs, t.offered)
		if v := read(t); v > 0 && t.offered > 0 {
			values = append(values, v)
			curve = append(curve, xy{t.offered, v})
		}
	}
	found := p.Search.Found
	if found != nil {
		xs = append(xs, found.Low, found.High)
	}
	panel.empty = !logAxis(&panel.plot.X, xs...) || !logAxis(&panel.plot.Y, values...)
	if panel.empty {
		return panel
	}
	panel.paint(func(c draw.Canvas, pl *plot.Plot) {
		if found.Known() {
			shadeInterval(c, pl, found)
		}
		if diagonal {
			stroke(c, pl, dashed(soft, 0.8, 3, 3), []xy{{pl.X.Min, pl.X.Min}, {pl.X.Max, pl.X.Max}})
		}
		upright(c, pl, dashed(boundRed, 1.2, 4, 3), p.Search.Start)
		stroke(c, pl, line(lightBlue, 1.2), curve)
		for _, t := range tries {
			if v := read(t); drawable(pl.X, t.offered) && drawable(pl.Y, v) {
				c.DrawGlyph(t.look(), at(c, pl, t.offered, v))
			}
		}
		labels := &placer{c: c}
		for _, point := range curve {
			labels.keep(at(c, pl, point.x, point.y), 11, 11)
		}
		if drawable(pl.X, p.Search.Start) {
			labels.label(vg.Point{X: at(c, pl, p.Search.Start, pl.Y.Min).X, Y: c.Max.Y - 4}, boundRed, below,
				"documented "+figures.Number(p.Search.Start))
		}
		if found.Known() {
			text := "capacity " + figures.Number(found.Capacity)
			if found.AtLeast {
				text = "capacity ≥ " + figures.Number(found.Capacity)
			}
			labels.label(vg.Point{X: at(c, pl, found.Capacity, pl.Y.Min).X, Y: c.Min.Y + 4}, green, upperLeft, text)
		}
	})
	return panel
}

// shadeInterval shades the rates that may be the capacity; those from a lower bound on when
// nothing higher could be tried.
func shadeInterval(c draw.Canvas, p *plot.Plot, f *archive.Found) {
	low, high := f.Low, f.High
	if f.AtLeast {
		low, high = f.Capacity, p.X.Max
	}
	if !drawable(p.X, low) || !drawable(p.X, high) {
		return
	}
	c.FillPolygon(bandBlue, corners(at(c, p, low, p.Y.Min).X, c.Min.Y, at(c, p, high, p.Y.Min).X, c.Max.Y))
	upright(c, p, line(green, 1.4), f.Capacity)
}

// upright draws a vertical line over the whole panel.
func upright(c draw.Canvas, p *plot.Plot, style draw.LineStyle, x float64) {
	if !drawable(p.X, x) {
		return
	}
	where := at(c, p, x, p.Y.Min).X
	c.StrokeLine2(style, where, c.Min.Y, where, c.Max.Y)
}
