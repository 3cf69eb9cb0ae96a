package suite

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// amount is a plain number from least to most.
func amount(least, most float64) form.Codec[float64] {
	allowed := fmt.Sprintf("a number from %s to %s", decimal(least), decimal(most))
	return form.Scalar[float64]{
		What: "a number", Allowed: allowed, Text: form.NumeralOf,
		Parse: func(text string) (float64, error) {
			value, rest, problem := split(text)
			if problem == "" && rest != "" {
				problem = form.Quote(text) + " has something after its number"
			}
			if problem != "" {
				return 0, form.BadValue(problem, allowed)
			}
			n, _ := value.Float64()
			if n < least || n > most {
				return 0, form.BadValue(text+" is out of range", allowed)
			}
			return n, nil
		},
		JSON: jsonschema.Schema{
			Type: "number", Minimum: json.Number(decimal(least)), Maximum: json.Number(decimal(most)),
		},
	}
}

// measure is a value with its unit.
func measure[V any](d dimension, parse func(string) (V, error)) form.Codec[V] {
	return form.Scalar[V]{
		What: d.name + " with its unit", Allowed: d.allowed, Text: form.MeasureOf, Parse: parse,
		JSON: jsonschema.Schema{Type: "string", Pattern: d.pattern()},
	}
}

func rate() form.Codec[Rate] { return measure(rates, ParseRate) }

// duration is a duration from least to most.
func duration(least, most time.Duration) form.Codec[time.Duration] {
	return measure(durations, func(text string) (time.Duration, error) {
		d, err := ParseDuration(text)
		if err == nil && (d < least || d > most) {
			err = outside(text, FormatDuration(least), FormatDuration(most))
		}
		return d, err
	})
}

// size is a size from least to most.
func size(least, most Size) form.Codec[Size] {
	return measure(sizes, func(text string) (Size, error) {
		s, err := ParseSize(text)
		if err == nil && (s < least || s > most) {
			err = outside(text, least.String(), most.String())
		}
		return s, err
	})
}

// shareOf is a percentage that passes the test.
func shareOf(passes func(Share) bool, allowed string) form.Codec[Share] {
	return measure(shares, func(text string) (Share, error) {
		s, err := ParseShare(text)
		if err == nil && !passes(s) {
			err = form.BadValue(form.Quote(text)+" is out of range", allowed)
		}
		return s, err
	})
}

// part is a percentage in the range (0 %, 100 %].
func part() form.Codec[Share] {
	return shareOf(func(s Share) bool { return s > 0 }, "above 0 % and at most 100 %")
}

// slack is a percentage in the range [0 %, 100 %).
func slack() form.Codec[Share] {
	return shareOf(func(s Share) bool { return s < 1 }, "at least 0 % and below 100 %")
}

// quantity is a value of any metric with its unit.
func quantity() form.Codec[Quantity] {
	var forms []string
	for _, d := range measurable {
		forms = append(forms, d.pattern())
	}
	return form.Scalar[Quantity]{
		What: "a value with its unit", Allowed: "a number with its unit", Text: form.MeasureOf, Parse: ParseQuantity,
		JSON: jsonschema.Schema{Type: "string", Pattern: strings.Join(forms, "|")},
	}
}
