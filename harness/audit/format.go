package audit

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// digits writes a value to three digits, halves rounded up, without an exponent. Large
// ones keep all digits before the point, in groups of three.
func digits(v float64) string { return significant(v, 3) }

// two writes a value to two digits, likewise.
func two(v float64) string { return significant(v, 2) }

func significant(v float64, n int) string {
	places := 0
	if v != 0 && !math.IsInf(v, 0) && !math.IsNaN(v) {
		places = max(0, n-1-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	scale := math.Pow(10, float64(places))
	text := strconv.FormatFloat(math.Floor(v*scale+0.5+1e-9)/scale, 'f', places, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return grouped(text)
}

// tenth writes a value to one digit after the point.
func tenth(v float64) string { return strconv.FormatFloat(math.Floor(v*10+0.5+1e-9)/10, 'f', 1, 64) }

// grouped puts a comma between groups of three digits of a whole number.
func grouped(text string) string {
	whole, rest, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}

// span writes both ends of a range with a unit, or the one value that both are.
func span(r Range, unit string, write func(float64) string) string {
	low, high := write(r.Low), write(r.High)
	text := low + "–" + high
	if low == high {
		text = low
	}
	if unit == "" {
		return text
	}
	return text + " " + unit
}

// The units of figures.
const (
	perSecond    = "req/s"
	milliseconds = "ms"
	percent      = "%"
	mebibytes    = "MiB"
	cores        = "cores"
)

func rate(r Range) string   { return span(r, perSecond, digits) }
func ms(r Range) string     { return span(r, milliseconds, two) }
func factor(r Range) string { return span(r, "", tenth) }
func percents(r Range) string {
	return span(Range{100 * r.Low, 100 * r.High}, percent,
		func(v float64) string { return digits(math.Floor(v + 0.5 + 1e-9)) })
}

// size writes a size in GiB, or in MiB below 1 GiB.
func size(s suite.Size) string {
	if s >= suite.GiB {
		return digits(float64(s)/float64(suite.GiB)) + " GiB"
	}
	return digits(float64(s)/float64(suite.MiB)) + " MiB"
}

// workers writes a number of workers.
func workers(n int) string {
	if n == 1 {
		return "1 worker"
	}
	return fmt.Sprintf("%d workers", n)
}

// list joins words: "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
