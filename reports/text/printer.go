package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// style is an ANSI "select graphic rendition" (ECMA-48, section 8.3.117).
type style string

const (
	plain   style = ""
	bold    style = "1"
	dim     style = "2"
	red     style = "1;31"
	green   style = "32"
	yellow  style = "33"
	magenta style = "35"
)

// printer writes lines of at most width columns, and keeps the first error.
type printer struct {
	w     io.Writer
	width int
	color bool
	err   error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// paint wraps a text in a style.
func (p *printer) paint(s style, text string) string {
	if !p.color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// line prints a text, wrapped; what was indented stays so.
func (p *printer) line(s style, text string) {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	for _, l := range wrap(text, p.width-len(indent)) {
		if l != "" {
			l = indent + l
		}
		p.printf("%s\n", p.paint(s, l))
	}
}

// fieldWidth is the width of a field's name, with the space after it.
const fieldWidth = 11

// field prints a name and a text that is wrapped beside it.
func (p *printer) field(name, text string) {
	for i, l := range wrap(text, p.width-fieldWidth) {
		label := ""
		if i == 0 {
			label = name
		}
		if l == "" {
			l = figures.Unknown
		}
		p.printf("%s%s\n", p.paint(dim, pad(label, fieldWidth)), l)
	}
}

// fields prints texts below each other, with the name beside the first.
func (p *printer) fields(name string, texts []string) {
	for _, text := range texts {
		p.field(name, text)
		name = ""
	}
}

// item prints one item of a list.
func (p *printer) item(text string) {
	for i, l := range wrap(text, p.width-2) {
		lead := "  "
		if i == 0 {
			lead = "- "
		}
		p.printf("%s%s\n", lead, l)
	}
}
