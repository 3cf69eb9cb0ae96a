package suite

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
	"github.com/invopop/jsonschema"
)

// mostText is how many characters a text may have.
const mostText = 500

// textOf returns the text of a node that YAML takes for a text.
func textOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

// numeralOf returns the digits of a node that YAML takes for a number, or that only
// its size or its notation keeps from being one.
func numeralOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.NanNode, *ast.InfinityNode:
		return n.GetToken().Value, true
	case *ast.StringNode:
		plain := n.Token.Type == token.StringType
		return n.Value, plain && n.Value != "" && strings.ContainsRune("0123456789+-", rune(n.Value[0]))
	}
	return "", false
}

// measureOf returns the text of a value that is written with its unit, or lacks one.
func measureOf(n ast.Node) (string, bool) {
	if text, ok := textOf(n); ok {
		return text, true
	}
	return numeralOf(n)
}

// plainText is a text for readers; line ends and runs of spaces count as one space.
func plainText(what string) codec[string] {
	allowed := fmt.Sprintf("a text of 1 to %d characters", mostText)
	return scalar[string]{
		what: what, allowed: allowed, text: textOf,
		parse: func(text string) (string, error) {
			text = strings.Join(strings.Fields(text), " ")
			if n := len([]rune(text)); n == 0 || n > mostText {
				return "", &ValueError{fmt.Sprintf("has %d characters", n), allowed}
			}
			return text, nil
		},
		json: jsonschema.Schema{Type: "string", MinLength: number64(1)},
	}
}

// pattern is a text of a given form.
func pattern(what, expression, allowed string) codec[string] {
	form := regexp.MustCompile(expression)
	return scalar[string]{
		what: what, allowed: allowed, text: textOf,
		parse: func(text string) (string, error) {
			if !form.MatchString(text) {
				return "", &ValueError{fmt.Sprintf("%s is not %s", quote(text), what), allowed}
			}
			return text, nil
		},
		json: jsonschema.Schema{Type: "string", Pattern: expression},
	}
}

// choice is one of a few words.
func choice[V ~string](what string, of ...V) codec[V] {
	words := make([]string, len(of))
	enum := make([]any, len(of))
	for i, v := range of {
		words[i], enum[i] = string(v), string(v)
	}
	allowed := strings.Join(words, ", ")
	return scalar[V]{
		what: what, allowed: allowed, text: textOf,
		parse: func(text string) (V, error) {
			if !slices.Contains(of, V(text)) {
				return "", &ValueError{fmt.Sprintf("%s is not %s", quote(text), what) + didYouMean(text, words), allowed}
			}
			return V(text), nil
		},
		json: jsonschema.Schema{Type: "string", Enum: enum},
	}
}

// truth is true or false.
func truth() codec[bool] {
	return scalar[bool]{
		what: "a truth value", allowed: "true, false",
		text: func(n ast.Node) (string, bool) {
			_, ok := n.(*ast.BoolNode)
			return n.GetToken().Value, ok
		},
		parse: strconv.ParseBool,
		json:  jsonschema.Schema{Type: "boolean"},
	}
}

var plainWhole = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

// whole is a whole number from least to most.
func whole[V int | uint64](least, most V) codec[V] {
	allowed := fmt.Sprintf("a whole number from %d to %d, in plain digits", least, most)
	return scalar[V]{
		what: "a whole number", allowed: allowed, text: numeralOf,
		parse: func(text string) (V, error) {
			if !plainWhole.MatchString(strings.TrimPrefix(text, "-")) {
				return 0, &ValueError{quote(text) + " is not a plain whole number", allowed}
			}
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil || n < uint64(least) || n > uint64(most) {
				return 0, &ValueError{text + " is out of range", allowed}
			}
			return V(n), nil
		},
		json: jsonschema.Schema{Type: "integer",
			Minimum: json.Number(fmt.Sprint(least)), Maximum: json.Number(fmt.Sprint(most))},
	}
}

// amount is a plain number from least to most.
func amount(least, most float64) codec[float64] {
	allowed := fmt.Sprintf("a number from %s to %s", decimal(least), decimal(most))
	return scalar[float64]{
		what: "a number", allowed: allowed, text: numeralOf,
		parse: func(text string) (float64, error) {
			value, rest, problem := split(text)
			if problem == "" && rest != "" {
				problem = quote(text) + " has something after its number"
			}
			if problem != "" {
				return 0, &ValueError{problem, allowed}
			}
			n, _ := value.Float64()
			if n < least || n > most {
				return 0, &ValueError{text + " is out of range", allowed}
			}
			return n, nil
		},
		json: jsonschema.Schema{Type: "number", Minimum: json.Number(decimal(least)), Maximum: json.Number(decimal(most))},
	}
}

// measure is a value with its unit.
func measure[V any](d dimension, parse func(string) (V, error)) codec[V] {
	return scalar[V]{
		what: d.name + " with its unit", allowed: d.allowed, text: measureOf, parse: parse,
		json: jsonschema.Schema{Type: "string", Pattern: d.pattern()},
	}
}

func rate() codec[Rate] { return measure(rates, ParseRate) }

// duration is a duration from least to most.
func duration(least, most time.Duration) codec[time.Duration] {
	return measure(durations, func(text string) (time.Duration, error) {
		d, err := ParseDuration(text)
		if err == nil && (d < least || d > most) {
			err = outside(text, FormatDuration(least), FormatDuration(most))
		}
		return d, err
	})
}

// size is a size from least to most.
func size(least, most Size) codec[Size] {
	return measure(sizes, func(text string) (Size, error) {
		s, err := ParseSize(text)
		if err == nil && (s < least || s > most) {
			err = outside(text, least.String(), most.String())
		}
		return s, err
	})
}

// shareOf is a percentage that passes the test.
func shareOf(passes func(Share) bool, allowed string) codec[Share] {
	return measure(shares, func(text string) (Share, error) {
		s, err := ParseShare(text)
		if err == nil && !passes(s) {
			err = &ValueError{quote(text) + " is out of range", allowed}
		}
		return s, err
	})
}

// part is a percentage in the range (0 %, 100 %].
func part() codec[Share] {
	return shareOf(func(s Share) bool { return s > 0 }, "above 0 % and at most 100 %")
}

// slack is a percentage in the range [0 %, 100 %).
func slack() codec[Share] {
	return shareOf(func(s Share) bool { return s < 1 }, "at least 0 % and below 100 %")
}

// quantity is a value of any metric with its unit.
func quantity() codec[Quantity] {
	var forms []string
	for _, d := range measurable {
		forms = append(forms, d.pattern())
	}
	return scalar[Quantity]{
		what: "a value with its unit", allowed: "a number with its unit", text: measureOf, parse: ParseQuantity,
		json: jsonschema.Schema{Type: "string", Pattern: strings.Join(forms, "|")},
	}
}
