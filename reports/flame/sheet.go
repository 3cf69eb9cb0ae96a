package flame

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// MostBytes is the most that a drawing has, in bytes. Small frames are left out until it is met.
const MostBytes = 150_000

// The measures of a drawing, in CSS pixels at its full size.
const (
	sheetWidth = 1200.0
	rowHeight  = 19.0
	frameGap   = 1.0 // between two rows
	fontSize   = 12.0
	charWidth  = 7.25 // of the monospaced type at that size, at most
	padding    = 4.0  // left and right of a label
	lineHeight = 17.0 // of the sentences above and below
	indent     = 2.0  // of those sentences
)

const (
	inkColour  = "#1f242b"
	softColour = "#535c66"
	mono       = "ui-monospace,'Liberation Mono','DejaVu Sans Mono',monospace"
	sans       = "'Liberation Sans',Arial,sans-serif"
)

// box is one frame as it is drawn.
type box struct {
	x, width float64
	row      int
	fill     string
	dashed   bool     // it is there no more
	title    string   // all that is known of the frame
	labels   []string // what may be written in it, the longest first
}

// mark is one entry of a legend.
type mark struct {
	fill   string
	dashed bool
	name   string
}

// sheet is a drawing: sentences, a legend, and parts with a heading each.
type sheet struct {
	title  string
	about  []string // sentences below the title
	legend []mark
	parts  []part
	foot   []string
}

// part is a group of frames, of which the topmost stand in row 0.
type part struct {
	heading string // "" for none
	boxes   []box
}

// fit is the drawing with as small frames as [MostBytes] leaves room for. made makes it without frames below a share
// of the whole.
func fit(share float64, made func(share float64) sheet, alone bool) []byte {
	for {
		var b bytes.Buffer
		made(share).write(&b, alone)
		if b.Len() <= MostBytes || share > 1 {
			return b.Bytes()
		}
		share *= 1.25
	}
}

// write writes the drawing, as a file of its own or as an element of a page. It has neither ids nor styles, so that a
// page can hold several under any policy.
func (s sheet) write(w *bytes.Buffer, alone bool) {
	var body bytes.Buffer
	y := lineHeight
	sentence(&body, y, 14, inkColour, "bold", s.title)
	for _, line := range s.about {
		y += lineHeight
		sentence(&body, y, fontSize, softColour, "", line)
	}
	if len(s.legend) > 0 {
		y += lineHeight + 3
		legend(&body, y, s.legend)
	}
	y += 10
	for _, p := range s.parts {
		if p.heading != "" {
			y += lineHeight
			sentence(&body, y, fontSize, inkColour, "bold", p.heading)
			y += 6
		}
		rows := p.write(&body, y)
		y += float64(rows)*rowHeight + 6
	}
	for _, line := range s.foot {
		y += lineHeight
		sentence(&body, y, fontSize, softColour, "", line)
	}
	y += 8
	namespace := ""
	if alone {
		namespace = ` xmlns="http://www.w3.org/2000/svg"`
	}
	fmt.Fprintf(w, `<svg%s class="flame" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`,
		namespace, number(sheetWidth), number(y), number(sheetWidth), number(y),
		escaped(s.title+". "+strings.Join(s.about, " ")))
	fmt.Fprintf(w, "\n"+`<rect width="%s" height="%s" fill="#fff"/>`+"\n", number(sheetWidth), number(y))
	w.Write(body.Bytes())
	w.WriteString("</svg>\n")
}

// write draws the frames below a height, and is how many rows they take.
func (p part) write(w io.Writer, top float64) (rows int) {
	var labels bytes.Buffer
	fmt.Fprintf(w, `<g class="frames" stroke="#fff" stroke-width=".7" data-top="%s">`+"\n", number(top))
	for _, b := range p.boxes {
		rows = max(rows, b.row+1)
		y := top + float64(b.row)*rowHeight
		dashed := ""
		if b.dashed {
			dashed = ` stroke="#004b7c" stroke-width="1.2" stroke-dasharray="4 3"`
		}
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s><title>%s</title></rect>`+"\n",
			number(b.x), number(y), number(b.width), number(rowHeight-frameGap), b.fill, dashed, escaped(b.title))
		if label := b.label(); label != "" {
			fmt.Fprintf(&labels, `<text x="%s" y="%s">%s</text>`+"\n",
				number(b.x+padding), number(y+rowHeight-frameGap-4.5), escaped(label))
		}
	}
	fmt.Fprintf(w, "</g>\n"+`<g class="labels" pointer-events="none" font-family="%s" font-size="%s" fill="%s">`+"\n",
		mono, number(fontSize), inkColour)
	_, _ = w.Write(labels.Bytes()) // into a buffer
	_, _ = io.WriteString(w, "</g>\n")
	return rows
}

// label is the longest of the labels that there is room for; of the last one, its end may be enough.
func (b box) label() string {
	room := int((b.width - 2*padding) / charWidth)
	for _, l := range b.labels {
		if columns(l) <= room {
			return l
		}
	}
	if len(b.labels) == 0 || room < 5 {
		return ""
	}
	runes := []rune(b.labels[len(b.labels)-1])
	for len(runes) > 0 && columns(string(runes)) > room-1 {
		runes = runes[1:]
	}
	return "…" + string(runes)
}

// columns is how much room a text needs, in characters of ASCII.
func columns(s string) int {
	wide := 0
	for _, r := range s {
		if r > 0x2e7f {
			wide++
		}
	}
	return utf8.RuneCountInString(s) + wide
}

func sentence(w io.Writer, y, size float64, colour, weight, text string) {
	if weight != "" {
		weight = ` font-weight="` + weight + `"`
	}
	fmt.Fprintf(w, `<text x="%s" y="%s" font-family="%s" font-size="%s"%s fill="%s">%s</text>`+"\n",
		number(indent), number(y), sans, number(size), weight, colour, escaped(text))
}

func legend(w io.Writer, y float64, marks []mark) {
	x := indent
	for _, m := range marks {
		dashed := ""
		if m.dashed {
			dashed = ` stroke="#004b7c" stroke-width="1.2" stroke-dasharray="4 3"`
		}
		fmt.Fprintf(w, `<rect x="%s" y="%s" width="16" height="12" fill="%s"%s/>`+"\n", number(x), number(y-10.5),
			m.fill, dashed)
		fmt.Fprintf(w, `<text x="%s" y="%s" font-family="%s" font-size="%s" fill="%s">%s</text>`+"\n",
			number(x+21), number(y), sans, number(fontSize), inkColour, escaped(m.name))
		x += 21 + float64(columns(m.name))*6.6 + 18
	}
}

// number is a coordinate, to a tenth.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

// escaped is a text that can be no markup, in HTML and in XML, in one line.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(figures.Clean(s))) // a builder takes all
	return b.String()
}
