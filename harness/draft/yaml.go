package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

const (
	wide = 110 // characters of a comment's line
	fold = 160 // characters of a quoted text, after which it goes on in the next line
	most = 900 // characters of any line of a text in a block
)

var (
	plainPath = regexp.MustCompile(`^/([A-Za-z0-9/_.~$&=?,+%:;@!()*{}-]*[A-Za-z0-9/_~}=+*-])?$`)
	plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([-_/+.][A-Za-z0-9]+)*$`)
)

// page is YAML in the making.
type page struct{ strings.Builder }

// line writes a line at an indentation.
func (p *page) line(indent int, format string, args ...any) {
	p.WriteString(strings.Repeat(" ", indent))
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// comment writes a text as comment lines.
func (p *page) comment(indent int, text string) {
	line := ""
	flush := func() {
		if line != "" {
			p.line(indent, "# %s", line)
		}
		line = ""
	}
	for _, word := range strings.Fields(Line(text)) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > wide-indent {
			flush()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	flush()
}

// Quoted is a text in double quotes, as YAML has it; a long one goes on in the next lines, at the indentation.
func Quoted(text string, indent int) string {
	var b strings.Builder
	b.WriteByte('"')
	length := 0
	for _, r := range text {
		piece := escaped(r)
		if length += len(piece); length > fold {
			b.WriteString("\\\n" + strings.Repeat(" ", indent))
			if length = len(piece); r == ' ' {
				piece = `\ ` // else it would count as indentation
			}
		}
		b.WriteString(piece)
	}
	b.WriteByte('"')
	return b.String()
}

func escaped(r rune) string {
	switch {
	case r == '"' || r == '\\':
		return `\` + string(r)
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case unicode.IsPrint(r) && r != unicode.ReplacementChar:
		return string(r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08X`, r)
	}
	return fmt.Sprintf(`\u%04X`, r)
}

// pathText is a path, in quotes where YAML needs them.
func pathText(path string) string {
	if plainPath.MatchString(path) {
		return path
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
}

// word is a text that is plain where YAML takes it for a text.
func word(text string, indent int) string {
	reserved := []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
	if plainWord.MatchString(text) && !slices.Contains(reserved, strings.ToLower(text)) {
		return text
	}
	return Quoted(text, indent)
}

// pairs are names with their texts in one line, each name once; "" when they are none or would
// take a line of their own each.
func pairs(all []suite.Pair) string {
	var texts []string
	for _, h := range all {
		texts = append(texts, word(h.Name, 0)+": "+word(h.Value, 0))
	}
	line := strings.Join(texts, ", ")
	if len(line) > wide || strings.Contains(line, "\n") {
		return ""
	}
	return line
}

// headers writes header fields.
func (p *page) headers(indent int, all []suite.Pair) {
	var once []suite.Pair
	for _, h := range all {
		if !slices.ContainsFunc(once, func(o suite.Pair) bool { return o.Name == h.Name }) {
			once = append(once, h)
		}
	}
	line := pairs(once)
	switch {
	case len(once) == 0:
		return
	case line != "":
		p.line(indent, "headers: {%s}", line)
		return
	}
	p.line(indent, "headers:")
	for _, h := range once {
		p.line(indent+2, "%s: %s", word(h.Name, 0), word(h.Value, indent+4))
	}
}

// expect writes what the answer must be.
func (p *page) expect(indent int, e suite.Expect) {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, fmt.Sprintf("status: %d", e.Status))
	}
	if line := pairs(e.Headers); line != "" {
		parts = append(parts, "headers: {"+line+"}")
	}
	if len(parts) > 0 {
		p.line(indent, "expect: {%s}", strings.Join(parts, ", "))
	}
}

// body writes a body: a JSON document of some length over several lines, any other text in quotes.
func (p *page) body(indent int, text string) {
	if block, ok := indented(text); ok && len(text) > fold/2 {
		p.line(indent, "body: |-")
		for l := range strings.Lines(block) {
			p.line(indent+2, "%s", strings.TrimSuffix(l, "\n"))
		}
		return
	}
	p.line(indent, "body: %s", Quoted(text, indent+2))
}

// indented is a JSON text over several lines; false if it is none, or cannot be shown so.
func indented(text string) (string, bool) {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return "", false
	}
	block := b.String()
	for l := range strings.Lines(block) {
		if l = strings.TrimSuffix(l, "\n"); len(l) > most || l == "" || strings.TrimRight(l, " ") != l ||
			!printable(l) {
			return "", false
		}
	}
	return block, block != "" && (block[0] == '{' || block[0] == '[')
}
