package chart

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// percentiles shows the distribution of the response time of both runs, up to 99.99 %.
func (p pair) percentiles() Chart {
	pan := newPanel("Response time, ms", "share of the requests answered within that time")
	pan.plot.X.Min, pan.plot.X.Max = spectrumFrom-0.32, spectrumTo
	var marks []plot.Tick
	for _, s := range spectrum {
		marks = append(marks, plot.Tick{Value: nines(s.q), Label: s.label})
	}
	pan.plot.X.Tick.Marker = plot.ConstantTicks(marks)
	base := curve(p.base.Pool.Window.Response, p.base.Pool.Window.Unsent)
	head := curve(p.head.Pool.Window.Response, p.head.Pool.Window.Unsent)
	var heights []float64
	for _, v := range append(append([]xy(nil), base...), head...) {
		heights = append(heights, v.y)
	}
	for _, r := range p.head.Results {
		if m, _ := suite.MetricByName(r.Metric); m.Figure == suite.OfResponse {
			heights = append(heights, r.Bound)
		}
	}
	pan.empty = !logAxis(&pan.plot.Y, heights...) || len(base) == 0 || len(head) == 0
	if !pan.empty {
		makeRoom(&pan.plot.Y, 0.1, 0.1)
	}
	pan.paint(func(c draw.Canvas, pl *plot.Plot) { p.drawPercentiles(c, pl, base, head) })
	if n := len(base); n > 0 {
		pan.right = append(pan.right, note{base[n-1].y, "base", orange})
	}
	if n := len(head); n > 0 {
		pan.right = append(pan.right, note{head[n-1].y, "head", blue})
	}
	figures := sheet{x: Column{"share of requests", "%"}}
	figures.line("base", "ms", inPercent(base))
	figures.line("head", "ms", inPercent(head))
	return p.chart("percentiles", "Percentiles of the response time, both runs", aboutBothPercentiles(base, head), 270,
		pan).with(figures.table())
}

// drawPercentiles draws the curves, their labels on the sides that lie apart, and the bounds.
func (p pair) drawPercentiles(c draw.Canvas, pl *plot.Plot, base, head []xy) {
	labels := &placer{c: c}
	for _, r := range p.head.Results {
		if m, _ := suite.MetricByName(r.Metric); m.Figure == suite.OfResponse && r.Over == 0 {
			drawBound(c, pl, labels, r, head)
		}
	}
	stroke(c, pl, dashed(orange, 2.2, 7, 3), base)
	stroke(c, pl, line(blue, 2.6), head)
	for _, line := range [][]xy{base, head} {
		for _, v := range line {
			labels.keep(at(c, pl, v.x, v.y), 4, 4)
		}
	}
	for _, s := range spectrum {
		was, one := valueAt(base, nines(s.q))
		is, two := valueAt(head, nines(s.q))
		if !one || !two {
			continue
		}
		sides, others := above, below
		if is < was {
			sides, others = below, above
		}
		for _, v := range []struct {
			y     float64
			tint  color.Color
			sides []side
		}{{is, blue, sides}, {was, orange, others}} {
			where := at(c, pl, nines(s.q), v.y)
			c.DrawGlyph(draw.GlyphStyle{Color: v.tint, Radius: 3.2, Shape: draw.CircleGlyph{}}, where)
			labels.label(where, v.tint, v.sides, figures.Number(v.y)+" ms")
		}
	}
}

func aboutBothPercentiles(base, head []xy) string {
	var parts []string
	for _, s := range spectrum {
		was, one := valueAt(base, nines(s.q))
		is, two := valueAt(head, nines(s.q))
		if one && two {
			parts = append(parts, keep(fmt.Sprintf("%s: %s, then %s ms (%s)", s.label, figures.Number(was),
				figures.Number(is), since(was, is))))
		}
	}
	if len(parts) == 0 {
		return "A run recorded no answer."
	}
	return "Base dashed, head solid, the runs of each taken together. " + strings.Join(parts, "; ") + "."
}
