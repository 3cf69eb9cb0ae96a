package form

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with a file.
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

// MostProblems is how many problems are kept; the rest is counted.
const MostProblems = 100

// Errors is everything that is wrong with a file.
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

// Position is a place in a file.
type Position struct {
	Line   int // 1 and up; 0 of the whole file
	Column int // 1 and up, in characters
}

// source is a file's text, against which problems are reported.
type source struct {
	form     Form
	file     string
	lines    []string
	problems []Problem
	outdated []Problem
}

// NewReader reads a document of a form; the file's name is for messages only.
func NewReader(form Form, file, text string) *Reader {
	s := &source{form: form, file: file, lines: strings.Split(unixLines(text), "\n")}
	return &Reader{source: s, good: map[string]Position{}, places: map[string]Position{}}
}

// Found is how many problems were reported.
func (s *source) Found() int { return len(s.problems) }

// unixLines makes every line end a line feed: the YAML parser counts lines that end in
// comments twice when they end in carriage return and line feed.
func unixLines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// Report notes a problem.
func (s *source) Report(at Position, message, allowed string) {
	s.problems = append(s.problems, Problem{
		File: s.file, Line: max(1, at.Line), Column: max(1, at.Column), Message: message, Allowed: allowed,
	})
}

// Outdate notes an old name that is still read.
func (s *source) Outdate(at Position, old, now string) {
	s.outdated = append(s.outdated, Problem{
		File: s.file, Line: max(1, at.Line), Column: max(1, at.Column),
		Message: fmt.Sprintf("%s is deprecated: the name is now %s", Quote(old), Quote(now)),
	})
}

// Outdated are the old names that were read, in the order of the file.
func (s *source) Outdated() []Problem {
	inOrder(s.outdated)
	for i := range s.outdated {
		s.outdated[i].Snippet = s.snippet(Position{s.outdated[i].Line, s.outdated[i].Column})
	}
	return s.outdated
}

// inOrder sorts problems by where they are in the file.
func inOrder(all []Problem) {
	slices.SortStableFunc(all, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Err returns what was reported, or nil.
func (s *source) Err() error {
	if len(s.problems) == 0 {
		return nil
	}
	inOrder(s.problems)
	e := &Errors{File: s.file, Problems: s.problems}
	if len(e.Problems) > MostProblems {
		e.Omitted = len(e.Problems) - MostProblems
		e.Problems = e.Problems[:MostProblems]
	}
	for i := range e.Problems {
		e.Problems[i].Snippet = s.snippet(Position{e.Problems[i].Line, e.Problems[i].Column})
	}
	return e
}

// snippet shows the line of a position and a caret under its column.
func (s *source) snippet(at Position) string {
	const (
		width  = 100 // characters of a line that are shown
		before = 70  // of these at most so many before the column
	)
	if at.Line > len(s.lines) {
		return ""
	}
	line := []rune(s.lines[at.Line-1])
	column := min(at.Column-1, len(line)) // an empty value ends where the line ends
	cutLeft, cutRight := "", ""
	if column > before {
		line, column, cutLeft = line[column-before:], before, "…"
	}
	if len(line) > width {
		line, cutRight = line[:width], "…"
	}
	gutter := fmt.Sprintf("%5d | ", at.Line)
	indent := strings.Repeat(" ", len(gutter)-2) + "| " + strings.Repeat(" ", len([]rune(cutLeft))) +
		blank(line[:column])
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

// ValueError says why a text is not the value that it should be.
type ValueError struct {
	Message string // what is wrong, naming the text
	Allowed string // what may stand there
}

// Error returns both parts in one line.
func (e *ValueError) Error() string { return e.Message + "; allowed: " + e.Allowed }

// BadValue is a text that is not the value that it should be.
func BadValue(message, allowed string) *ValueError { return &ValueError{message, allowed} }

// Quote renders a text for a message: in quotes, without control characters, not overlong.
func Quote(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", text)
}
