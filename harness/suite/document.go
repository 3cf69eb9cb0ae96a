package suite

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

// Bounds of a suite file; they bound what the YAML parser may cost.
const (
	MaxFile     = 64 << 10 // bytes; the built-in suite has about 8 KiB
	maxLine     = 1000     // characters
	maxBrackets = 16       // [ and { that are open at once
)

const aSuite = `one YAML document in UTF-8 that starts with "version: 1"`

// document returns the root of the one YAML document that the text holds, or reports
// why there is none.
func (s *source) document(text string) (ast.Node, bool) {
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
		s.report(position{}, fmt.Sprintf("file has %d bytes, which is too much for a suite", len(text)), fmt.Sprintf("at most %d bytes", MaxFile))
		return false
	case start == "":
		s.report(position{}, "file is empty", aSuite)
		return false
	case strings.HasPrefix(start, "<"):
		s.report(position{}, "file is HTML or XML, not YAML", aSuite)
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
		at := position{number, column}
		_, size := utf8.DecodeRuneInString(line[offset:])
		switch {
		case r == utf8.RuneError && size == 1:
			s.report(at, fmt.Sprintf("byte %#02x is not UTF-8", line[offset]), "text in UTF-8")
			return
		case r != '\t' && unicode.IsControl(r):
			s.report(at, fmt.Sprintf("control character %U", r), "text, spaces and line ends")
			return
		case column > maxLine:
			s.report(at, fmt.Sprintf("line has more than %d characters", maxLine), "long texts over several lines, after >-")
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
	{"mapping value is not allowed", "one key with its value on a line, at the indentation of its neighbours; a text that holds a colon and a space in quotes"},
	{"value is not allowed in this context", "keys of one mapping at the same indentation"},
	{"found character '\t'", "spaces for indentation"},
	{"unexpected key name", "key: value"},
	{"must be specified", "a comma between entries, and a closing bracket after the last"},
	{"brackets are open", "lists and mappings no deeper than the format has them"},
}

// syntax reports the parser's error; the parser stops at its first one.
func (s *source) syntax(err error) {
	var at position
	message, allowed := err.Error(), ""
	var located yaml.Error
	if errors.As(err, &located) {
		message = located.GetMessage()
		if t := located.GetToken(); t != nil && t.Position != nil {
			at = position{t.Position.Line, t.Position.Column}
		}
	}
	for _, h := range hints {
		if strings.Contains(message, h.message) {
			allowed = h.allowed
		}
	}
	s.report(at, "not YAML: "+strings.ReplaceAll(message, "\t", `\t`), allowed)
}

// onlyDocument returns the root of a file's only document.
func (s *source) onlyDocument(file *ast.File) (ast.Node, bool) {
	var root ast.Node
	for i, d := range file.Docs {
		at := position{}
		if d.Body != nil {
			at = place(d.Body)
		}
		if d.Start != nil {
			at = position{d.Start.Position.Line, d.Start.Position.Column}
		}
		if directive, ok := d.Body.(*ast.DirectiveNode); ok {
			s.report(place(directive), "YAML directive", aSuite)
			return nil, false
		}
		if i > 0 {
			s.report(at, "second document in the file", aSuite)
			return nil, false
		}
		root = d.Body
	}
	if root == nil {
		s.report(position{}, "file holds no values", aSuite)
		return nil, false
	}
	return root, true
}

// place is where a node starts.
func place(n ast.Node) position {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return place(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return place(m.Key)
	case *ast.MappingKeyNode:
		return position{m.Start.Position.Line, m.Start.Position.Column}
	}
	t := n.GetToken()
	if t == nil || t.Position == nil {
		return position{}
	}
	return position{t.Position.Line, t.Position.Column}
}
