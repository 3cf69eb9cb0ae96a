package chart

import (
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// margin is left free around a chart.
const margin = vg.Length(12)

// frame is a chart's heading and footer.
type frame struct {
	title  string
	about  string // below the title: how to read it, with the figures
	footer string // where the figures come from
}

// footerFunc writes the footer of a chart that is about stores of some kind.
type footerFunc func(stores string) string

// footerOf says where a report's figures come from.
func footerOf(r *figures.Report) footerFunc {
	host := r.Run.Host
	cpu, cores := figures.Clean(host.CPUModel), figures.Plural(host.Cores, "core")
	if cpu == "" {
		cpu = "CPU unknown"
	}
	if host.Cores < 1 {
		cores = "cores unknown"
	}
	return func(stores string) string {
		parts := []string{
			"run " + figures.Shorten(figures.Clean(r.Run.ID), 40), figures.Shorten(cpu, 60) + ", " + cores,
			figures.Shorten(stores, 120),
			r.Run.Started.UTC().Format("2006-01-02 15:04 UTC"),
		}
		for i := range parts {
			parts[i] = keep(parts[i])
		}
		return strings.Join(parts, " · ")
	}
}

// keep makes a text stay on one line.
func keep(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }

// block is a paragraph of the frame, broken into lines.
type block struct {
	style draw.TextStyle
	lines []string
	after vg.Length // left free below it
}

func (b block) lineHeight() vg.Length { return b.style.Font.Size * 1.3 }
func (b block) height() vg.Length {
	if len(b.lines) == 0 {
		return 0
	}
	return vg.Length(len(b.lines))*b.lineHeight() + b.after
}

func (f frame) blocks() (above []block, below block) {
	make := func(text string, size float64, bold bool, most int, after vg.Length) block {
		style := textStyle(size, ink, bold)
		if !bold {
			style.Color = soft
		}
		return block{style, wrap(style, text, width-2*margin, most), after}
	}
	above = []block{make(f.title, sizeTitle, true, 2, 2), make(f.about, sizeText, false, 3, 8)}
	return above, make(f.footer, sizeFooter, false, 2, 0)
}

func (f frame) height() vg.Length {
	above, below := f.blocks()
	h := 2*margin + below.height() + 6
	for _, b := range above {
		h += b.height()
	}
	return h
}

// draw draws the frame and returns what it leaves free.
func (f frame) draw(c draw.Canvas) draw.Canvas {
	c = draw.Crop(c, margin, -margin, margin, -margin)
	above, below := f.blocks()
	for _, b := range above {
		for i, text := range b.lines {
			c.FillText(b.style, vg.Point{X: c.Min.X, Y: c.Max.Y - vg.Length(i)*b.lineHeight() - b.style.Font.Size},
				text)
		}
		c.Max.Y -= b.height()
	}
	for i, text := range below.lines {
		c.FillText(below.style,
			vg.Point{X: c.Min.X, Y: c.Min.Y + vg.Length(len(below.lines)-1-i)*below.lineHeight() + 2}, text)
	}
	c.Min.Y += below.height() + 6
	return c
}

// wrap breaks a text into at most the given number of lines that fit the width; what
// does not fit any more is cut, with "…".
func wrap(style draw.TextStyle, text string, room vg.Length, most int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Split(text, " ") {
		longer := strings.TrimSpace(current + " " + word)
		if word == "" {
			continue
		}
		if current == "" || style.Width(longer) <= room {
			current = longer
			continue
		}
		lines = append(lines, current)
		current = word
	}
	if current != "" {
		lines = append(lines, current)
	}
	if len(lines) > most {
		lines = append(lines[:most-1], lines[most-1]+" …")
	}
	for i := range lines {
		lines[i] = fit(style, lines[i], room)
	}
	return lines
}

// fit cuts a text so that it fits the width, with "…".
func fit(style draw.TextStyle, text string, room vg.Length) string {
	if style.Width(text) <= room {
		return text
	}
	low, high := 0, len([]rune(text)) // the most characters that fit lie in [low, high)
	for low+1 < high {
		if middle := (low + high) / 2; style.Width(figures.Shorten(text, middle)) <= room {
			low = middle
		} else {
			high = middle
		}
	}
	return figures.Shorten(text, max(1, low))
}
