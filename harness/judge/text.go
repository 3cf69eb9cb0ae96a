package judge

import (
	"fmt"
	"math"
	"strconv"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// figure writes a value with its unit, to about three digits.
func figure(v float64, u suite.Unit) string {
	if u == suite.Ratio {
		return Number(v) + string(u)
	}
	return Number(v) + " " + string(u)
}

// Number writes a value to about three digits, without an exponent.
func Number(v float64) string {
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
func percent(share float64) string { return Number(share*100) + " %" }

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
