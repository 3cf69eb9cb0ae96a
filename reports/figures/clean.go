package figures

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes foreign text fit for one line of a report: line breaks and tabs become
// spaces, control characters and what reorders or hides text is left out, bytes
// that are no UTF-8 become U+FFFD.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.C, r): // Cc, Cf (bidirectional marks, zero width), Co, Cs
			return -1
		default:
			return r
		}
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// NoFormula makes a cleaned text a cell that no spreadsheet takes for a formula.
func NoFormula(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// CleanAll cleans every line.
func CleanAll(lines []string) []string {
	cleaned := make([]string, 0, len(lines))
	for _, l := range lines {
		cleaned = append(cleaned, Clean(l))
	}
	return cleaned
}

// Shorten cuts a text after the given number of characters, and says so with "…".
func Shorten(s string, length int) string {
	runes := []rune(s)
	if len(runes) <= length {
		return s
	}
	return strings.TrimRight(string(runes[:max(0, length-1)]), " ") + "…"
}

// Capital writes the first letter of a sentence in upper case.
func Capital(s string) string {
	for i, r := range s {
		return s[:i] + string(unicode.ToUpper(r)) + s[i+utf8.RuneLen(r):]
	}
	return s
}
