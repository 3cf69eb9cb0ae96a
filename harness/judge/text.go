package judge

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// figure writes a value with its unit, to about three digits.
func figure(v float64, u suite.Unit) string {
	if u == suite.Ratio {
		return number(v) + string(u)
	}
	return number(v) + " " + string(u)
}

// number writes a value to about three digits, without an exponent.
func number(v float64) string {
	size := math.Abs(v)
	switch {
	case size >= 100 || v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case size >= 0.0001:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case v < 0:
		return "> -0.0001"
	default:
		return "< 0.0001"
	}
}

// percent writes a share as a percentage.
func percent(share float64) string { return number(share*100) + " %" }

// ratio writes a headroom or a factor.
func ratio(v float64) string {
	if v >= MaxHeadroom {
		return "1000 or more"
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// median is the middle value, or the mean of the two middle ones.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// spread is the coefficient of variation, with n-1; 0 when there are fewer than two
// values or all are 0.
func spread(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	if mean == 0 {
		return 0
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	cv := math.Sqrt(squares/float64(len(values)-1)) / math.Abs(mean)
	if cv < 1e-12 { // equal values, but for the rounding of their mean
		return 0
	}
	return cv
}
