package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// glyph draws a mark of the style's colour and radius around a point, with lines that
// are thick enough to be seen at a glance.
type glyph func(c *draw.Canvas, style draw.GlyphStyle, at vg.Point)

// DrawGlyph draws the mark.
func (g glyph) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) { g(c, style, at) }

const glyphLine = 1.9 // points

func cross(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.StrokeLine2(line(s.Color, glyphLine+0.4), at.X-s.Radius, at.Y-s.Radius, at.X+s.Radius, at.Y+s.Radius)
	c.StrokeLine2(line(s.Color, glyphLine+0.4), at.X-s.Radius, at.Y+s.Radius, at.X+s.Radius, at.Y-s.Radius)
}

func square(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius
	hollow(c, s, corners(at.X-r, at.Y-r, at.X+r, at.Y+r))
}

func ring(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	const corners = 24
	var points []vg.Point
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		points = append(points, vg.Point{X: at.X + s.Radius*vg.Length(cos), Y: at.Y + s.Radius*vg.Length(sin)})
	}
	hollow(c, s, points)
}

// hollow draws an outline, white inside.
func hollow(c *draw.Canvas, s draw.GlyphStyle, outline []vg.Point) {
	c.FillPolygon(white, outline)
	c.StrokeLines(line(s.Color, glyphLine), append(outline, outline[0], outline[1]))
}
