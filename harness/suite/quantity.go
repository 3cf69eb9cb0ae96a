package suite

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// unit is one way to write the values of a dimension.
type unit struct {
	symbol string
	size   *big.Rat // in the dimension's base unit
}

// dimension is a kind of value with the units in which it may be written.
type dimension struct {
	name    string // with its article, e.g. "a rate"
	allowed string // its units and an example
	units   []unit
}

func of(numerator, denominator int64) *big.Rat { return big.NewRat(numerator, denominator) }

// The dimensions. Decimal multiples of a byte are powers of 1000 (MB = 10^6),
// binary ones powers of 1024 (MiB = 2^20), as IEC 80000-13 has it.
var (
	rates = dimension{"a rate", "a number with req/s or req/min, e.g. 100 req/s",
		[]unit{{"req/s", of(1, 1)}, {"req/min", of(1, 60)}}} // base: req/s
	durations = dimension{"a duration", "a number with ns, us, ms, s, min or h, e.g. 200 ms",
		[]unit{{"ns", of(1, 1)}, {"us", of(1e3, 1)}, {"µs", of(1e3, 1)}, {"ms", of(1e6, 1)}, {"s", of(1e9, 1)},
			{"min", of(60e9, 1)}, {"m", of(60e9, 1)}, {"h", of(3600e9, 1)}}} // base: ns
	sizes = dimension{"a size",
		"a number with B, KiB, MiB, GiB, TiB (powers of 1024) or kB, MB, GB, TB (powers of 1000), e.g. 512 MiB",
		[]unit{{"B", of(1, 1)}, {"KiB", of(1<<10, 1)}, {"MiB", of(1<<20, 1)}, {"GiB", of(1<<30, 1)},
			{"TiB", of(1<<40, 1)},
			{"kB", of(1e3, 1)}, {"MB", of(1e6, 1)}, {"GB", of(1e9, 1)}, {"TB", of(1e12, 1)}}} // base: B
	shares = dimension{"a percentage", "a number with %, e.g. 0.1 %",
		[]unit{{"%", of(1, 100)}}} // base: 1
	requests    = counted("requests")
	answers     = counted("answers")
	workers     = counted("workers")
	processes   = counted("processes")
	descriptors = counted("descriptors")
	connections = counted("connections")
	factors     = dimension{"a factor", "a number with x, e.g. 0.5x",
		[]unit{{"x", of(1, 1)}}} // base: 1
)

// measurable are the dimensions that a claim's value can have.
var measurable = []dimension{
	rates, durations, shares, sizes, requests, answers, workers, processes, descriptors, connections, factors,
}

// counted is the dimension of a number of things.
func counted(things string) dimension {
	return dimension{
		"a number of " + things, "a number with " + things + ", e.g. 0 " + things, []unit{{things, of(1, 1)}},
	}
}

// Limits of what may be written; they keep out slips, not uses.
const (
	MinRate = 0.001          // req/s
	MaxRate = 10_000_000     // req/s
	MaxTime = 24 * time.Hour // of any duration
	MaxSize = 1024 * 1024 * GiB
	// leastShare is the smallest share and the smallest quantity other than 0.
	leastShare = 1e-9
	// mostQuantity is the largest value of a quantity, in its unit.
	mostQuantity = 1e12
	// longestNumber is the most characters that a number may have.
	longestNumber = 32
)

// number is how a number is written; a value is a number, at most one space, and a unit.
const number = `[0-9]+(\.[0-9]+)?`

var (
	plainNumber = regexp.MustCompile(`^(` + number + `)(.*)$`)
	notANumber  = regexp.MustCompile(`(?i)^[+-]?\.?nan\b`)
	notFinite   = regexp.MustCompile(`(?i)^[+-]?\.?inf`)
	oddNumber   = regexp.MustCompile(`^[0-9.][0-9]*[0-9.,_'eE+]+`)
)

// split cuts a text into its number and the unit after it.
func split(text string) (value *big.Rat, symbol, problem string) {
	switch {
	case notANumber.MatchString(text):
		return nil, "", form.Quote(text) + " is not a number"
	case notFinite.MatchString(text):
		return nil, "", form.Quote(text) + " is not finite"
	case strings.HasPrefix(text, "-"):
		return nil, "", form.Quote(text) + " is negative"
	}
	parts := plainNumber.FindStringSubmatch(text)
	if parts == nil {
		return nil, "", form.Quote(text) + " does not start with a number"
	}
	digits, rest := parts[1], parts[3]
	if odd := oddNumber.FindString(text); len(odd) > len(digits) {
		return nil, "", fmt.Sprintf("%s has a number that is not plain (digits and at most one point)",
			form.Quote(text))
	}
	if len(digits) > longestNumber {
		return nil, "", fmt.Sprintf("%s has a number of more than %d characters", form.Quote(text), longestNumber)
	}
	value, _ = new(big.Rat).SetString(digits)
	return value, strings.TrimPrefix(rest, " "), ""
}

// parse reads a text in one of the dimension's units and returns its value in the base unit.
func (d dimension) parse(text string) (*big.Rat, error) {
	value, symbol, problem := split(text)
	if problem != "" {
		return nil, form.BadValue(problem, d.allowed)
	}
	size, ok := d.sizeOf(symbol)
	if !ok {
		return nil, form.BadValue(d.unitProblem(text, symbol), d.allowed)
	}
	return value.Mul(value, size), nil
}

func (d dimension) sizeOf(symbol string) (*big.Rat, bool) {
	for _, u := range d.units {
		if u.symbol == symbol {
			return u.size, true
		}
	}
	return nil, false
}

func (d dimension) symbols() []string {
	symbols := make([]string, len(d.units))
	for i, u := range d.units {
		symbols[i] = u.symbol
	}
	return symbols
}

// unitProblem says what is wrong with a unit that is none of the dimension's.
func (d dimension) unitProblem(text, symbol string) string {
	if symbol == "" {
		return form.Quote(text) + " has no unit"
	}
	for _, other := range measurable {
		if _, ok := other.sizeOf(symbol); ok {
			return fmt.Sprintf("%s is %s, not %s", form.Quote(text), other.name, d.name)
		}
	}
	return fmt.Sprintf("%s has the unknown unit %s", form.Quote(text), form.Quote(symbol)) +
		form.DidYouMean(symbol, d.symbols())
}

// pattern is the regular expression of the dimension's texts, for the JSON Schema.
func (d dimension) pattern() string {
	symbols := d.symbols()
	for i, s := range symbols {
		symbols[i] = regexp.QuoteMeta(s)
	}
	return `^` + number + ` ?(` + strings.Join(symbols, "|") + `)$`
}

// outside is the error for a value that is out of range.
func outside(text, low, high string) error {
	return form.BadValue(form.Quote(text)+" is out of range", "from "+low+" to "+high)
}
