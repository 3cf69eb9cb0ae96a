package flame

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Fills of frames that changed, from a little to much: tints of two hues that people with a colour vision deficiency
// tell apart.
var (
	more = [...]string{"#fbe0cf", "#f6b88f", "#ee8a4c"}
	less = [...]string{"#d6e8f6", "#a3cdec", "#69aee0"}
)

const unchanged = "#e4e7eb"

// steps are the shares of the hottest change from which on the stronger fills are taken.
var steps = [...]float64{0.15, 0.5}

// SVG draws the difference: the frames of the head, coloured by their change, and below them those that vanished. A
// drawing has at most [MostBytes].
func (d *Difference) SVG(w io.Writer, o Options) error {
	all := map[string]bool{}
	d.root.names(all)
	p := &diffDrawing{Difference: d, options: o, short: Shorten(all)}
	if _, err := w.Write(fit(least, p.sheet, !o.Inline)); err != nil {
		return fmt.Errorf("draw the differential flame graph: %w", err)
	}
	return nil
}

func (p *pairOf) names(into map[string]bool) {
	into[p.function] = true
	for _, b := range p.below {
		b.names(into)
	}
}

// diffDrawing draws one difference.
type diffDrawing struct {
	*Difference
	options Options
	short   map[string]string
	share   float64 // of the whole below which frames are left out
	left    float64 // nanoseconds per request of the frames that are left out
	boxes   []box
}

// whole is the time per request of the slower side, in nanoseconds.
func (d *diffDrawing) whole() float64 { return max(d.base.per(d.base.all), d.head.per(d.head.all)) }

func (d *diffDrawing) sheet(share float64) sheet {
	base, head := d.base.per(d.base.all), d.head.per(d.head.all)
	s := sheet{title: d.options.Title, about: []string{fmt.Sprintf(
		"Processor time per request: base %s (%s), head %s (%s), %s.", Micros(base),
		figures.Plural(int(d.base.all.Samples), "sample"), Micros(head),
		figures.Plural(int(d.head.all.Samples), "sample"), Signed(head-base),
	)}}
	d.share, d.left, d.boxes = share, 0, nil
	if d.whole() <= 0 {
		s.foot = d.options.Notes
		return s
	}
	s.about = append(s.about, "Callers stand above what they call. A frame is as wide as its time in the head; "+
		"the hottest change stands first.")
	s.legend = []mark{
		{fill: less[2], name: "less than in the base"}, {fill: unchanged, name: "no change beyond chance"},
		{fill: more[2], name: "more"}, {fill: less[0], dashed: true, name: "vanished: in the base alone"},
	}
	d.place(d.root, 0, 0)
	s.parts = []part{{heading: "Head", boxes: d.boxes}}
	s.foot = append(s.foot, leftOut(share, d.left, d.whole()))
	gone, rest := d.gone(d.root)
	if gone > 0 {
		d.left, d.boxes = 0, nil
		d.placeGone(d.root, 0, 0, sheetWidth/gone)
		if d.left > 0 {
			s.foot = append(s.foot, fmt.Sprintf("Of what vanished, %s are in such frames.", percent(d.left, gone)))
		}
		s.parts = append(s.parts, part{heading: fmt.Sprintf(
			"Vanished: %s per request in the base, none in the head; drawn %s times as wide", Micros(gone),
			figures.Number(d.whole()/gone)), boxes: d.boxes})
	} else {
		s.foot = append(s.foot, "No call path vanished.")
	}
	if rest > 0 {
		s.foot = append(s.foot, fmt.Sprintf("Call paths of %s per request were seen in the base alone, each so seldom "+
			"that chance explains it.", Micros(rest)))
	}
	s.foot = append(s.foot, d.options.Notes...)
	return s
}

