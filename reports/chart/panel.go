package chart

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one pair of axes.
type panel struct {
	plot  *plot.Plot
	title string // of the y axis, with its unit; stands above it, so that it is read upright
	right []note // written right of the data, at their value
	empty bool   // nothing was measured: says so
}

// note is a text at a value of the y axis.
type note struct {
	y     float64
	text  string
	color color.Color
}

// painter draws into the data area of a panel.
type painter func(c draw.Canvas, p *plot.Plot)

// Plot draws.
func (f painter) Plot(c draw.Canvas, p *plot.Plot) { f(c, p) }

// newPanel returns an empty panel with linear axes from 0 to 1, light grid lines at the
// labelled ticks, and no frame but the x axis.
func newPanel(title, xLabel string) *panel {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle = line(soft, 0.6)
		a.Tick.LineStyle = line(soft, 0.6)
		a.Tick.Length = 4
		a.Padding = 0
		a.Tick.Marker = niceTicks{}
		a.Label.Padding = 2
		tick := textStyle(sizeText, soft, false)
		tick.XAlign, tick.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Tick.Label = tick
		label := textStyle(sizeText, soft, false)
		label.XAlign, label.YAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		a.Label.TextStyle = label
	}
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.Y.Padding = 0, 0, 3
	p.X.Label.Text = xLabel
	p.Title.Text, p.Title.Padding = " ", 3 // keeps the place for the panel's title
	p.Title.TextStyle = textStyle(sizePanel, ink, true)
	p.Add(painter(drawGrid))
	return &panel{plot: p, title: title}
}

func drawGrid(c draw.Canvas, p *plot.Plot) {
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := c.X(p.X.Norm(t.Value)); !t.IsMinor() && c.ContainsX(x) {
			c.StrokeLine2(line(grid, 0.6), x, c.Min.Y, x, c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := c.Y(p.Y.Norm(t.Value)); !t.IsMinor() && c.ContainsY(y) {
			c.StrokeLine2(line(grid, 0.6), c.Min.X, y, c.Max.X, y)
		}
	}
}

// paint adds a drawing to the panel; later ones lie above. A panel that is empty when
// it is drawn shows none of them.
func (p *panel) paint(f painter) {
	p.plot.Add(painter(func(c draw.Canvas, pl *plot.Plot) {
		if !p.empty {
			f(c, pl)
		}
	}))
}

// at is the place of a value on the canvas.
func at(c draw.Canvas, p *plot.Plot, x, y float64) vg.Point {
	return vg.Point{X: c.X(p.X.Norm(x)), Y: c.Y(p.Y.Norm(y))}
}

// xy is one point in the units of the axes.
type xy struct{ x, y float64 }

// stroke draws a line through the points, broken where a value is no number or, on a
// logarithmic axis, not above 0; clipped to the axes.
func stroke(c draw.Canvas, p *plot.Plot, style draw.LineStyle, points []xy) {
	var part []vg.Point
	end := func() {
		switch {
		case len(part) == 1: // a line of one point is a dot
			c.FillPolygon(style.Color, dot(part[0], max(1.2, style.Width)))
		case len(part) > 1:
			c.StrokeLines(style, c.ClipLinesXY(part)...)
		}
		part = nil
	}
	for _, v := range points {
		if !drawable(p.X, v.x) || !drawable(p.Y, v.y) {
			end()
			continue
		}
		part = append(part, at(c, p, v.x, v.y))
	}
	end()
}

func drawable(a plot.Axis, v float64) bool {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return false
	}
	_, logarithmic := a.Scale.(plot.LogScale)
	return !logarithmic || v > 0
}

// dot is a small diamond.
func dot(at vg.Point, r vg.Length) []vg.Point {
	return []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}}
}

// level draws a horizontal line over the whole width.
func level(c draw.Canvas, p *plot.Plot, style draw.LineStyle, y float64) {
	stroke(c, p, style, []xy{{p.X.Min, y}, {p.X.Max, y}})
}

// panels are panels one above the other, their data areas aligned.
type panels struct {
	all  []*panel
	each vg.Length // height of one
}

func (s panels) height() vg.Length { return vg.Length(len(s.all)) * s.each }

