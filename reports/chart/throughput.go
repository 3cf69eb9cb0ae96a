package chart

import (
	"fmt"
	"math"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// mostThin is how many runs are drawn one by one.
const mostThin = 40

// secondsLabel is below an axis of time.
const secondsLabel = "seconds since the load began"

// flow is one run's good answers over time.
type flow struct {
	run     int
	seconds times
	points  []xy // as drawn
}

// flows are the good answers of a phase over time.
type flows struct {
	start, end      float64 // of the measurement window, in seconds since the load began
	every           int     // seconds that a point stands for
	counted, others []flow  // of the runs that count, and of the others
	middle, offered []xy    // median of the runs that count; the offered rate, where it changed
	steady          []sheetMark
	failed          []xy        // requests a second that failed, mean over the runs
	done            []sheetMark // to the system
}

func flowsOf(p figures.Phase) flows {
	f := flows{every: 1}
	f.start, f.end = span(p)
	for _, r := range p.Runs {
		if l := answered(r, f.start); len(l) > 0 {
			if r.Counts() {
				f.counted = append(f.counted, flow{run: r.Number, seconds: l})
			} else {
				f.others = append(f.others, flow{run: r.Number, seconds: l})
			}
		}
		if r.Warm != nil && r.Warm.Steady > 0 && r.Window != nil {
			at := f.start + (r.Warm.Steady - r.Window.Start).Seconds()
			f.steady = append(f.steady, sheetMark{at, fmt.Sprintf("run %d is steady", r.Number)})
		}
	}
	f.every = thinning(f.seconds(f.counted, f.others))
	shift := 0.5 + f.start - math.Ceil(f.start)
	for _, some := range [][]flow{f.counted, f.others} {
		for i := range some[:min(len(some), mostThin)] {
			some[i].points = some[i].seconds.points(shift, f.every)
		}
	}
	f.failed = failures(p, f.start).points(shift, f.every)
	f.done = moments(p, f.start)
	f.middle = medians(f.seconds(f.counted)).points(shift, f.every)
	if p.Shape.Kind != "" {
		f.offered = offeredOver(p, f.start, f.end)
	}
	return f
}

// seconds are the values of some runs.
func (f flows) seconds(of ...[]flow) []times {
	var all []times
	for _, some := range of {
		for _, one := range some {
			all = append(all, one.seconds)
		}
	}
	return all
}

// throughput shows the good answers of every second, of each run and their median.
func throughput(p figures.Phase, footer footerFunc) Chart {
	f := flowsOf(p)
	pan := newPanel("Good answers, req/s", secondsLabel)
	offered := p.Mean()
	target, claimed := p.Result(suite.Goodput)
	zeroAxis(&pan.plot.Y, 1.2, append(values(f.seconds(f.counted, f.others)), highest(p), target.Bound)...)
	pan.empty = len(f.counted)+len(f.others) == 0
	pan.plot.X.Min, pan.plot.X.Max = 0, f.end
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		shadeWindow(c, pl, f.start)
		drawFailures(c, pl, f.failed, f.every)
		drawMoments(c, pl, f.done)
		for _, l := range f.others {
			stroke(c, pl, dashed(soft, 0.8, 1, 2), l.points)
		}
		for _, l := range f.counted {
			stroke(c, pl, line(lightBlue, 0.8), l.points)
		}
		if f.offered == nil {
			level(c, pl, dashed(orange, 1.2, 6, 3), offered)
		} else {
			stroke(c, pl, dashed(orange, 1.2, 6, 3), f.offered)
		}
		if claimed {
			level(c, pl, dashed(boundRed, 1.4, 1.5, 2), target.Bound)
		}
		for _, m := range f.steady {
			tick(c, pl, m.x)
		}
		stroke(c, pl, line(blue, 2.2), f.middle)
	})
	pan.right = append(pan.right, note{offered, sentNote(p), orange})
	if claimed {
		pan.right = append(pan.right, note{
			target.Bound, fmt.Sprintf("%s %s required", figures.Symbol(target.Op), figures.Number(target.Bound)),
			boundRed,
		})
	}
	if achieved, known := p.Pool.Figure(suite.OfGoodput); known {
		pan.right = append(pan.right, note{achieved, "achieved " + figures.Number(achieved), blue})
	}
	about := aboutThroughput(p, len(f.counted), len(f.others), f.every)
	if !pan.empty {
		about += aboutEvents(p, f.failed, f.done)
	}
	return phaseChart(p, footer, "throughput", foundThroughput(p), about, 250, pan).
		with(f.table(p, target, claimed))
}

