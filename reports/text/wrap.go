package text

import (
	"fmt"
	"io"
	"strings"
)

// wrap breaks a text at its spaces into lines of at most the given number of columns;
// a longer word is broken anywhere. There is always at least one line.
func wrap(s string, width int) []string {
	width = max(2, width) // of a wide character
	var lines []string
	current, used := "", 0
	end := func() {
		if used > 0 {
			lines, current, used = append(lines, current), "", 0
		}
	}
	for word := range strings.FieldsSeq(s) {
		if used > 0 && used+1+columns(word) > width {
			end()
		}
		if used > 0 {
			current, used = current+" ", used+1
		}
		for _, r := range word {
			if used+runeColumns(r) > width {
				end()
			}
			current, used = current+string(r), used+runeColumns(r)
		}
	}
	end()
	if len(lines) == 0 {
		return []string{""}
	}
	return lines
}

// shorten cuts a wrapped text to the given number of lines, and says so with "…".
func shorten(lines []string, most, width int) []string {
	if len(lines) <= most {
		return lines
	}
	lines = lines[:most:most]
	last := []rune(lines[most-1])
	for len(last) > 0 && columns(string(last))+2 > width {
		last = last[:len(last)-1]
	}
	return append(lines[:most-1:most-1], strings.TrimRight(string(last), " ")+" …")
}

// pad fills a text with spaces up to the given number of columns.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-columns(s)))
}

// leastHung are the columns that a text has beside its lead, however narrow the terminal is.
const leastHung = 20

// hang prints a text in lines of at most the width, those after the first indented like it.
func hang(w io.Writer, lead, text string, width int) {
	for i, line := range wrap(text, max(leastHung, width-columns(lead))) {
		if i == 1 {
			lead = strings.Repeat(" ", columns(lead))
		}
		fmt.Fprintln(w, lead+line)
	}
}
