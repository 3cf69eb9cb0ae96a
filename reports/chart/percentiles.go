package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// The percentile axis: a share q stands at log10(1/(1-q)), so that every nine has the
// same width.
var (
	spectrumFrom = nines(0.5)
	spectrumTo   = 4.02
	spectrum     = []struct {
		q     float64
		label string
	}{{0.5, "50 %"}, {0.9, "90 %"}, {0.99, "99 %"}, {0.999, "99.9 %"}, {0.9999, "99.99 %"}}
)

func nines(q float64) float64 { return -math.Log10(1 - q) }

// share is the inverse of nines, exact at the labelled places: the chart must show the
// figures that stand in the tables.
func share(at float64) float64 {
	for _, s := range spectrum {
		if nines(s.q) == at {
			return s.q
		}
	}
	return 1 - math.Pow(10, -at)
}

// percentiles shows the distribution of response and service times up to 99.99 %.
func percentiles(p figures.Phase, footer footerFunc) Chart {
	pan := newPanel("Response time, ms", "share of the requests answered within that time")
	pan.plot.X.Min, pan.plot.X.Max = spectrumFrom-0.1, spectrumTo
	var marks []plot.Tick
	for _, s := range spectrum {
		marks = append(marks, plot.Tick{Value: nines(s.q), Label: s.label})
	}
	pan.plot.X.Tick.Marker = plot.ConstantTicks(marks)
	var response, service []xy
	if p.Pool != nil {
		response = curve(p.Pool.Window.Response, p.Pool.Window.Unsent)
		service = curve(p.Pool.Window.Service, 0)
	}
	each := curvesOf(p)
	low, high := spread(each)
	var claims []judge.Result
	var heights []float64
	for _, r := range p.Results {
		if m, _ := suite.MetricByName(r.Metric); m.Figure == suite.OfResponse {
			claims, heights = append(claims, r), append(heights, r.Bound)
		}
	}
	for _, v := range slices.Concat(response, service, low, high) {
		heights = append(heights, v.y)
	}
	pan.empty = !logAxis(&pan.plot.Y, heights...) || len(response) == 0
	if !pan.empty {
		makeRoom(&pan.plot.Y, 0.1, 0.1)
	}
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		labels := &placer{c: c}
		band(c, pl, low, high)
		for _, r := range claims {
			drawBound(c, pl, labels, r, response)
		}
		for _, l := range each {
			stroke(c, pl, line(lightBlue, 0.6), l.points)
		}
		stroke(c, pl, line(blue, 2.6), response)
		stroke(c, pl, dashed(color.NRGBA{0xff, 0xb0, 0x4d, 0xff}, 1.1, 4, 4), service)
		for _, v := range response { // labels keep off the line
			labels.keep(at(c, pl, v.x, v.y), 4, 4)
		}
		for _, s := range spectrum {
			if v, ok := valueAt(response, nines(s.q)); ok {
				where := at(c, pl, nines(s.q), v)
				c.DrawGlyph(draw.GlyphStyle{Color: blue, Radius: 3.2, Shape: draw.CircleGlyph{}}, where)
				labels.label(where, blue, above, figures.Number(v)+" ms")
			}
		}
	})
	if n := len(response); n > 0 {
		pan.right = append(pan.right, note{response[n-1].y, "response time", blue})
	}
	if n := len(service); n > 0 {
		pan.right = append(pan.right, note{service[n-1].y, "service time", orange})
	}
	return phaseChart(p, footer, "percentiles", foundPercentiles(response), aboutPercentiles(p, response), 290,
		pan).with(percentileTable(response, low, high, service, each, claims))
}

// percentileTable is what the chart draws, as figures.
func percentileTable(
	response, low, high, service []xy, each []runCurve, claims []judge.Result,
) ([]Column, [][]Cell) {
	s := sheet{x: Column{"share of the requests", "%"}}
	s.line("response time", "ms", inPercent(response))
	s.line("response time, smallest run", "ms", inPercent(low))
	s.line("response time, largest run", "ms", inPercent(high))
	s.line("service time", "ms", inPercent(service))
	for _, one := range each {
		s.line(fmt.Sprintf("run %d", one.run), "ms", inPercent(one.points))
	}
	for _, r := range claims {
		m, _ := suite.MetricByName(r.Metric)
		s.line(fmt.Sprintf("%s required %s", r.Metric, figures.Symbol(r.Op)), "ms",
			[]xy{{percent(m.Quantile), r.Bound}})
	}
	return s.table()
}

// inPercent are the points of a curve with the share in percent instead of the place on the axis.
func inPercent(points []xy) []xy {
	all := make([]xy, 0, len(points))
	for _, p := range points {
		all = append(all, xy{percent(share(p.x)), p.y})
	}
	return all
}

// percent is a share in percent, without the noise of the arithmetic in its last digits.
func percent(q float64) float64 { return math.Round(q*1e10) / 1e8 }

