package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// spot is one phase in a panel of the overview.
type spot struct {
	name     string
	x        float64 // documented rate
	bound    float64 // documented figure; 0: none
	measured []float64
	verdict  judge.Verdict
	capacity float64 // that was searched for; 0: none was found
	atLeast  bool    // it is that or more
	unit     string
	sign     string
}

// overview shows all phases: the rate achieved over the documented one and, below it,
// the p99 of the response time, both axes logarithmic.
func overview(r *figures.Report, footer footerFunc) Chart {
	rates, times := spots(r, suite.Goodput), spots(r, suite.P99)
	top := spotPanel("Achieved rate, req/s", rates, lowerRight, upperLeft, true)
	bottom := spotPanel("p99 response time, ms", times, above, above, false)
	bottom.plot.X.Label.Text = "documented rate, req/s"
	matchX(top, bottom, append(rates, times...))
	title := foundOverview(rates, times)
	return Chart{
		Name: "overview", Title: title, About: aboutSpots(rates, times),
		body: panels{[]*panel{top, bottom}, 205},
		frame: frame{
			title: title,
			about: "Bars: what is documented. Points: median of the runs, with whiskers from the smallest to the " +
				"largest run. Triangles: capacity, where it was searched for, as a multiple of the documented rate. " +
				"Dashed: as much achieved as documented.",
			footer: footer(r.Stores()),
		},
	}.with(spotTable(rates, times))
}

// spotTable is what the overview draws, as figures.
func spotTable(rates, times []spot) ([]Column, [][]Cell) {
	columns := []Column{{"phase", ""}, {"documented rate", "req/s"}}
	for _, of := range []struct{ name, unit string }{{"achieved rate", "req/s"}, {"p99 response time", "ms"}} {
		columns = append(columns, Column{of.name, of.unit}, Column{of.name + ", smallest run", of.unit},
			Column{of.name + ", largest run", of.unit}, Column{of.name + ", documented", of.unit},
			Column{of.name + ", verdict", ""})
	}
	columns = append(columns, Column{"capacity", "req/s"}, Column{"capacity, at least", "req/s"})
	rows := [][]Cell{}
	for i, rate := range rates {
		row := []Cell{{Text: rate.name}, Number(rate.x)}
		row = append(append(row, rate.cells()...), times[i].cells()...)
		capacity := []Cell{numberAbove0(rate.capacity), {}}
		if rate.atLeast {
			slices.Reverse(capacity)
		}
		rows = append(rows, append(row, capacity...))
	}
	return columns, rows
}

// cells are a spot's median, smallest and largest run, documented figure and verdict.
func (s spot) cells() []Cell {
	cells := make([]Cell, 3, 5)
	if len(s.measured) > 0 {
		cells = []Cell{
			Number(stats.Median(s.measured)), Number(slices.Min(s.measured)), Number(slices.Max(s.measured)),
		}
	}
	return append(cells, numberAbove0(s.bound), Cell{Text: s.word()})
}

// spots are the phases' claims on a metric. A phase without such a claim shows what was
// measured, and no verdict.
func spots(r *figures.Report, metric string) []spot {
	var all []spot
	for _, p := range r.Phases {
		if p.Group == suite.GroupBehaviour {
			continue // its rate is not what is claimed
		}
		name := fmt.Sprintf("P%d", p.Number)
		if p.Group == suite.GroupBenchmarks {
			name = figures.Clean(p.Name)
		}
		s := spot{name: name, x: p.Mean(), unit: "req/s", sign: "≥"}
		if metric == suite.P99 {
			s.unit, s.sign = "ms", "≤"
		}
		rate, ok := claimedRate(p)
		if ok && rate.Value > 0 {
			s.x = rate.Value
		}
		result, claimed := p.Result(metric)
		if metric == suite.Goodput {
			result, claimed = rate, ok
			if p.Search != nil && p.Search.Found.Known() {
				s.capacity, s.atLeast = p.Search.Found.Capacity, p.Search.Found.AtLeast
			}
		}
		if claimed {
			s.bound, s.measured, s.verdict = result.Value, result.Measured, result.Verdict
		} else {
			for _, run := range p.Runs {
				if v, ok := run.Pool.Metric(metric); ok && run.Counts() {
					s.measured = append(s.measured, v)
				}
			}
		}
		all = append(all, s)
	}
	return all
}

// claimedRate is the verdict on a phase's rate, be it the one offered or one scaled to a
// documented processor share.
func claimedRate(p figures.Phase) (judge.Result, bool) {
	if r, ok := p.Result(suite.Goodput); ok {
		return r, true
	}
	return p.Result(suite.ScaledRate)
}

func (s spot) word() string {
	switch {
	case len(s.measured) == 0 && s.verdict == 0:
		return "no samples"
	case len(s.measured) == 0:
		return s.verdict.String() + ", no samples"
	case s.verdict == 0:
		return "not claimed"
	default:
		return s.verdict.String()
	}
}

func aboutSpots(rates, times []spot) string {
	var parts []string
	for i, s := range rates {
		t := times[i]
		parts = append(parts, fmt.Sprintf("%s: rate %s, p99 %s", s.name, s.sentence(), t.sentence()))
	}
	if len(parts) == 0 {
		return "no samples"
	}
	return strings.Join(parts, "; ")
}

func (s spot) sentence() string {
	text := figures.Unknown
	if len(s.measured) > 0 {
		text = figures.Number(stats.Median(s.measured)) + " " + s.unit
	}
	if s.bound > 0 {
		text += fmt.Sprintf(" (documented %s %s)", s.sign, figures.Number(s.bound))
	}
	if s.capacity > 0 {
		text += ", " + s.capacityText()
	}
	return text + ", " + s.word()
}

