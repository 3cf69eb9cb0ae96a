package draft

import (
	"fmt"
	"strings"
	"unicode"
)

const longestName = 63 // characters of a short name in a suite

// Name makes a short name of a text, e.g. list-pets of listPets; otherwise is taken for a
// text of which nothing is left.
func Name(text, otherwise string) string {
	var b strings.Builder
	var previous rune
	runes := []rune(text)
	for i, r := range runes {
		upper := unicode.IsUpper(r)
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if upper && (unicode.IsLower(previous) || unicode.IsDigit(previous) || unicode.IsUpper(previous) && next) {
			b.WriteByte('-')
		}
		previous = r
		r = unicode.ToLower(r)
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else {
			b.WriteByte('-')
		}
		if b.Len() > 4*longestName {
			break
		}
	}
	name := strings.Join(strings.FieldsFunc(b.String(), func(r rune) bool { return r == '-' }), "-")
	switch {
	case name == "":
		return otherwise
	case name[0] < 'a':
		name = "r" + name
	}
	return cut(name, longestName)
}

func cut(name string, most int) string {
	if len(name) > most {
		name = name[:most]
	}
	return strings.TrimRight(name, "-")
}

// Names are those that are taken, each with how often it was asked for.
type Names map[string]int

// Unique is the name, with a number where it is taken.
func (n Names) Unique(name string) string {
	for candidate := name; ; {
		if _, taken := n[candidate]; !taken {
			n[candidate] = 1
			return candidate
		}
		n[name]++
		number := fmt.Sprintf("-%d", n[name])
		candidate = cut(name, longestName-len(number)) + number
	}
}

// Variable makes a name of an environment variable of a text, e.g. API_KEY of apiKey.
func Variable(text string) string {
	return strings.ToUpper(strings.ReplaceAll(Name(text, "secret"), "-", "_"))
}
