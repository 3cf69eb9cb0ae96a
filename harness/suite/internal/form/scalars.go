package form

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/invopop/jsonschema"
)

// mostText is how many characters a text may have.
const mostText = 500

// TextOf returns the text of a node that YAML takes for a text.
func TextOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// NumeralOf returns the digits of a node that YAML takes for a number, or that only
// its size or its notation keeps from being one.
func NumeralOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.NanNode, *ast.InfinityNode:
		return n.GetToken().Value, true
	case *ast.StringNode:
		plain := n.Token.Type == token.StringType
		return n.Value, plain && n.Value != "" && strings.ContainsRune("0123456789+-", rune(n.Value[0]))
	}
	return "", false
}

// MeasureOf returns the text of a value that is written with its unit, or lacks one.
func MeasureOf(n ast.Node) (string, bool) {
	if text, ok := TextOf(n); ok {
		return text, true
	}
	return NumeralOf(n)
}

// Text is a text for readers; line ends and runs of spaces count as one space.
func Text(what string) Codec[string] {
	allowed := fmt.Sprintf("a text of 1 to %d characters", mostText)
	return Scalar[string]{
		What: what, Allowed: allowed, Text: TextOf,
		Parse: func(text string) (string, error) {
			text = strings.Join(strings.Fields(text), " ")
			if n := len([]rune(text)); n == 0 || n > mostText {
				return "", &ValueError{fmt.Sprintf("has %d characters", n), allowed}
			}
			return text, nil
		},
		JSON: jsonschema.Schema{Type: "string", MinLength: Count(1)},
	}
}

// Pattern is a text of a given form.
func Pattern(what, expression, allowed string) Codec[string] {
	form := regexp.MustCompile(expression)
	return Scalar[string]{
		What: what, Allowed: allowed, Text: TextOf,
		Parse: func(text string) (string, error) {
			if !form.MatchString(text) {
				return "", &ValueError{fmt.Sprintf("%s is not %s", Quote(text), what), allowed}
			}
			return text, nil
		},
		JSON: jsonschema.Schema{Type: "string", Pattern: expression},
	}
}

// Choice is one of a few words.
func Choice[V ~string](what string, of ...V) Codec[V] {
	words := make([]string, len(of))
	enum := make([]any, len(of))
	for i, v := range of {
		words[i], enum[i] = string(v), string(v)
	}
	allowed := strings.Join(words, ", ")
	return Scalar[V]{
		What: what, Allowed: allowed, Text: TextOf,
		Parse: func(text string) (V, error) {
			if !slices.Contains(of, V(text)) {
				return "", &ValueError{
					fmt.Sprintf("%s is not %s", Quote(text), what) + DidYouMean(text, words), allowed,
				}
			}
			return V(text), nil
		},
		JSON: jsonschema.Schema{Type: "string", Enum: enum},
	}
}

// renamed is a choice of words of which some had other names before.
type renamed[V ~string] struct {
	Codec[V]
	now map[string]V // today's words by the old ones
}

// Renamed reads old words, too, and notes them; only today's are published.
func Renamed[V ~string](c Codec[V], now map[string]V) Codec[V] { return renamed[V]{c, now} }

// Read returns today's word.
func (c renamed[V]) Read(r *Reader, path string, n ast.Node) (V, bool) {
	old, _ := TextOf(n)
	now, ok := c.now[old]
	if !ok {
		return c.Codec.Read(r, path, n)
	}
	r.Outdate(r.placed(path, n), old, string(now))
	return now, true
}

// Truth is true or false.
func Truth() Codec[bool] {
	return Scalar[bool]{
		What: "a truth value", Allowed: "true, false",
		Text: func(n ast.Node) (string, bool) {
			_, ok := n.(*ast.BoolNode)
			return n.GetToken().Value, ok
		},
		Parse: strconv.ParseBool,
		JSON:  jsonschema.Schema{Type: "boolean"},
	}
}

var plainWhole = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// IsWhole reports whether a text is a whole number in plain digits.
func IsWhole(text string) bool { return plainWhole.MatchString(text) }

// Whole is a whole number from least to most.
func Whole[V int | uint64](least, most V) Codec[V] {
	allowed := fmt.Sprintf("a whole number from %d to %d, in plain digits", least, most)
	return Scalar[V]{
		What: "a whole number", Allowed: allowed, Text: NumeralOf,
		Parse: func(text string) (V, error) {
			if !IsWhole(strings.TrimPrefix(text, "-")) {
				return 0, &ValueError{Quote(text) + " is not a plain whole number", allowed}
			}
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil || n < uint64(least) || n > uint64(most) {
				return 0, &ValueError{text + " is out of range", allowed}
			}
			return V(n), nil
		},
		JSON: jsonschema.Schema{Type: "integer",
			Minimum: json.Number(fmt.Sprint(least)), Maximum: json.Number(fmt.Sprint(most))},
	}
}
