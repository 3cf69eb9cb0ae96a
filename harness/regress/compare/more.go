package compare

import (
	"math"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// more is how many pairs it would take beside these to tell, were the ratio what it is now and the runs to vary
// as they do: until the interval rules out the least effect, or until chance no longer explains the difference.
// An interval narrows with the root of the number of pairs. 0 where the series was not judged by pairs.
func (c *Change) more(o Options, series int) int {
	if len(c.logs) == 0 {
		return 0
	}
	made := float64(len(c.Base))
	center, half := math.Log(c.Ratio), math.Log(c.High/c.Low)/2
	least := math.Log1p(o.Least)
	if center < 0 {
		least = -math.Log1p(-o.Least)
	}
	needed, away := math.Inf(1), math.Abs(center)
	if away < least {
		needed = made * square(half/(least-away))
	}
	if away > 0 {
		strict := o.Rate / float64(series) // what the first of so many has to reach
		apart := max(made*square(half/away), stats.PairsToTell(c.logs, strict))
		needed = min(needed, apart)
	}
	return further(needed, len(c.Base))
}

// mostFurther bounds an estimate of pairs: nobody makes so many.
const mostFurther = 1_000_000

// further is how many pairs are missing of those that are needed; one at least.
func further(needed float64, made int) int {
	return int(max(1, min(mostFurther, math.Ceil(needed)-float64(made))))
}

func square(v float64) float64 { return v * v }
