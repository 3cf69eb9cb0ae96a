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

// PairedRatio is how many times as large the head's value of a pair is as the base's, with its interval at a level such
// as 0.95: [PairedInterval] on logarithms. Value i of the base and of the head are pair i. All are 0 where [LogRatios]
// has none.
func PairedRatio(base, head []float64, level float64) (center, low, high float64) {
	logs := LogRatios(base, head)
	if len(logs) == 0 {
		return 0, 0, 0
	}
	center, low, high = PairedInterval(logs, level)
	return math.Exp(center), math.Exp(low), math.Exp(high)
}

// PairedInterval is the middle of the differences within pairs, of which there is one at least, with its interval at a
// level such as 0.95: the Hodges-Lehmann estimate and the interval of the signed-rank test (Hollander and Wolfe,
// Nonparametric Statistical Methods, 2nd ed., sections 3.2 and 3.3). The test is exact. Of up to five pairs there is no
// interval at 95 %: then it is all that the pairs show, which holds the truth in 94 % of the cases for five pairs, 88 %
// for four.
func PairedInterval(differences []float64, level float64) (center, low, high float64) {
	var walsh []float64 // the mean of each two, and of each with itself
	for i := range differences {
		for j := i; j < len(differences); j++ {
			walsh = append(walsh, (differences[i]+differences[j])/2)
		}
	}
	slices.Sort(walsh)
	k := signedRank(len(differences), (1-level)/2)
	return middle(walsh), walsh[k], walsh[len(walsh)-1-k]
}

// LogRatios are the logarithms of head over base, pair by pair; none where the sides are not of the same length, or a
// value is not above 0.
func LogRatios(base, head []float64) []float64 {
	if len(base) != len(head) {
		return nil
	}
	var logs []float64
	for i := range base {
		if !(base[i] > 0 && head[i] > 0) {
			return nil
		}
		logs = append(logs, math.Log(head[i]/base[i]))
	}
	return logs
}

// signedRank is the largest sum of the ranks on one side that has at most the given chance in n pairs of which each
// falls on either side alike; 0 where even that is likelier. Of the 2^n ways, those with a sum are counted (Wilcoxon,
// Biometrics 1 (1945), 80–83).
func signedRank(n int, chance float64) int {
	shares := make([]float64, n*(n+1)/2+1) // of the ways, by their sum
	shares[0] = 1
	for rank := 1; rank <= n; rank++ {
		for sum := len(shares) - 1; sum >= 0; sum-- {
			shares[sum] /= 2
			if sum >= rank {
				shares[sum] += shares[sum-rank] / 2
			}
		}
	}
	k, total := 0, shares[0]
	for total+shares[k+1] <= chance {
		k++
		total += shares[k]
	}
	return k
}
