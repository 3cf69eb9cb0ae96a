package screen

import (
	"math"
	"strings"
)

// style is an ANSI "select graphic rendition" (ECMA-48, section 8.3.117).
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

// paint writes a text in a style, where colours are wanted.
func (s *state) paint(in style, text string) string {
	if !s.options.Color || text == "" {
		return text
	}
	return "\x1b[" + string(in) + "m" + text + "\x1b[0m"
}

// missing is a value that is not known.
var missing = math.NaN()

// levels are the heights of a sparkline.
var levels = []rune("▁▂▃▄▅▆▇█")

// sparkline draws values from 0 to the greatest of them; one that is not known is a gap.
func sparkline(values []float64) string {
	top, _ := greatest(values)
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case top <= 0:
			b.WriteRune(levels[0])
		default:
			last := len(levels) - 1
			b.WriteRune(levels[min(last, max(0, int(math.Round(v/top*float64(last)))))])
		}
	}
	return b.String()
}

// greatest is the greatest of the values that are known; false when none is.
func greatest(values []float64) (top float64, ok bool) {
	for _, v := range values {
		if !math.IsNaN(v) && (!ok || v > top) {
			top, ok = v, true
		}
	}
	return top, ok
}
