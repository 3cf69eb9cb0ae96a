package chart

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// placer puts labels beside points so that none covers another or a mark.
type placer struct {
	c     draw.Canvas
	taken []vg.Rectangle
}

// keep marks a place as taken.
func (p *placer) keep(center vg.Point, w, h vg.Length) {
	p.taken = append(p.taken, around(center, w, h))
}

// around is the box of a width and a height around its centre.
func around(center vg.Point, w, h vg.Length) vg.Rectangle {
	half := vg.Point{X: w / 2, Y: h / 2}
	return vg.Rectangle{Min: center.Sub(half), Max: center.Add(half)}
}

// corners are the points of an upright rectangle.
func corners(left, bottom, right, top vg.Length) []vg.Point {
	return []vg.Point{{X: left, Y: bottom}, {X: right, Y: bottom}, {X: right, Y: top}, {X: left, Y: top}}
}

// side is where a label may stand, seen from its point.
type side struct{ right, up vg.Length } // -1, 0 or 1: before, centred on or after the point

var (
	upperLeft  = []side{{-1, 1}, {-1, 0}, {0, 1}, {1, 1}, {0, -1}, {-1, -1}, {1, 0}, {1, -1}}
	lowerRight = []side{{1, -1}, {1, 0}, {0, -1}, {-1, -1}, {0, 1}, {1, 1}, {-1, 0}, {-1, 1}}
	above      = []side{{0, 1}, {-1, 1}, {1, 1}, {1, 0}, {-1, 0}, {0, -1}, {-1, -1}, {1, -1}}
	below      = []side{{0, -1}, {1, -1}, {-1, -1}, {1, 0}, {-1, 0}, {0, 1}, {-1, 1}, {1, 1}}
)

// label writes the lines, the first one bold, at the first side where it is free, first near the point
// and then further away; where all is taken it is left out.
func (p *placer) label(point vg.Point, c color.Color, sides []side, lines ...string) {
	bold, plain := textStyle(sizeLabel, c, true), textStyle(sizeLabel, c, false)
	w, lineHeight := bold.Width(lines[0]), bold.Font.Size*1.2
	for _, l := range lines[1:] {
		w = max(w, plain.Width(l))
	}
	h := lineHeight * vg.Length(len(lines))
	for away := vg.Length(6); away <= 40; away += 11 {
		for _, s := range sides {
			center := vg.Point{X: point.X + s.right*(w/2+6), Y: point.Y + s.up*(h/2+away)}
			if s.up == 0 {
				center.X += s.right * (away - 6)
			}
			box := around(center, w, h)
			if !p.free(box) {
				continue
			}
			p.taken = append(p.taken, box)
			p.c.FillPolygon(halo, corners(box.Min.X, box.Min.Y, box.Max.X, box.Max.Y))
			style := bold
			for i, l := range lines {
				style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
				p.c.FillText(style, vg.Point{X: center.X, Y: box.Max.Y - (vg.Length(i)+0.5)*lineHeight + 1}, l)
				style = plain
			}
			return
		}
	}
}

func (p *placer) free(box vg.Rectangle) bool {
	if box.Min.X < p.c.Min.X || box.Max.X > p.c.Max.X || box.Min.Y < p.c.Min.Y || box.Max.Y > p.c.Max.Y {
		return false
	}
	for _, t := range p.taken {
		if box.Min.X < t.Max.X && box.Max.X > t.Min.X && box.Min.Y < t.Max.Y && box.Max.Y > t.Min.Y {
			return false
		}
	}
	return true
}
