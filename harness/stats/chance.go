package stats

import (
	"math"
	"math/big"
	"slices"

	"golang.org/x/perf/benchmath"
	"gonum.org/v1/gonum/stat/distuv"
)

// Sign is P(Bin(n, 1/2) <= d), exactly: the chance that at most d of n values lie on one side of their median (the
// sign test; Conover, Practical Nonparametric Statistics, 3rd ed., section 3.4).
func Sign(n, d int) *big.Rat {
	sum, term := new(big.Int), new(big.Int)
	for k := 0; k <= min(d, n); k++ {
		sum.Add(sum, term.Binomial(int64(n), int64(k)))
	}
	return new(big.Rat).SetFrac(sum, new(big.Int).Lsh(big.NewInt(1), uint(n)))
}

// RankSum is the chance of so different ranks if both sides were alike, either way: the U test, exact for few
// values (Mann and Whitney, Ann. Math. Statist. 18 (1947), 50–60). 1 where it cannot be told.
func RankSum(a, b []float64) float64 {
	t := &benchmath.DefaultThresholds
	one, other := benchmath.NewSample(slices.Clone(a), t), benchmath.NewSample(slices.Clone(b), t)
	p := benchmath.AssumeNothing.Compare(one, other).P
	if math.IsNaN(p) || p < 0 || p > 1 {
		return 1
	}
	return p
}

// PairedT is the chance of a mean as far from 0 if the values were as likely with the other sign, either way: Student's
// test (Biometrika 6 (1908), 1–25). Values with long tails make it too careful rather than too bold, as long as
// they are symmetric (Efron, J. Am. Statist. Ass. 64 (1969), 1278–1302), and the logarithms of the ratios of like pairs
// are. 1 for fewer than two values.
func PairedT(values []float64) float64 {
	mean, n := Mean(values), float64(len(values))
	if n < 2 || mean == 0 {
		return 1
	}
	spread := variance(values)
	if spread == 0 {
		return 0
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	return 2 * t.CDF(-math.Abs(mean)/math.Sqrt(spread/n))
}

// PairsToTell is about how many values it would take for the chance of [PairedT] to fall to a given one, were their
// mean and standard deviation to stay: (z s / m)², with z of the normal distribution. Infinite for a mean of 0; 0 for
// fewer than two values.
func PairsToTell(values []float64, chance float64) float64 {
	if len(values) < 2 {
		return 0
	}
	if Mean(values) == 0 {
		return math.Inf(1)
	}
	z, cv := distuv.UnitNormal.Quantile(chance/2), Variation(values)
	return z * z * cv * cv
}

// Trend is the chance of so clear a rise or fall if there is none: the test of Mann (Econometrica 13 (1945), 245–259)
// and Kendall by its normal approximation, corrected for equal values (Kendall, Rank Correlation Methods, 1975).
func Trend(points []float64) float64 {
	n, s := float64(len(points)), 0.0
	for i := range points {
		for _, later := range points[i+1:] {
			if later > points[i] {
				s++
			} else if later < points[i] {
				s--
			}
		}
	}
	variance := n * (n - 1) * (2*n + 5)
	for i, sorted := 0, slices.Sorted(slices.Values(points)); i < len(sorted); {
		j := i
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		t := float64(j - i)
		variance -= t * (t - 1) * (2*t + 5)
		i = j
	}
	if variance <= 0 || math.Abs(s) < 1 {
		return 1
	}
	return 2 * distuv.UnitNormal.Survival((math.Abs(s)-1)/math.Sqrt(variance/18))
}

// Discoveries is the largest chance at which a test counts as a discovery, so that at most the given share of all
// discoveries is false: the largest k/n × share with p(k) <= k/n × share, of n tests of which those in ps were the
// least likely by chance. Below 0 when none counts (Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995), 289–300).
func Discoveries(ps []float64, n int, share float64) float64 {
	threshold := math.Inf(-1)
	for k, p := range slices.Sorted(slices.Values(ps)) {
		if critical := float64(k+1) / float64(n) * share; p <= critical {
			threshold = critical
		}
	}
	return threshold
}
