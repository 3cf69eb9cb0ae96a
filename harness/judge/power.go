package judge

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// wantedPower is the chance with which a true claim is to be verified.
const wantedPower = 0.95

// margin is the distance between the typical run and the bound, in standard deviations
// of one run, at which n runs reach a verdict with the chance [wantedPower].
//
// A run's value is taken as normal with mean μ and standard deviation CV × μ. At a
// distance of z standard deviations one run falls on the wrong side of the bound with
// the chance Φ(-z), and the verdict is reached when at most dissents(n) of n do:
// P(Bin(n, Φ(-z)) <= d) = 0.95. With d = 0 that is Φ(z)^n = 0.95, so
// z = Φ⁻¹(0.95^(1/n)), which is 2.39 for 6 of 6: the "2.4 × CV".
func margin(n int) float64 {
	d := dissents(n)
	low, high := 0.0, 10.0
	for range 60 { // halves the interval below the resolution of a float64
		z := (low + high) / 2
		if (distuv.Binomial{N: float64(n), P: distuv.UnitNormal.CDF(-z)}).CDF(float64(d)) < wantedPower {
			low = z
		} else {
			high = z
		}
	}
	return high
}

// needed is the headroom at which n runs with the given coefficient of variation reach
// a verdict with the chance [wantedPower]; +Inf when none is enough. From μ + z·CV·μ =
// bound for "<=", and μ - z·CV·μ = bound for ">=".
func needed(op suite.Op, n int, cv float64) float64 {
	z := margin(n)
	if op == suite.AtMost {
		return 1 + z*cv
	}
	if z*cv >= 1 {
		return math.Inf(1)
	}
	return 1 / (1 - z*cv)
}

// power says what headroom a verdict needs with the spread seen, beside that of the median, and, where
// the runs did not decide, how much longer they would have to be.
func power(r Result, seen float64, planned int) string {
	if len(r.Measured) < 2 {
		return ""
	}
	n := len(r.Measured)
	if n < MinRuns {
		n = max(planned, MinRuns+1)
	}
	z, need := margin(n), needed(r.Op, n, r.Spread)
	text := fmt.Sprintf("headroom needed for a verdict: %.2f (%.1f × CV %s); seen %s", need, z, percent(r.Spread),
		ratio(seen))
	if math.IsInf(need, 1) {
		text = fmt.Sprintf("no headroom is enough for a verdict: the runs vary by CV %s (× %.1f); seen %s",
			percent(r.Spread), z, ratio(seen))
	}
	if r.Verdict != Inconclusive || len(r.Measured) < MinRuns {
		return text
	}
	return text + "; " + longer(z, r)
}

// longer says how much longer the runs must be for a verdict at the median seen, if the
// spread falls with the square root of their length, as it does for independent requests.
func longer(z float64, r Result) string {
	distance := math.Abs(r.Bound/stats.Median(r.Measured) - 1)
	times := math.Pow(z*r.Spread/distance, 2)
	switch {
	case !(times <= 100): // also when the distance is 0
		return "the median is too near to the bound for longer runs to decide"
	case times <= 1:
		return "more runs would decide"
	default:
		return fmt.Sprintf(
			"runs %s times as long would decide, if their spread falls with the square root of their length",
			ratio(times),
		)
	}
}
