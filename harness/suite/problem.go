package suite

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with a suite file.
type Problem struct {
	File    string
	Line    int    // 1 and up
	Column  int    // 1 and up, in characters
	Message string // what is wrong
	Allowed string // what may stand there; empty when there is nothing to choose from
	Snippet string // the line with its number, and a caret under the column; empty when there is no such line
}

// String renders the problem as file:line:column, message, snippet and what is allowed.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n", p.File, p.Line, p.Column, p.Message)
	b.WriteString(p.Snippet)
	if p.Allowed != "" {
		fmt.Fprintf(&b, "  allowed: %s\n", p.Allowed)
	}
	return b.String()
}

// mostProblems is how many problems are kept; the rest is counted.
const mostProblems = 100

// Errors is everything that is wrong with a suite file.
type Errors struct {
	File     string
	Problems []Problem // in the order of the file, at least one
	Omitted  int       // further problems that are not listed
}

// Error renders all problems, and how many there are.
func (e *Errors) Error() string {
	var b strings.Builder
	for _, p := range e.Problems {
		b.WriteString(p.String())
		b.WriteByte('\n')
	}
	total := len(e.Problems) + e.Omitted
	switch {
	case e.Omitted > 0:
		fmt.Fprintf(&b, "%s: %d problems, of which the first %d are listed", e.File, total, len(e.Problems))
	case total == 1:
		fmt.Fprintf(&b, "%s: 1 problem", e.File)
	default:
		fmt.Fprintf(&b, "%s: %d problems", e.File, total)
	}
	return b.String()
}

// position is a place in a file.
type position struct{ line, column int }

// source is a file's text, against which problems are reported.
type source struct {
	file     string
	lines    []string
	problems []Problem
}

func newSource(file, text string) *source {
	return &source{file: file, lines: strings.Split(unixLines(text), "\n")}
}

// unixLines makes every line end a line feed: the YAML parser counts lines that end in
// comments twice when they end in carriage return and line feed.
func unixLines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// report notes a problem.
func (s *source) report(at position, message, allowed string) {
	s.problems = append(s.problems, Problem{
		File: s.file, Line: max(1, at.line), Column: max(1, at.column), Message: message, Allowed: allowed,
	})
}

// err returns what was reported, or nil.
func (s *source) err() error {
	if len(s.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(s.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	e := &Errors{File: s.file, Problems: s.problems}
	if len(e.Problems) > mostProblems {
		e.Omitted = len(e.Problems) - mostProblems
		e.Problems = e.Problems[:mostProblems]
	}
	for i := range e.Problems {
		e.Problems[i].Snippet = s.snippet(position{e.Problems[i].Line, e.Problems[i].Column})
	}
	return e
}

// snippet shows the line of a position and a caret under its column.
func (s *source) snippet(at position) string {
	const (
		width  = 100 // characters of a line that are shown
		before = 70  // of these at most so many before the column
	)
	if at.line > len(s.lines) {
		return ""
	}
	line := []rune(s.lines[at.line-1])
	column := min(at.column-1, len(line)) // an empty value ends where the line ends
	cutLeft, cutRight := "", ""
	if column > before {
		line, column, cutLeft = line[column-before:], before, "…"
	}
	if len(line) > width {
		line, cutRight = line[:width], "…"
	}
	gutter := fmt.Sprintf("%5d | ", at.line)
	indent := strings.Repeat(" ", len(gutter)-2) + "| " + strings.Repeat(" ", len([]rune(cutLeft))) + blank(line[:column])
	return gutter + cutLeft + printable(line) + cutRight + "\n" + indent + "^\n"
}

// printable keeps a line from steering the terminal that it is shown on.
func printable(line []rune) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(line))
}

// blank is as wide as the text: tabs stay, for they have no width of their own.
func blank(text []rune) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(text))
}
