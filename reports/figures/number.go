package figures

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Unknown stands for a figure that is not known.
const Unknown = "unknown"

// Number writes a value to about three digits, thousands apart, without an exponent up
// to a quadrillion.
func Number(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return Unknown
	case size >= 1e15:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case size >= 100:
		return thousands(judge.Number(v))
	default:
		return judge.Number(v)
	}
}

// thousands puts commas into a whole number.
func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Count writes a count, thousands apart.
func Count(n uint64) string { return thousands(strconv.FormatUint(n, 10)) }

// In returns what writes a figure, which may not be known, in a unit.
func In(unit string) func(v float64, known bool) string {
	return func(v float64, known bool) string {
		if !known {
			return Unknown
		}
		return Number(v) + " " + unit
	}
}

// Documented is what a result's claim asks for, e.g. "≥ 100 req/s".
func Documented(r judge.Result) string {
	if r.To > 0 {
		return Number(r.Value) + "–" + withUnit(r.To, r.Unit)
	}
	return Symbol(r.Op) + " " + withUnit(r.Value, r.Unit)
}

// withUnit writes a value with its unit.
func withUnit(v float64, u suite.Unit) string {
	if u == suite.Ratio {
		return Number(v) + "×"
	}
	return Number(v) + " " + string(u)
}

// Measured is the median with the smallest and the largest value over the runs, e.g.
// "6.12 ms (5.9–7.01)"; "none" when nothing was measured.
func Measured(r judge.Result) string {
	middle, ok := stats.Median(r.Measured), len(r.Measured) > 0
	if p := r.Projection; !ok && p != nil {
		return "projected " + withUnit(p.Value, r.Unit)
	}
	if !ok {
		return "none"
	}
	text := withUnit(middle, r.Unit)
	if len(r.Measured) == 1 {
		return text
	}
	low, high := Number(slices.Min(r.Measured)), Number(slices.Max(r.Measured))
	if low == high {
		return text
	}
	return text + " (" + low + "–" + high + ")"
}

// Headroom writes a result's headroom, e.g. "1.31×", of a rate with its interval, e.g. "1.92× (1.80–2.05)"; "–" for
// a rate of which the capacity was not searched for, and "" when nothing was measured.
func Headroom(r judge.Result) string {
	switch {
	case r.Metric == suite.Goodput && r.Over == 0 && r.Headroom == 0:
		return "–"
	case math.IsInf(r.Headroom, 0), math.IsInf(r.HeadroomLow, 0), math.IsInf(r.HeadroomHigh, 0):
		return Unknown
	case r.HeadroomAtLeast && !math.IsNaN(r.Headroom):
		return "≥ " + strconv.FormatFloat(r.Headroom, 'f', 2, 64) + "×"
	case r.HeadroomLow > 0 && r.HeadroomHigh > r.HeadroomLow && !math.IsNaN(r.Headroom):
		return fmt.Sprintf("%.2f× (%.2f–%.2f)", r.Headroom, r.HeadroomLow, r.HeadroomHigh)
	case len(r.Measured) == 0:
		return ""
	case math.IsNaN(r.Headroom):
		return Unknown
	case r.Headroom >= judge.MaxHeadroom:
		return fmt.Sprintf("> %s×", thousands(strconv.Itoa(judge.MaxHeadroom-1)))
	case r.Headroom >= 100 || r.Headroom < 0.01:
		return Number(r.Headroom) + "×"
	default:
		return strconv.FormatFloat(r.Headroom, 'f', 2, 64) + "×"
	}
}

// Judged is a verdict's name; "not judged" for none.
func Judged(v judge.Verdict) string {
	if v == 0 {
		return "not judged"
	}
	return v.String()
}

// Plural writes a count with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(strconv.Itoa(n)) + " " + noun + "s"
}

// Memory writes a size, e.g. "512 MiB".
func Memory(s suite.Size) string {
	switch {
	case s <= 0:
		return Unknown
	case s >= suite.GiB:
		return Number(float64(s)/float64(suite.GiB)) + " GiB"
	default:
		return Number(float64(s)/float64(suite.MiB)) + " MiB"
	}
}

// Elapsed writes how long something took, to the second, e.g. "4 min 3 s".
func Elapsed(d time.Duration) string {
	seconds := int64(d.Round(time.Second) / time.Second)
	switch {
	case d < 0:
		return Unknown
	case seconds < 60:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 3600:
		return fmt.Sprintf("%d min %d s", seconds/60, seconds%60)
	default:
		return fmt.Sprintf("%d h %d min", seconds/3600, seconds%3600/60)
	}
}
