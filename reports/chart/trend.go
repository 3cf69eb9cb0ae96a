package chart

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// mostDots is how many data points are marked one by one.
const mostDots = 200

// Trend is the chart of one series of a history: its data points, their levels, and where they changed.
func Trend(number int, r trend.Result) Chart {
	s := r.Series
	pan := newPanel(s.Unit, "data points, oldest first")
	pan.empty = len(s.Values) == 0
	pan.plot.X.Min, pan.plot.X.Max = 0, max(1, float64(len(s.Values)-1))
	zeroAxis(&pan.plot.Y, 1.2, s.Values...)
	points := make([]xy, len(s.Values))
	for i, v := range s.Values {
		points[i] = xy{float64(i), v}
	}
	edges, changes := levels(r)
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		for _, change := range changes {
			color := soft
			if change.Worse && change.Known == "" {
				color = boundRed
			}
			upright(c, pl, dashed(color, 1.2, 4, 3), float64(change.At)-0.5)
		}
		stroke(c, pl, line(lightBlue, 0.8), points)
		if len(points) <= mostDots {
			for _, p := range points {
				c.FillPolygon(blue, dot(at(c, pl, p.x, p.y), 1.6))
			}
		}
		for i := 0; i+1 < len(edges); i++ {
			middle := stats.Median(s.Values[edges[i]:edges[i+1]])
			stroke(c, pl, line(blue, 2.2), []xy{{float64(edges[i]) - 0.4, middle}, {float64(edges[i+1]) - 0.6, middle}})
		}
		labelChanges(c, pl, changes)
	})
	if n := len(s.Values); n > 0 {
		last := stats.Median(s.Values[edges[len(edges)-2]:])
		pan.right = append(pan.right, note{last, figures.Number(last) + " now", blue})
	}
	about := aboutTrend(r)
	return Chart{
		Name: fmt.Sprintf("series-%d", number), Title: s.Name, About: about,
		body: panels{[]*panel{pan}, 170}, frame: frame{s.Name, about, fmt.Sprintf("%d data points", len(s.Values))},
	}.with(trendTable(r, edges, changes))
}

// labelChanges writes beside each change by how much it is, the commit that came first with it, and whether it is
// acknowledged.
func labelChanges(c draw.Canvas, pl *plot.Plot, changes []trend.Change) {
	labels := &placer{c: c}
	for _, change := range changes {
		tint := soft
		if change.Worse && change.Known == "" {
			tint = boundRed
		}
		lines := []string{fmt.Sprintf("%+.1f %%", 100*(change.Ratio()-1))}
		if revision := figures.Revision(change.Point); revision != "" {
			lines = append(lines, "from "+figures.Shorten(revision, 13)+" on")
		}
		if change.Known != "" {
			lines = append(lines, "acknowledged")
		}
		foot := at(c, pl, float64(change.At)-0.5, pl.Y.Min)
		labels.label(vg.Point{X: foot.X, Y: foot.Y + 12}, tint, lowest, lines...)
	}
}

// lowest are the places of a label at the foot of a line.
var lowest = []side{{1, 1}, {-1, 1}}

// trendTable is what the chart draws, as figures.
func trendTable(r trend.Result, edges []int, changes []trend.Change) ([]Column, [][]Cell) {
	unit := figures.Clean(r.Series.Unit)
	columns := []Column{
		{"number", ""}, {"data point", ""}, {"measured", unit}, {"median of its level", unit}, {"change", "%"},
	}
	rows := [][]Cell{}
	for i := 0; i+1 < len(edges); i++ {
		middle := stats.Median(r.Series.Values[edges[i]:edges[i+1]])
		for at := edges[i]; at < edges[i+1]; at++ {
			row := []Cell{Number(float64(at)), {}, Number(r.Series.Values[at]), Number(middle), {}}
			if at < len(r.Series.Points) {
				row[1].Text = figures.Clean(r.Series.Points[at])
			}
			for _, c := range changes {
				if c.At == at {
					row[4] = Number(100 * (c.Ratio() - 1))
				}
			}
			rows = append(rows, row)
		}
	}
	return columns, rows
}

// levels are where the levels of a series begin, and its end; and its changes in order.
func levels(r trend.Result) (edges []int, changes []trend.Change) {
	changes = slices.Clone(r.Changes)
	slices.SortFunc(changes, func(a, b trend.Change) int { return a.At - b.At })
	edges = []int{0}
	for _, c := range changes {
		if c.At > edges[len(edges)-1] && c.At < len(r.Series.Values) {
			edges = append(edges, c.At)
		}
	}
	return append(edges, len(r.Series.Values)), changes
}

// aboutTrend says what became of a series.
func aboutTrend(r trend.Result) string {
	switch r.State {
	case trend.TooShort:
		return fmt.Sprintf("Too short to be judged: %s.", figures.Plural(len(r.Series.Values), "data point"))
	case trend.TooNoisy:
		return fmt.Sprintf("Too noisy to be judged: neighbouring data points differ by %s %%.",
			figures.Number(100*r.Noise))
	}
	text := ""
	for _, c := range r.Changes {
		kind := "Changed"
		switch {
		case c.Known != "":
			kind = "Known (" + figures.Clean(c.Known) + "): changed"
		case c.Worse:
			kind = "Worse"
		case r.Series.Better != 0:
			kind = "Better"
		}
		sure := "provisional"
		if c.Confirmed {
			sure = "confirmed"
		}
		text += fmt.Sprintf("%s by %+.1f %% since %s, %s. ", kind, 100*(c.Ratio()-1), figures.Clean(c.Point), sure)
	}
	if d := r.Drift; d != nil {
		text += fmt.Sprintf("Drifts by %+.1f %% over %s. ", 100*d.Total,
			figures.Plural(len(r.Series.Values)-d.From, "data point"))
	}
	if text == "" {
		return "No change detected."
	}
	return text[:len(text)-1]
}
