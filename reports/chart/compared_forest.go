package chart

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// mostClaims is how many claims the forest has room for.
const mostClaims = 40

// forest shows the difference of each claim with its interval, beside no difference and the least change that counts.
func forest(c *compared.Comparison, footer string) Chart {
	var rows []compared.Row
	for _, r := range c.Claims {
		if r.Change.Ratio > 0 && r.Change.Low > 0 {
			rows = append(rows, r)
		}
	}
	shown := rows[:min(len(rows), mostClaims)]
	pan := newPanel("Claim", "head against base")
	low, high := 1-compared.Least, 1+compared.Least
	ends := []float64{low, high}
	var names []plot.Tick
	for i, r := range shown {
		y := float64(len(shown) - i)
		ends = append(ends, r.Change.Low, r.Change.High)
		names = append(names, plot.Tick{Value: y, Label: figures.Shorten(figures.Clean(r.Claim), 28)})
		tint, _ := outcomeStyle(r.Outcome)
		pan.right = append(pan.right, note{y, r.Difference(), tint})
	}
	pan.empty = len(shown) == 0
	ratioAxis(&pan.plot.X, ends...)
	pan.plot.Y.Min, pan.plot.Y.Max = 0.4, float64(max(1, len(shown)))+0.6
	pan.plot.Y.Tick.Marker = plot.ConstantTicks(names)
	pan.plot.Y.Tick.Label.Color = ink
	pan.paint(func(c draw.Canvas, pl *plot.Plot) {
		c.FillPolygon(shade, corners(at(c, pl, low, 1).X, c.Min.Y, at(c, pl, high, 1).X, c.Max.Y))
		upright(c, pl, line(ink, 1), 1)
		for i, r := range shown {
			y := float64(len(shown) - i)
			tint, shape := outcomeStyle(r.Outcome)
			from, to := at(c, pl, r.Change.Low, y), at(c, pl, r.Change.High, y)
			c.StrokeLine2(line(tint, 1.8), from.X, from.Y, to.X, to.Y)
			c.StrokeLine2(line(tint, 1.8), from.X, from.Y-3, from.X, from.Y+3)
			c.StrokeLine2(line(tint, 1.8), to.X, to.Y-3, to.X, to.Y+3)
			c.DrawGlyph(draw.GlyphStyle{Color: tint, Radius: 4, Shape: shape}, at(c, pl, r.Change.Ratio, y))
		}
	})
	about := aboutForest(c, len(shown), len(rows))
	title := "Differences of the claims"
	return Chart{
		Name: "compared-claims", Title: title, About: about,
		body:  panels{[]*panel{pan}, 70 + vg.Length(max(4, len(shown)))*17},
		frame: frame{title, about, footer},
	}.with(forestTable(c))
}

// forestTable is what the chart draws, as figures: ratios of head to base.
func forestTable(c *compared.Comparison) ([]Column, [][]Cell) {
	columns := []Column{
		{"claim", ""}, {"outcome", ""}, {"head / base", ""}, {"low at 95 %", ""}, {"high at 95 %", ""},
	}
	rows := [][]Cell{}
	for _, r := range c.Claims {
		rows = append(rows, []Cell{
			{Text: figures.Clean(r.Claim)}, {Text: string(r.Outcome)}, numberAbove0(r.Change.Ratio),
			numberAbove0(r.Change.Low), numberAbove0(r.Change.High),
		})
	}
	return columns, rows
}

func aboutForest(c *compared.Comparison, shown, all int) string {
	if shown == 0 {
		return "No claim has a difference with an interval."
	}
	about := fmt.Sprintf("%s. Line: interval at 95 %%; shaded: less than %s %%, which does not count. Red cross: "+
		"regressed; green disc: improved; triangle: cannot tell; ring: no change, or not comparable.",
		figures.Capital(figures.Shorten(c.Sentence(), 300)), figures.Number(100*compared.Least))
	if all > shown {
		about += fmt.Sprintf(" The first %d of %d.", shown, all)
	}
	return about
}

// outcomeStyle is how an outcome looks: colour and shape, never colour alone.
func outcomeStyle(o compared.Outcome) (color.NRGBA, draw.GlyphDrawer) {
	switch o {
	case compared.Regressed:
		return boundRed, glyph(cross)
	case compared.Improved:
		return green, draw.CircleGlyph{}
	case compared.CannotTell:
		return orange, draw.PyramidGlyph{}
	default:
		return soft, glyph(ring)
	}
}

// ratioAxis makes an axis of ratios, of which all lie within it.
func ratioAxis(a *plot.Axis, ratios ...float64) {
	a.Scale = plot.LogScale{}
	low, high := 1.0, 1.0
	for _, r := range ratios {
		if r > 0 && !math.IsInf(r, 1) {
			low, high = min(low, r), max(high, r)
		}
	}
	a.Min, a.Max = low/1.02, high*1.02
	a.Tick.Marker = ratioTicks{}
}

// ratioTicks marks an axis of ratios by the differences that they are.
type ratioTicks struct{}

// marked are the ratios that may be marked, those that are marked first standing first.
var marked = []float64{
	1, 0.5, 2, 0.1, 10, 0.01, 100, 0.8, 1.2, 0.2, 5, 0.9, 1.1, 0.05, 20, 1.5, 0.95, 1.05, 0.7, 1.3, 0.02, 50,
}

// Ticks returns the marks within a range, both ends above 0, as many as stand apart.
func (ratioTicks) Ticks(low, high float64) []plot.Tick {
	if !(low > 0) || !(high > low) || math.IsInf(high, 0) {
		return nil
	}
	apart := math.Log(high/low) / 9
	var ticks []plot.Tick
	for _, r := range marked {
		free := r >= low && r <= high
		for _, t := range ticks {
			free = free && math.Abs(math.Log(t.Value/r)) >= apart
		}
		if free {
			ticks = append(ticks, plot.Tick{Value: r, Label: ratioLabel(r)})
		}
	}
	return ticks
}

func ratioLabel(r float64) string {
	switch {
	case r == 1:
		return "0"
	case r > 2 || r < 0.2:
		return fmt.Sprintf("× %v", r)
	default:
		return fmt.Sprintf("%+.0f %%", 100*(r-1))
	}
}