func aboutPercentiles(p figures.Phase, response []xy) string {
	if len(response) == 0 {
		return "No run that counts recorded an answer."
	}
	var parts []string
	for _, s := range spectrum {
		if v, ok := valueAt(response, nines(s.q)); ok {
			parts = append(parts, keep(fmt.Sprintf("%s within %s ms", s.label, figures.Number(v))))
		}
	}
	about := fmt.Sprintf("%s answers of %s together: %s.", figures.Count(p.Pool.Window.Response.Count()),
		figures.Plural(p.Counted(), "run"), strings.Join(parts, ", "))
	about += " Response time counts from the scheduled send, service time from the actual one. Thin: " +
		"each run; band: smallest to largest."
	if p.Pool.Window.Unsent > 0 {
		about += fmt.Sprintf(" %s requests were never sent and count as slower than all.",
			figures.Count(p.Pool.Window.Unsent))
	}
	return about
}

// curve is the quantiles of a histogram over the axis, as far as it has values for them.
// Requests that were never sent count as slower than all others.
func curve(h *measure.Histogram, unsent uint64) []xy {
	if h == nil || h.Count() == 0 {
		return nil
	}
	n := float64(h.Count())
	var points []xy
	for _, x := range axisPoints() {
		q := share(x)
		// The rank q × (answers + unsent) among all is this quantile among the answers.
		among := q * (n + float64(unsent)) / n
		// Beyond 1 - 1/n there is nothing but the largest value.
		if among > 1 || q > 1-1/n && len(points) > 0 {
			break
		}
		if v, ok := figures.Quantile(h, among); ok && v > 0 {
			points = append(points, xy{x, v})
		}
	}
	return points
}

// axisPoints are the places at which quantiles are read: 40 a nine, and each labelled one.
func axisPoints() []float64 {
	var at []float64
	next := 0
	for i := 0; ; i++ {
		x := spectrumFrom + float64(i)/40
		for next < len(spectrum) && nines(spectrum[next].q) <= x+1e-9 {
			at = append(at, nines(spectrum[next].q))
			next++
		}
		if x > spectrumTo {
			return at
		}
		if len(at) == 0 || x > at[len(at)-1]+1e-9 {
			at = append(at, x)
		}
	}
}

// runCurve is the curve of one run.
type runCurve struct {
	run    int
	points []xy
}

// curvesOf are the curves of the runs that count.
func curvesOf(p figures.Phase) []runCurve {
	var all []runCurve
	for _, r := range p.Runs {
		if r.Counts() && r.Pool != nil && len(all) < mostThin {
			all = append(all, runCurve{r.Number, curve(r.Pool.Window.Response, r.Pool.Window.Unsent)})
		}
	}
	return all
}

// spread is the smallest and the largest response time of a run at each quantile.
func spread(curves []runCurve) (low, high []xy) {
	shortest := math.MaxInt
	for _, c := range curves {
		shortest = min(shortest, len(c.points))
	}
	if len(curves) < 2 {
		return nil, nil
	}
	for i := range shortest {
		lowest, highest := math.Inf(1), 0.0
		for _, c := range curves {
			lowest, highest = min(lowest, c.points[i].y), max(highest, c.points[i].y)
		}
		x := curves[0].points[i].x
		low, high = append(low, xy{x, lowest}), append(high, xy{x, highest})
	}
	return low, high
}

// band fills what lies between two lines.
func band(c draw.Canvas, p *plot.Plot, low, high []xy) {
	if len(low) < 2 {
		return
	}
	var points []vg.Point
	for _, v := range slices.Concat(low, reversed(high)) {
		if drawable(p.X, v.x) && drawable(p.Y, v.y) {
			points = append(points, at(c, p, v.x, v.y))
		}
	}
	if len(points) < 3 {
		return
	}
	c.FillPolygon(bandBlue, c.ClipPolygonXY(points))
}

// reversed are the points from the last to the first.
func reversed(points []xy) []xy {
	points = slices.Clone(points)
	slices.Reverse(points)
	return points
}

// drawBound marks a claim on a quantile: a bar at the bound, across the quantile.
func drawBound(c draw.Canvas, p *plot.Plot, labels *placer, r judge.Result, response []xy) {
	if !drawable(p.Y, r.Bound) {
		return
	}
	metric, _ := suite.MetricByName(r.Metric)
	q := nines(metric.Quantile)
	where := at(c, p, q, r.Bound)
	c.StrokeLine2(line(boundRed, 2.4), where.X-34, where.Y, where.X+34, where.Y)
	labels.keep(where, 70, 5)
	sides := above
	if v, ok := valueAt(response, q); ok {
		if v > r.Bound { // the line passes above
			sides = below
		}
		c.StrokeLine2(dashed(boundRed, 0.9, 2, 2), where.X, where.Y, where.X, at(c, p, p.X.Min, v).Y)
	}
	text := fmt.Sprintf("%s %s %s ms, %s", r.Metric, figures.Symbol(r.Op), figures.Number(r.Bound), r.Verdict)
	labels.label(where, boundRed, sides, text)
}

// valueAt is a line's value at x, where the line has a point there.
func valueAt(points []xy, x float64) (float64, bool) {
	for _, p := range points {
		if math.Abs(p.x-x) < 1e-9 {
			return p.y, true
		}
	}
	return 0, false
}
