package flame

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// least is the share of the whole below which frames are left out.
const least = 0.002

// Options say how a graph is drawn.
type Options struct {
	Title  string
	Module string   // import path of the program's own code
	Notes  []string // more that a reader must know, a line each
	Inline bool     // as an element of a page; else as a file of its own
}

// SVG draws the graph: callers above, what they call below, as wide as its share of the processor time. A drawing has
// at most [MostBytes].
func (g *Graph) SVG(w io.Writer, o Options) error {
	all := map[string]bool{}
	names(all, g.Root.Below...)
	d := &drawing{graph: g, options: o, short: Shorten(all)}
	if _, err := w.Write(fit(least, d.sheet, !o.Inline)); err != nil {
		return fmt.Errorf("draw the flame graph: %w", err)
	}
	return nil
}

// drawing draws one graph.
type drawing struct {
	graph   *Graph
	options Options
	short   map[string]string
	share   float64 // of the whole below which frames are left out
	left    float64 // nanoseconds of the frames that are left out
	boxes   []box
}

func (d *drawing) sheet(share float64) sheet {
	root := d.graph.Root
	d.share, d.left, d.boxes = share, 0, nil
	s := sheet{title: d.options.Title, about: []string{d.sampled()}}
	if root.All.Nanoseconds > 0 {
		d.place(root, 0, 0, sheetWidth)
		s.about = append(s.about, "Callers stand above what they call. A frame is as wide as its share of the time; "+
			"where nothing stands below it, the function itself was at work.")
		for _, k := range kinds[:ofNobody] {
			s.legend = append(s.legend, mark{fill: k.fill, name: k.name})
		}
		s.parts = []part{{boxes: d.boxes}}
		s.foot = append(s.foot, leftOut(share, d.left, root.All.Nanoseconds))
	}
	s.foot = append(s.foot, d.options.Notes...)
	return s
}

// sampled says how much there is to draw, e.g. "120 samples at workers, 12 at the primary".
func (d *drawing) sampled() string {
	root := d.graph.Root
	if root.All.Nanoseconds == 0 {
		return "No samples: the processes used no processor time that a profile would show."
	}
	var roles []string
	for _, r := range root.byTime() {
		roles = append(roles, fmt.Sprintf("%s %s", clean(r.Function), percent(r.All.Nanoseconds, root.All.Nanoseconds)))
	}
	text := figures.Plural(int(root.All.Samples), "sample")
	if d.graph.Requests > 0 {
		text += ", " + Micros(root.All.Nanoseconds/d.graph.Requests) + " of processor time per request"
	}
	return fmt.Sprintf("%s: %s. Chance moves a share by up to ± %s points (95 %%).", text, strings.Join(roles, ", "),
		figures.Number(chance(root.All.Samples)))
}

// chance is half the width of the interval at 95 % of a share of half of the samples, in percentage points; that of
// another share is narrower. Samples are taken as drawn independently.
func chance(samples float64) float64 { return 100 * 1.96 * math.Sqrt(0.25/samples) }

// place puts a frame and those below it on the sheet. The frame of all is the row of the roles' own.
func (d *drawing) place(f *Frame, row int, x, width float64) {
	total := d.graph.Root.All.Nanoseconds
	if f != d.graph.Root {
		d.boxes = append(d.boxes, d.box(f, row, x, width))
		row++
	}
	for _, b := range f.byTime() {
		if b.All.Nanoseconds < d.share*total {
			d.left += b.All.Nanoseconds
			continue
		}
		wide := sheetWidth * b.All.Nanoseconds / total
		d.place(b, row, x, wide)
		x += wide
	}
}

func (d *drawing) box(f *Frame, row int, x, width float64) box {
	total := d.graph.Root.All.Nanoseconds
	of := kindOf(f.Function, d.options.Module)
	if row == 0 {
		of = ofNobody
	}
	title := fmt.Sprintf("%s: %s", clean(f.Function), percent(f.All.Nanoseconds, total))
	if d.graph.Requests > 0 {
		title += ", " + Micros(f.All.Nanoseconds/d.graph.Requests) + " per request"
	}
	title += ", " + figures.Plural(int(f.All.Samples), "sample")
	if f.Self.Nanoseconds > 0 && len(f.Below) > 0 {
		title += "; itself " + percent(f.Self.Nanoseconds, total)
	}
	name := d.short[f.Function]
	return box{
		x: x, width: width, row: row, fill: kinds[of].fill, title: title,
		labels: []string{name + " " + percent(f.All.Nanoseconds, total), name},
	}
}

// leftOut says which frames are left out.
func leftOut(share, left, total float64) string {
	text := fmt.Sprintf("Frames below %s are left out", percent(share, 1))
	if left > 0 {
		text += fmt.Sprintf(": %s of the time", percent(left, total))
	}
	return text + "."
}

// percent is a part of a whole.
func percent(part, whole float64) string { return figures.Number(100*part/whole) + " %" }

// Micros is a time, given in nanoseconds.
func Micros(nanoseconds float64) string { return figures.Number(nanoseconds/1000) + " µs" }
