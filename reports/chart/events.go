package chart

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

const (
	mostMoments = 40 // of disturbances that are drawn
	leastBar    = vg.Length(2.5)
)

// failures are the requests that failed or were never sent in each second, of the runs that count, or of all where none
// does: their mean over the runs, in req/s. Seconds without any are in none.
func failures(p figures.Phase, start float64) times {
	all, runs := times{}, 0
	for _, r := range p.Runs {
		if r.Window == nil || !r.Counts() && p.Counted() > 0 {
			continue
		}
		runs++
		for _, s := range r.Window.Seconds {
			if s.Failed > 0 {
				all[int(math.Ceil(start)+math.Floor((s.At-r.Window.Start).Seconds()))] += float64(s.Failed)
			}
		}
	}
	for second := range all {
		all[second] /= float64(runs)
	}
	return all
}

// moments are what disturbances did in the runs that are drawn, at the time of the chart, in rising order.
func moments(p figures.Phase, start float64) []sheetMark {
	var all []sheetMark
	for _, r := range p.Runs {
		if r.Window == nil {
			continue
		}
		for _, m := range r.Moments() {
			at := start + (m.At - r.Window.Start).Seconds()
			all = append(all, sheetMark{at, fmt.Sprintf("run %d: %s", r.Number, figures.Shorten(m.Text, 80))})
		}
	}
	slices.SortStableFunc(all, func(a, b sheetMark) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	return all[:min(len(all), mostMoments)]
}

// drawFailures draws a red bar for each point, from the axis upwards; a small one is drawn high enough to be seen.
func drawFailures(c draw.Canvas, p *plot.Plot, points []xy, every int) {
	for _, v := range points {
		if !drawable(p.X, v.x) || !drawable(p.Y, v.y) {
			continue
		}
		half := float64(every) * 0.35
		from, to := at(c, p, max(v.x-half, p.X.Min), 0), at(c, p, min(v.x+half, p.X.Max), min(v.y, p.Y.Max))
		if to.X > from.X {
			c.FillPolygon(failRed, corners(from.X, from.Y, to.X, max(to.Y, from.Y+leastBar)))
		}
	}
}

// drawMoments draws a mark at the top for each moment, with a thin line below it.
func drawMoments(c draw.Canvas, p *plot.Plot, all []sheetMark) {
	for _, m := range all {
		if m.x < p.X.Min || m.x > p.X.Max {
			continue
		}
		x := c.X(p.X.Norm(m.x))
		c.StrokeLine2(dashed(purple, 0.6, 2, 2), x, c.Min.Y, x, c.Max.Y)
		c.FillPolygon(purple, []vg.Point{{X: x - 4, Y: c.Max.Y}, {X: x + 4, Y: c.Max.Y}, {X: x, Y: c.Max.Y - 7}})
	}
}

// aboutEvents says what failed and what was done to the system; "" for nothing.
func aboutEvents(p figures.Phase, failed []xy, done []sheetMark) string {
	about := ""
	if len(failed) > 0 {
		about += " Red bars: what failed in each second, mean of the runs."
	}
	if len(done) > 0 {
		about += fmt.Sprintf(" Triangles: what was done to the system, first %s.", done[0].text)
	}
	for _, r := range p.Runs {
		if len(r.Faults) > 0 {
			return about + fmt.Sprintf(" Run %d is excluded: %s.", r.Number,
				figures.Shorten(figures.Clean(r.Faults[0]), 80))
		}
	}
	return about
}

// sentNote says what was offered and what of it was sent.
func sentNote(p figures.Phase) string {
	pool, _ := p.Shown()
	switch {
	case pool == nil || pool.Window.Length() <= 0:
		return offeredNote(p)
	case pool.Window.Unsent == 0:
		return offeredNote(p) + ", all sent"
	}
	sent := float64(pool.Window.Sent) / pool.Window.Length()
	return offeredNote(p) + ", sent " + figures.Number(sent)
}

// shadeWindow names what is judged, between what is not.
func shadeWindow(c draw.Canvas, p *plot.Plot, start float64) {
	shadeWarmup(c, p, start)
	style := textStyle(sizeLabel, soft, false)
	left := c.X(p.X.Norm(max(0, min(start, p.X.Max)))) + 4
	const text = "measurement window"
	if w := style.Width(text); start > 0 && w < c.Max.X-left-4 {
		c.FillText(style, vg.Point{X: left, Y: c.Max.Y - 11}, text)
	}
}
