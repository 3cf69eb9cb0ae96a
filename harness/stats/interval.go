package stats

import (
	"math"
	"slices"
)

// z95 is the number of standard deviations that hold 95 % of a normal distribution.
const z95 = 1.96

// Share is the interval of a share at 95 %, of which k of n were seen; n is at least 1 (Wilson, J. Am. Statist.
// Ass. 22 (1927), 209–212).
func Share(k, n int) (low, high float64) {
	p, m := float64(k)/float64(n), float64(n)
	center := (p + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return max(0, center-half), min(1, center+half)
}

// Ratio is how many times as large the values of the head are as those of the base, with its interval at 95 %: the
// median of all ratios between one of the head and one of the base, and the ratios at the ranks of the U test
// (Hodges and Lehmann, Ann. Math. Statist. 34 (1963), 598–611, on logarithms). All are 0 where a value is not
// above 0.
func Ratio(base, head []float64) (center, low, high float64) {
	var all []float64
	for _, h := range head {
		for _, b := range base {
			if b <= 0 || h <= 0 {
				return 0, 0, 0
			}
			all = append(all, h/b)
		}
	}
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	m, n := float64(len(base)), float64(len(head))
	k := int(math.Floor(m*n/2 - z95*math.Sqrt(m*n*(m+n+1)/12)))
	k = max(0, min(k, len(all)/2))
	return middle(all), all[k], all[len(all)-1-k]
}