func (s panels) draw(c draw.Canvas) {
	gutter := s.gutter()
	inner := draw.Crop(c, 0, -gutter, 0, 0)
	grid := make([][]*plot.Plot, len(s.all))
	for i, p := range s.all {
		grid[i] = []*plot.Plot{p.plot}
		if p.empty {
			p.plot.X.Tick.Marker, p.plot.Y.Tick.Marker = plot.ConstantTicks{}, plot.ConstantTicks{}
		}
	}
	aligned := plot.Align(grid, draw.Tiles{Rows: len(s.all), Cols: 1, PadY: 6}, inner)
	for i, p := range s.all {
		tile := aligned[i][0]
		p.plot.Draw(tile)
		data := p.plot.DataCanvas(tile)
		title := p.plot.Title.TextStyle
		tile.FillText(title, vg.Point{X: c.Min.X, Y: tile.Max.Y - title.Font.Size},
			fit(title, p.title, c.Max.X-c.Min.X))
		if p.empty {
			style := textStyle(sizeTitle, soft, false)
			style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
			data.FillText(style, data.Center(), "no samples")
			continue
		}
		p.drawNotes(data, c.Max.X)
	}
}

const (
	noteGap    = vg.Length(12) // from the data to a note
	noteHeight = vg.Length(13) // of a line of notes
	mostGutter = vg.Length(190)
)

// gutter is the width that the notes need.
func (s panels) gutter() vg.Length {
	style := textStyle(sizeLabel, ink, false)
	widest := vg.Length(0)
	for _, p := range s.all {
		for _, n := range p.right {
			widest = max(widest, style.Width(n.text)+noteGap+2)
		}
	}
	return min(widest, mostGutter)
}

// drawNotes writes the notes right of the data, moved apart where they would overlap.
func (p *panel) drawNotes(data draw.Canvas, end vg.Length) {
	notes := slices.DeleteFunc(slices.Clone(p.right), func(n note) bool {
		return !drawable(p.plot.Y, n.y) || !data.ContainsY(data.Y(p.plot.Y.Norm(n.y)))
	})
	slices.SortStableFunc(notes, func(a, b note) int { return cmp.Compare(a.y, b.y) })
	wanted := make([]float64, len(notes))
	for i, n := range notes {
		wanted[i] = float64(data.Y(p.plot.Y.Norm(n.y)))
	}
	placed := spreadOut(wanted, float64(noteHeight), float64(data.Min.Y), float64(data.Max.Y+noteHeight))
	for i, n := range notes {
		style := textStyle(sizeLabel, n.color, false)
		style.YAlign = draw.YCenter
		from := vg.Point{X: data.Max.X + 1, Y: vg.Length(wanted[i])}
		to := vg.Point{X: data.Max.X + noteGap - 2, Y: vg.Length(placed[i])}
		data.StrokeLine2(line(n.color, 0.5), from.X, from.Y, to.X, to.Y)
		data.FillText(style, vg.Point{X: to.X + 2, Y: to.Y + 1}, fit(style, n.text, end-to.X-2))
	}
}

// spreadOut moves ascending places apart so that neighbours are at least gap apart
// and all lie in [low, high], each as near to where it wants to be as its
// neighbours allow; when there is no room for all, they are spaced evenly.
func spreadOut(wanted []float64, gap, low, high float64) []float64 {
	n := len(wanted)
	if n == 0 {
		return nil
	}
	if need := gap * float64(n-1); need > high-low {
		gap = (high - low) / float64(max(1, n-1))
	}
	// Groups of touching neighbours, each centred on what its members want.
	type group struct {
		sum   float64 // of wanted - offset within the group
		count int
	}
	var groups []group
	start := func(g group, before int) float64 {
		lowest := low + float64(before)*gap
		highest := high - float64(n-before-1)*gap
		return min(max(g.sum/float64(g.count), lowest), highest)
	}
	for _, w := range wanted {
		groups = append(groups, group{w, 1})
		for len(groups) > 1 {
			last, previous := groups[len(groups)-1], groups[len(groups)-2]
			before := 0
			for _, g := range groups[:len(groups)-2] {
				before += g.count
			}
			if start(previous, before)+float64(previous.count)*gap <= start(last, before+previous.count) {
				break
			}
			merged := group{
				previous.sum + last.sum - float64(last.count*previous.count)*gap, previous.count + last.count,
			}
			groups = append(groups[:len(groups)-2], merged)
		}
	}
	placed := make([]float64, 0, n)
	for _, g := range groups {
		first := start(g, len(placed))
		for i := range g.count {
			placed = append(placed, first+float64(i)*gap)
		}
	}
	return placed
}