// place puts a frame of the head and those below it on the sheet.
func (d *diffDrawing) place(p *pairOf, row int, x float64) {
	wide := sheetWidth / d.whole()
	if p != d.root {
		d.boxes = append(d.boxes, d.box(p, row, x, d.head.per(p.head)*wide))
		row++
	}
	for _, b := range p.byHeat() {
		value := d.head.per(b.head)
		if value < d.share*d.whole() || value == 0 {
			d.left += value
			continue
		}
		d.place(b, row, x)
		x += value * wide
	}
}

// vanished reports whether a frame is in the base alone, by more than chance.
func (d *Difference) vanished(p *pairOf) bool { return p.head.Samples == 0 && d.moved(p.base, p.head) }

// gone is the time per request of the frames that vanished, at or below a frame, and of those that are in the base
// alone by chance.
func (d *Difference) gone(p *pairOf) (gone, chance float64) {
	switch {
	case d.vanished(p):
		return d.base.per(p.base), 0
	case p.head.Samples == 0:
		return 0, d.base.per(p.base)
	}
	for _, b := range p.below {
		g, c := d.gone(b)
		gone, chance = gone+g, chance+c
	}
	return gone, chance
}

// placeGone puts the frames that vanished on the sheet, below those from which they were called.
func (d *diffDrawing) placeGone(p *pairOf, row int, x, wide float64) {
	if p != d.root {
		gone, _ := d.gone(p)
		b := d.box(p, row, x, gone*wide)
		b.fill, b.labels = unchanged, b.labels[len(b.labels)-1:]
		d.boxes = append(d.boxes, b)
		row++
	}
	for _, b := range p.byHeat() {
		gone, _ := d.gone(b)
		switch {
		case gone*wide < d.share*sheetWidth:
			d.left += gone
		case d.vanished(b):
			d.placeBase(b, row, x, wide)
		default:
			d.placeGone(b, row, x, wide)
		}
		x += gone * wide
	}
}

// placeBase puts a frame that vanished on the sheet, with all that is below it.
func (d *diffDrawing) placeBase(p *pairOf, row int, x, wide float64) {
	b := d.box(p, row, x, d.base.per(p.base)*wide)
	b.fill, b.dashed = less[0], true
	d.boxes = append(d.boxes, b)
	for _, below := range p.byHeat() {
		value := d.base.per(below.base)
		if value*wide < d.share*sheetWidth {
			d.left += value
			continue
		}
		d.placeBase(below, row+1, x, wide)
		x += value * wide
	}
}

func (d *diffDrawing) box(p *pairOf, row int, x, width float64) box {
	change := d.change(p.base, p.head)
	b := box{x: x, width: width, row: row, fill: unchanged, labels: []string{d.short[p.function]}}
	what := "no change beyond chance"
	if d.moved(p.base, p.head) {
		b.fill, what = d.fill(change), d.what(p)
		b.labels = []string{d.short[p.function] + " " + Signed(change), d.short[p.function]}
	}
	b.title = fmt.Sprintf("%s: base %s, head %s per request, %s, %s; %s and %s", clean(p.function),
		Micros(d.base.per(p.base)), Micros(d.head.per(p.head)), Signed(change), what,
		figures.Count(uint64(p.base.Samples)), figures.Plural(int(p.head.Samples), "sample"))
	return b
}

// what says how a frame moved.
func (d *Difference) what(p *pairOf) string {
	switch {
	case p.base.Samples == 0:
		return "new"
	case p.head.Samples == 0:
		return "vanished"
	case d.change(p.base, p.head) > 0:
		return "more"
	}
	return "less"
}

// fill is the colour of a change, in nanoseconds per request.
func (d *Difference) fill(change float64) string {
	tint := 0
	for _, s := range steps {
		if math.Abs(change) >= s*d.hottest {
			tint++
		}
	}
	if change < 0 {
		return less[tint]
	}
	return more[tint]
}

// Signed is a change, given in nanoseconds, with its sign.
func Signed(nanoseconds float64) string {
	if text := Micros(nanoseconds); strings.HasPrefix(text, "-") {
		return "−" + text[1:]
	} else if nanoseconds > 0 {
		return "+" + text
	}
	return Micros(0)
}
