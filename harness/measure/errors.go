package measure

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is kept of failures.
const (
	MaxErrors       = 64  // distinct ones in a window; the rest is counted as [OtherErrors]
	MaxErrorMessage = 200 // bytes of a message
	MaxErrorExample = 512 // bytes of an example
)

// OtherErrors is the message under which failures beyond [MaxErrors] are counted.
const OtherErrors = "(other errors)"

// errorKey tells failures apart.
type errorKey struct{ endpoint, message string }

// errorCounts counts failures by endpoint and normalised message.
type errorCounts map[errorKey]*ErrorCount

func (all errorCounts) add(s *Sample) { all.addAll(1, s) }

// addAll counts so many failures of one kind.
func (all errorCounts) addAll(count uint64, s *Sample) {
	key := errorKey{s.Endpoint, normalise(s.Err)}
	c := all[key]
	if c == nil && len(all) >= MaxErrors {
		key = errorKey{"", OtherErrors}
		c = all[key]
	}
	if c == nil {
		c = &ErrorCount{Endpoint: key.endpoint, Message: key.message}
		all[key] = c
	}
	c.Count += count
	if c.Example == "" && !s.Unsent {
		c.Example = printable(string(s.Answer[:min(len(s.Answer), MaxErrorExample)]), MaxErrorExample)
	}
}

// CountErrors counts errors by normalised message, the most frequent first; like those of a
// [Window], but of no endpoint.
func CountErrors(errs []error) []ErrorCount {
	all := errorCounts{}
	for _, err := range errs {
		all.add(&Sample{Err: err})
	}
	return all.list()
}

// list returns the failures, most frequent first.
func (all errorCounts) list() []ErrorCount {
	counts := make([]ErrorCount, 0, len(all))
	for _, c := range all {
		counts = append(counts, *c)
	}
	slices.SortFunc(counts, func(a, b ErrorCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Endpoint, b.Endpoint),
			cmp.Compare(a.Message, b.Message))
	})
	return counts
}

// normalise makes the messages of like failures equal: numbers of four digits and more
// (ports, identifiers, amounts) and longer hexadecimal identifiers become "#". Shorter
// numbers, such as an HTTP status, stay.
func normalise(err error) string {
	if err == nil {
		return "failed without a reason"
	}
	text := err.Error()
	text = printable(text[:min(len(text), 4*MaxErrorMessage)], 4*MaxErrorMessage)
	var b strings.Builder
	for i := 0; i < len(text); {
		j := i
		digits := 0
		for j < len(text) && isWord(text[j]) {
			if isDigit(text[j]) {
				digits++
			}
			j++
		}
		word := text[i:j]
		switch {
		case j == i:
			b.WriteByte(text[i])
			j++
		case digits >= 4 && (digits == len(word) || len(word) >= 8 && isHex(word)):
			b.WriteByte('#')
		case digits >= 4:
			writeWithoutNumbers(&b, word)
		default:
			b.WriteString(word)
		}
		i = j
	}
	return printable(b.String(), MaxErrorMessage)
}

// writeWithoutNumbers writes a word with its runs of four digits and more replaced.
func writeWithoutNumbers(b *strings.Builder, word string) {
	for i := 0; i < len(word); {
		j := i
		for j < len(word) && isDigit(word[j]) {
			j++
		}
		switch {
		case j-i >= 4:
			b.WriteByte('#')
		case j > i:
			b.WriteString(word[i:j])
		default:
			b.WriteByte(word[i])
			j++
		}
		i = j
	}
}

// printable cuts text to limit bytes, at a rune's edge, and makes it one line of valid UTF-8.
func printable(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case r < ' ' || r == 0x7f:
			return ' '
		}
		return r
	}, text)
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isHex(word string) bool {
	return strings.Trim(word, "0123456789abcdefABCDEF") == ""
}
