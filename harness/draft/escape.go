package draft

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

var (
	headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
	fields     = regexp.MustCompile(`\$\{[^}]*\}`)
	percent    = regexp.MustCompile(`^%[0-9A-Fa-f]{2}`)
)

// Escape makes a literal text safe as a part of a path or of a query.
func Escape(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// Path makes a literal path with its query safe: what may not stand in one is escaped, and
// what is escaped stays so.
func Path(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '%' && percent.MatchString(text[i:]):
			b.WriteByte(c)
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			strings.IndexByte("/-_.~!$&'()*+,;=:@?[]", c) >= 0:
			b.WriteByte(c)
		default:
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// JSONText keeps a JSON text from having fields: a literal ${ in it is written otherwise.
func JSONText(text string) string { return strings.ReplaceAll(text, "${", `\u0024{`) }

// FormText does the same for a text that is encoded as a form.
func FormText(text string) string { return strings.ReplaceAll(text, "${", "%24{") }

// HasField reports whether a text would be taken to have a field.
func HasField(text string) bool { return fields.MatchString(text) }

// requestPath reports whether a path can stand in a request line, whatever its fields stand for.
func requestPath(path string) bool {
	bare := fields.ReplaceAllString(path, "1")
	if !strings.HasPrefix(path, "/") ||
		strings.ContainsFunc(path, func(r rune) bool { return r == '#' || unicode.IsSpace(r) }) {
		return false
	}
	_, err := url.Parse("http://127.0.0.1" + bare)
	return err == nil && printable(path)
}

// printable reports whether a text is good UTF-8 that can be shown.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) })
}

// GoodHeader reports whether a header field can be sent as it is: not when its name is none, or its value has what
// cannot be printed.
func GoodHeader(name, value string) bool { return headerName.MatchString(name) && printable(value) }

// Line makes a text one line of at most 300 characters, without anything that cannot be shown.
func Line(text string) string { return Clip(text, 300) }

// Clip is Line for another number of characters.
func Clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return text
}
