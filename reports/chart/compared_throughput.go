package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// lightOrange is the base's runs one by one.
var lightOrange = color.NRGBA{0xd9, 0x82, 0x1e, 0x70}

// overTime is one of the runs over time.
type overTime struct {
	phase      figures.Phase
	name       string
	bold, thin draw.LineStyle
	tint       color.Color
	runs       []times
	shift      float64
}

// throughput shows the good answers of every second in both runs, the median of their runs bold.
func (p pair) throughput() Chart {
	pan := newPanel("Good answers, req/s", "seconds since the load began")
	sides := []overTime{
		{phase: p.base, name: "base", bold: dashed(orange, 2.2, 7, 3), thin: line(lightOrange, 0.7), tint: orange},
		{phase: p.head, name: "head", bold: line(blue, 2.2), thin: line(lightBlue, 0.7), tint: blue},
	}
	var all []times
	starts, ends := 0.0, 0.0
	about := "Bold: the median of the runs at each moment, base dashed, head solid; thin: each run. Grey: warm-up, " +
		"not judged."
	for i := range sides {
		s := &sides[i]
		start, end := span(s.phase)
		starts, ends = max(starts, start), max(ends, end)
		s.shift = 0.5 + start - math.Ceil(start)
		for _, r := range s.phase.Runs {
			if l := answered(r, start); r.Counts() && len(l) > 0 {
				s.runs = append(s.runs, l)
			}
		}
		all = append(all, s.runs...)
		if achieved, known := s.phase.Pool.Figure(suite.OfGoodput); known {
			text := fmt.Sprintf("%s %s", s.name, figures.Number(achieved))
			pan.right = append(pan.right, note{achieved, text, s.tint})
			about += fmt.Sprintf(" The %s achieved %s of %s req/s offered.", s.name, figures.Number(achieved),
				figures.Number(s.phase.Mean()))
		}
	}
	every := thinning(all)
	zeroAxis(&pan.plot.Y, 1.2, append(values(all), highest(p.base), highest(p.head))...)
	pan.empty = len(all) == 0
	pan.plot.X.Min, pan.plot.X.Max = 0, ends
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		shadeWarmup(c, pl, starts)
		for _, s := range sides {
			for _, l := range s.runs[:min(len(s.runs), mostThin)] {
				stroke(c, pl, s.thin, l.points(s.shift, every))
			}
		}
		for _, s := range slices.Backward(sides) { // dashes show what lies below them
			stroke(c, pl, s.bold, medians(s.runs).points(s.shift, every))
		}
	})
	table := sheet{x: Column{"time since the load began", "s"}}
	for _, s := range sides {
		table.line(s.name, "req/s", medians(s.runs).points(s.shift, every))
	}
	return p.chart("throughput", "Throughput over time, both runs", about, 230, pan).with(table.table())
}
