package form

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds of a file; they bound what the YAML parser may cost.
const (
	MaxFile     = 64 << 10 // bytes; the built-in suite has about 8 KiB
	maxLine     = 1000     // characters
	maxBrackets = 16       // [ and { that are open at once
)

// Form is what a document is to be.
type Form struct {
	Name   string // e.g. "suite"
	Wanted string // of the whole document, e.g. "one YAML document in UTF-8"
}

// Document returns the root of the one YAML document that the text holds, or reports
// why there is none.
func (s *source) Document(text string) (ast.Node, bool) {
	if !s.readable(text) {
		return nil, false
	}
	file, err := parseYAML(unixLines(text))
	if err != nil {
		s.syntax(err)
		return nil, false
	}
	return s.onlyDocument(file)
}

// readable reports what keeps a text from being YAML at all.
func (s *source) readable(text string) bool {
	found := len(s.problems)
	switch start := strings.TrimSpace(text); {
	case len(text) > MaxFile:
		s.lines = nil // not to be shown
		s.Report(Position{}, fmt.Sprintf("file has %d bytes, which is too much for a %s", len(text), s.form.Name),
			fmt.Sprintf("at most %d bytes", MaxFile))
		return false
	case start == "":
		s.Report(Position{}, "file is empty", s.form.Wanted)
		return false
	case strings.HasPrefix(start, "<"):
		s.Report(Position{}, "file is HTML or XML, not YAML", s.form.Wanted)
		return false
	}
	for i, line := range s.lines {
		s.readableLine(i+1, line)
	}
	return len(s.problems) == found
}

// readableLine reports the first character of a line that may not stand there.
func (s *source) readableLine(number int, line string) {
	column := 0
	for offset, r := range line {
		column++
		at := Position{number, column}
		_, size := utf8.DecodeRuneInString(line[offset:])
		switch {
		case r == utf8.RuneError && size == 1:
			s.Report(at, fmt.Sprintf("byte %#02x is not UTF-8", line[offset]), "text in UTF-8")
			return
		case r != '\t' && unicode.IsControl(r):
			s.Report(at, fmt.Sprintf("control character %U", r), "text, spaces and line ends")
			return
		case column > maxLine:
			s.Report(at, fmt.Sprintf("line has more than %d characters", maxLine),
				"long texts over several lines, after >-")
			return
		}
	}
}

// parseYAML parses a text, keys given twice included: those are reported with all else.
func parseYAML(text string) (file *ast.File, err error) {
	defer func() {
		// The text is a user's, the parser is not ours: what it cannot cope with is a problem of the text.
		if r := recover(); r != nil {
			err = fmt.Errorf("parse YAML: %v", r)
		}
	}()
	tokens := lexer.Tokenize(text)
	open := 0
	for _, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
		case token.MappingEndType, token.SequenceEndType:
			open--
		}
		if open > maxBrackets {
			return nil, &yaml.SyntaxError{Message: fmt.Sprintf("more than %d brackets are open", maxBrackets), Token: t}
		}
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// hints say how to mend what the parser's message only names.
var hints = []struct{ message, allowed string }{
	{"invalid header option", `a text that starts with > in quotes, e.g. op: ">="`},
	{"directive value", "a text that starts with % in quotes"},
	{"reserved character", "a text that starts with @ or ` in quotes"},
	{
		"mapping value is not allowed",
		"one key with its value on a line, at the indentation of its neighbours; a text that holds a colon and a " +
			"space in quotes",
	},
	{"value is not allowed in this context", "keys of one mapping at the same indentation"},
	{"found character '\t'", "spaces for indentation"},
	{"unexpected key name", "key: value"},
	{"must be specified", "a comma between entries, and a closing bracket after the last"},
	{"brackets are open", "lists and mappings no deeper than the format has them"},
}

// syntax reports the parser's error; the parser stops at its first one.
func (s *source) syntax(err error) {
	var at Position
	message, allowed := err.Error(), ""
	var located yaml.Error
	if errors.As(err, &located) {
		message = located.GetMessage()
		if t := located.GetToken(); t != nil && t.Position != nil {
			at = Position{t.Position.Line, t.Position.Column}
		}
	}
	for _, h := range hints {
		if strings.Contains(message, h.message) {
			allowed = h.allowed
		}
	}
	s.Report(at, "not YAML: "+strings.ReplaceAll(message, "\t", `\t`), allowed)
}

// onlyDocument returns the root of a file's only document.
func (s *source) onlyDocument(file *ast.File) (ast.Node, bool) {
	var root ast.Node
	for i, d := range file.Docs {
		at := Position{}
		if d.Body != nil {
			at = PlaceOf(d.Body)
		}
		if d.Start != nil {
			at = Position{d.Start.Position.Line, d.Start.Position.Column}
		}
		if directive, ok := d.Body.(*ast.DirectiveNode); ok {
			s.Report(PlaceOf(directive), "YAML directive", s.form.Wanted)
			return nil, false
		}
		if i > 0 {
			s.Report(at, "second document in the file", s.form.Wanted)
			return nil, false
		}
		root = d.Body
	}
	if root == nil {
		s.Report(Position{}, "file holds no values", s.form.Wanted)
		return nil, false
	}
	return root, true
}

// PlaceOf is where a node starts.
func PlaceOf(n ast.Node) Position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return PlaceOf(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return PlaceOf(m.Key)
	case *ast.MappingKeyNode:
		return Position{m.Start.Position.Line, m.Start.Position.Column}
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return Position{}
	}
	return Position{t.Position.Line, t.Position.Column}
}