// capacityText is the capacity in a few words, with how many times the documented rate it is.
func (s spot) capacityText() string {
	sign := ""
	if s.atLeast {
		sign = "≥ "
	}
	text := "capacity " + sign + figures.Number(s.capacity)
	if s.x > 0 {
		text += fmt.Sprintf(" (%s%.2f×)", sign, s.capacity/s.x)
	}
	return text
}

// spotPanel draws the spots. With diagonal, a dashed line stands for y = x.
func spotPanel(title string, spots []spot, sides, boundSides []side, diagonal bool) *panel {
	p := newPanel(title, "")
	var values []float64
	for _, s := range spots {
		if values = append(values, s.measured...); s.bound > 0 {
			values = append(values, s.bound)
		}
		if s.capacity > 0 {
			values = append(values, s.capacity)
		}
	}
	p.empty = !logAxis(&p.plot.Y, values...)
	if p.empty {
		return p
	}
	makeRoom(&p.plot.Y, 0.3, 0.2)
	p.paint(func(c draw.Canvas, pl *plot.Plot) {
		if diagonal {
			stroke(c, pl, dashed(soft, 0.8, 3, 3), []xy{{pl.X.Min, pl.X.Min}, {pl.X.Max, pl.X.Max}})
		}
		labels := &placer{c: c}
		for i := 0; diagonal && i <= 200; i++ {
			v := pl.X.Min * math.Pow(pl.X.Max/pl.X.Min, float64(i)/200)
			labels.keep(at(c, pl, v, v), 3, 3)
		}
		for _, s := range spots {
			s.marks(c, pl, labels)
		}
		for _, s := range spots {
			s.labels(c, pl, labels, sides, boundSides)
		}
	})
	return p
}

// marks draws the bound, the whiskers and the point, and keeps their places.
func (s spot) marks(c draw.Canvas, p *plot.Plot, labels *placer) {
	if drawable(p.X, s.x) && s.bound > 0 {
		where := at(c, p, s.x, s.bound)
		c.StrokeLine2(line(boundRed, 2.2), where.X-13, where.Y, where.X+13, where.Y)
		labels.keep(where, 28, 5)
	}
	if s.capacity > 0 && drawable(p.X, s.x) && drawable(p.Y, s.capacity) {
		where := at(c, p, s.x, s.capacity)
		c.StrokeLine2(dashed(soft, 1, 2, 2), where.X, at(c, p, s.x, p.Y.Min).Y, where.X, where.Y)
		c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: 4.5, Shape: draw.TriangleGlyph{}}, where)
		labels.keep(where, 11, 11)
	}
	middle, ok := stats.Median(s.measured), len(s.measured) > 0
	if !ok || !drawable(p.X, s.x) || !drawable(p.Y, middle) {
		return
	}
	tint, glyph := verdictStyle(s.verdict)
	where := at(c, p, s.x, middle)
	lowest, highest := slices.Min(s.measured), slices.Max(s.measured)
	if drawable(p.Y, lowest) && drawable(p.Y, highest) {
		low, high := at(c, p, s.x, lowest).Y, at(c, p, s.x, highest).Y
		if high-low > 6 { // shorter ones hide behind the point
			c.StrokeLine2(line(tint, 1.2), where.X, low, where.X, high)
			c.StrokeLine2(line(tint, 1.2), where.X-4, low, where.X+4, low)
			c.StrokeLine2(line(tint, 1.2), where.X-4, high, where.X+4, high)
		}
		labels.keep(vg.Point{X: where.X, Y: (low + high) / 2}, 10, high-low+2)
	}
	c.DrawGlyph(draw.GlyphStyle{Color: tint, Radius: 4.5, Shape: glyph}, where)
	labels.keep(where, 11, 11)
}

// labels writes the verdict with the figure beside the point, and the bound beside its bar.
func (s spot) labels(c draw.Canvas, p *plot.Plot, labels *placer, sides, boundSides []side) {
	if !drawable(p.X, s.x) {
		return
	}
	tint, _ := verdictStyle(s.verdict)
	middle, ok := stats.Median(s.measured), len(s.measured) > 0
	if ok && drawable(p.Y, middle) {
		labels.label(at(c, p, s.x, middle), tint, sides,
			fmt.Sprintf("%s %s %s", s.name, figures.Number(middle), s.unit), s.word())
	} else if s.bound > 0 {
		labels.label(at(c, p, s.x, s.bound), tint, sides, s.name+" "+s.word())
	}
	if s.capacity > 0 && drawable(p.Y, s.capacity) {
		labels.label(at(c, p, s.x, s.capacity), blue, above, s.capacityText())
	}
	if s.bound > 0 {
		labels.label(at(c, p, s.x, s.bound), boundRed, boundSides,
			fmt.Sprintf("%s %s", s.sign, figures.Number(s.bound)))
	}
}

// matchX gives the panels the same x axis, over all spots.
func matchX(a, b *panel, spots []spot) {
	var xs []float64
	for _, s := range spots {
		xs = append(xs, s.x)
	}
	if !logAxis(&a.plot.X, xs...) {
		a.empty, b.empty = true, true
		return
	}
	a.plot.X.Min, a.plot.X.Max = a.plot.X.Min/1.5, a.plot.X.Max*1.7
	b.plot.X.Min, b.plot.X.Max = a.plot.X.Min, a.plot.X.Max
	b.plot.X.Scale, b.plot.X.Tick.Marker = a.plot.X.Scale, a.plot.X.Tick.Marker
}