// table is what the chart draws, as figures.
func (f flows) table(p figures.Phase, target judge.Result, claimed bool) ([]Column, [][]Cell) {
	s := sheet{x: Column{"time since the load began", "s"}}
	s.line("median of the runs that count", "req/s", f.middle)
	for _, one := range f.counted {
		if one.points != nil {
			s.line(fmt.Sprintf("run %d", one.run), "req/s", one.points)
		}
	}
	for _, one := range f.others {
		if one.points != nil {
			s.line(fmt.Sprintf("run %d, excluded", one.run), "req/s", one.points)
		}
	}
	if len(s.lines) == 1 && len(f.middle) == 0 {
		return s.table()
	}
	if f.offered == nil {
		s.level("offered", "req/s", p.Mean())
	} else {
		s.line("offered", "req/s", f.offered)
	}
	if len(f.failed) > 0 {
		s.line("failed, mean of the runs", "req/s", f.failed)
	}
	if claimed {
		s.level("required "+figures.Symbol(target.Op), "req/s", target.Bound)
	}
	if f.start > 0 {
		s.mark(f.start, "warm-up ends")
	}
	s.marks = append(append(s.marks, f.steady...), f.done...)
	return s.table()
}

// aboutThroughput says what the chart of so many runs that count, and so many others, shows; a point stands for so many
// seconds.
func aboutThroughput(p figures.Phase, counted, others, every int) string {
	if counted+others == 0 {
		return "No run recorded an answer."
	}
	offered := figures.Number(p.Mean())
	about := fmt.Sprintf("Of %s req/s offered, no run that counts tells what was achieved.", offered)
	if achieved, known := p.Pool.Figure(suite.OfGoodput); known {
		about = fmt.Sprintf("Achieved %s of %s req/s offered. Thin: %s; bold: their median at each moment.",
			figures.Number(achieved), offered, figures.Plural(counted, "run"))
	}
	about += " Grey: warm-up, not judged."
	if all := p.Steady(); len(all) > 0 {
		about += fmt.Sprintf(" Ticks: %s came to a steady state, in %s s at the median.",
			figures.Plural(len(all), "run"),
			figures.Number(all[len(all)/2].Seconds()))
	}
	if others > 0 {
		about += " Dotted: " + figures.Plural(others, "run") + " not counted."
	}
	if every > 1 {
		about += fmt.Sprintf(" Each point is the mean of %d s.", every)
	}
	return about
}

// tick marks the moment at which a run came to its steady state.
func tick(c draw.Canvas, p *plot.Plot, x float64) {
	if x < p.X.Min || x > p.X.Max {
		return
	}
	where := c.X(p.X.Norm(x))
	c.StrokeLine2(line(blue, 1.4), where, c.Min.Y, where, c.Min.Y+7)
}

// offeredOver is the offered rate from the start of the load on.
func offeredOver(p figures.Phase, start, end float64) []xy {
	at := start
	pieces := p.Shape.Pieces(p.Offered, time.Duration((end-start)*float64(time.Second)))
	points := []xy{{0, float64(pieces[0].From)}}
	for _, piece := range pieces {
		points = append(points, xy{at, float64(piece.From)}, xy{at + piece.Length.Seconds(), float64(piece.To)})
		at += piece.Length.Seconds()
	}
	return points
}

func offeredNote(p figures.Phase) string {
	text := "offered " + figures.Number(p.Mean())
	if p.Shape.Kind != "" {
		text += ", mean"
	}
	return text
}

// highest is the highest rate that was offered.
func highest(p figures.Phase) float64 {
	most := float64(p.Offered)
	for _, piece := range p.Shape.Pieces(p.Offered, time.Second) {
		most = max(most, float64(piece.From), float64(piece.To))
	}
	return most
}

// answered is the rate of good answers in each second of a run, warm-up included. What
// is left of a second at the end of a window counts when it is half a second or more. Seconds are counted so that the
// measurement window begins at start, rounded up, however long the run's own warm-up took.
func answered(r figures.Run, start float64) times {
	t := times{}
	second := func(at time.Duration) int {
		if r.Window == nil {
			return int(at / time.Second)
		}
		return int(math.Ceil(start) + math.Floor((at - r.Window.Start).Seconds()))
	}
	for _, w := range []*measure.Window{r.Warmup, r.Window} {
		if w == nil {
			continue
		}
		for _, s := range w.Seconds {
			if length := min(time.Second, w.End-s.At); length >= time.Second/2 {
				t[second(s.At)] = float64(s.Completed) / length.Seconds()
			}
		}
	}
	return t
}

// span is where the last measurement window starts and the last one ends, in seconds.
func span(p figures.Phase) (start, end float64) {
	for _, r := range p.Runs {
		if r.Window != nil {
			start, end = max(start, r.Window.Start.Seconds()), max(end, r.Window.End.Seconds())
		} else if r.Warmup != nil {
			end = max(end, r.Warmup.End.Seconds())
		}
	}
	if end <= 0 {
		end = 1
	}
	return start, end
}

// shadeWarmup shades what is not judged.
func shadeWarmup(c draw.Canvas, p *plot.Plot, start float64) {
	if start <= 0 {
		return
	}
	x := c.X(p.X.Norm(min(start, p.X.Max)))
	c.FillPolygon(shade, corners(c.Min.X, c.Min.Y, x, c.Max.Y))
	style := textStyle(sizeLabel, soft, false)
	if w := style.Width("warm-up"); w < x-c.Min.X-8 {
		left, bottom := c.Min.X+3, c.Max.Y-14
		c.FillPolygon(halo, corners(left, bottom, c.Min.X+5+w, c.Max.Y-2))
		c.FillText(style, vg.Point{X: left + 1, Y: bottom + 3}, "warm-up")
	}
}
