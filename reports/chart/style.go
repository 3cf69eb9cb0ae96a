package chart

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/harness/judge"
)

// Text sizes. The smallest is 12 CSS pixels.
const (
	sizeTitle  = 14
	sizePanel  = 10.5
	sizeText   = 10
	sizeLabel  = 9.5
	sizeFooter = 9
)

// The colours, from the palette of Okabe and Ito, which people with a colour vision
// deficiency tell apart (jfly.uni-koeln.de/color), darkened where they carry text.
var (
	white     = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	halo      = color.NRGBA{0xff, 0xff, 0xff, 0xc0} // keeps what lies below a label from disturbing it
	ink       = color.NRGBA{0x1f, 0x24, 0x2b, 0xff}
	soft      = color.NRGBA{0x5a, 0x63, 0x6e, 0xff}
	grid      = color.NRGBA{0xe4, 0xe7, 0xeb, 0xff}
	shade     = color.NRGBA{0x5a, 0x63, 0x6e, 0x1a}
	blue      = color.NRGBA{0x00, 0x5f, 0x9e, 0xff}
	lightBlue = color.NRGBA{0x00, 0x72, 0xb2, 0x70}
	bandBlue  = color.NRGBA{0x00, 0x72, 0xb2, 0x28}
	orange    = color.NRGBA{0xb3, 0x5c, 0x00, 0xff}
	failRed   = color.NRGBA{0xd6, 0x27, 0x28, 0xff}
	boundRed  = color.NRGBA{0xa8, 0x20, 0x3a, 0xff}
	green     = color.NRGBA{0x00, 0x7a, 0x59, 0xff}
	purple    = color.NRGBA{0x9c, 0x4f, 0x82, 0xff}
)

// workerColors tell up to eight workers apart: the palette's hues from dark to light.
var workerColors = []color.NRGBA{
	{0x00, 0x3f, 0x6b, 0xff}, {0xb3, 0x5c, 0x00, 0xff}, {0x00, 0x7a, 0x59, 0xff}, {0x9c, 0x4f, 0x82, 0xff},
	{0x1e, 0x88, 0xc8, 0xff}, {0x8a, 0x6d, 0x00, 0xff}, {0xa8, 0x20, 0x3a, 0xff}, {0x5a, 0x63, 0x6e, 0xff},
}

// verdictStyle is how a verdict looks: colour and shape, never colour alone.
func verdictStyle(v judge.Verdict) (color.NRGBA, draw.GlyphDrawer) {
	switch v {
	case judge.Verified:
		return green, draw.CircleGlyph{}
	case judge.Refuted:
		return color.NRGBA{0xc4, 0x3d, 0x00, 0xff}, glyph(cross)
	case judge.Inconclusive:
		return orange, draw.PyramidGlyph{}
	case judge.Invalid:
		return purple, glyph(square)
	default:
		return soft, glyph(ring)
	}
}

// textStyle is a style of the charts' one typeface.
func textStyle(size float64, c color.Color, bold bool) draw.TextStyle {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	if bold {
		f.Weight = 3 // bold, as golang.org/x/image/font counts weights
	}
	return draw.TextStyle{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

// line is a solid line.
func line(c color.Color, width float64) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: vg.Points(width)}
}

// dashed is a dashed line.
func dashed(c color.Color, width float64, dashes ...float64) draw.LineStyle {
	s := line(c, width)
	for _, d := range dashes {
		s.Dashes = append(s.Dashes, vg.Points(d))
	}
	return s
}
