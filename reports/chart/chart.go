// Package chart draws the charts of a report as PNG and SVG. A chart always comes out:
// where there is nothing to draw it says so.
package chart

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// The size of every chart: 800 CSS pixels wide (at 96 to the inch), 1600 pixels as PNG.
const (
	width   = vg.Length(600) // points
	perInch = 192
)

// Chart is one drawing, ready to be rendered.
type Chart struct {
	Name  string // file name without ending, e.g. "phase-1-throughput"
	Phase int    // 0: about all phases
	Title string // what is seen
	About string // the same in a sentence, with the figures, for those who do not see it
	body  drawing
	frame frame
	run   string // id of the run; "" for a history

	// What is drawn, as figures.
	columns []Column
	rows    [][]Cell
}

// drawing is what stands between a chart's heading and its footer.
type drawing interface {
	height() vg.Length
	draw(c draw.Canvas)
}

// All are the charts of a report: the overview, unless nothing but behaviour was driven, and, of each phase,
// throughput, percentiles, processor and memory, and endpoints.
func All(r *figures.Report) []Chart {
	footer := footerOf(r)
	var charts []Chart
	judged := r.Run.Options.Capacity != archive.CapacityOnly
	rated := func(p figures.Phase) bool { return p.Group != suite.GroupBehaviour }
	if judged && (len(r.Phases) == 0 || slices.ContainsFunc(r.Phases, rated)) {
		charts = append(charts, overview(r, footer))
	}
	for _, p := range r.Phases {
		if p.Search != nil {
			charts = append(charts, capacity(p, footer))
		}
		if judged {
			charts = append(charts, throughput(p, footer), percentiles(p, footer), usage(p, footer),
				endpoints(p, footer))
		}
	}
	for i := range charts {
		charts[i].run = r.Run.ID
	}
	return charts
}

// phaseChart is a chart of a phase: panels of the given height, one above the other. kind ends its name.
func phaseChart(
	p figures.Phase, footer footerFunc, kind, title, about string, each vg.Length, all ...*panel,
) Chart {
	title += ", " + p.Label()
	return Chart{
		Name: fmt.Sprintf("phase-%d-%s", p.Number, kind), Phase: p.Number, Title: title, About: about,
		body: panels{all, each}, frame: frame{title, about, footer(p.On())},
	}
}

// PNG writes the chart as a PNG image, 1600 pixels wide. The same chart gives the same bytes.
func (c Chart) PNG(w io.Writer) (err error) {
	defer c.caught(&err)
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(w, paletted(c.pixels())); err != nil {
		return fmt.Errorf("encode chart %s: %w", c.Name, err)
	}
	return nil
}

// pixels is the chart in all its colours.
func (c Chart) pixels() *image.RGBA {
	canvas := vgimg.NewWith(vgimg.UseWH(width, c.height()), vgimg.UseDPI(perInch))
	c.draw(draw.New(canvas))
	return canvas.Image().(*image.RGBA)
}

// SVG writes the chart as an SVG image. Its text is set in Liberation Sans, which is
// not embedded (that would add 1.1 MB to each chart), or in one of its metric equals.
func (c Chart) SVG(w io.Writer) (err error) {
	defer c.caught(&err)
	canvas := vgsvg.NewWith(vgsvg.UseWH(width, c.height()))
	all := draw.New(canvas)
	all.SetColor(white) // which the canvas of a PNG is from the beginning
	all.Fill(all.Rectangle.Path())
	c.draw(all)
	var text strings.Builder
	if _, err := canvas.WriteTo(&text); err != nil {
		return fmt.Errorf("encode chart %s: %w", c.Name, err)
	}
	if _, err := io.WriteString(w, fontStack.Replace(text.String())); err != nil {
		return fmt.Errorf("write chart %s: %w", c.Name, err)
	}
	return nil
}

// fontStack names fonts of the same metrics for machines without Liberation Sans.
var fontStack = strings.NewReplacer("font-family:Liberation Sans;",
	"font-family:'Liberation Sans',Arimo,Arial,Helvetica,sans-serif;")

// caught turns a panic of the drawing library, which has no errors, into one.
func (c Chart) caught(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("draw chart %s: %v", c.Name, r)
	}
}

func (c Chart) height() vg.Length { return c.frame.height() + c.body.height() }

func (c Chart) draw(canvas draw.Canvas) { c.body.draw(c.frame.draw(canvas)) }
