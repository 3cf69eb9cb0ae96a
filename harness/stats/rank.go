package stats

import (
	"cmp"
	"math"
	"slices"
)

// NearestRank is the least whole r from 1 to n with r/n >= q, but for what floating point adds to q × n: the
// rank of the quantile q of n values (Hyndman and Fan, Am. Statist. 50 (1996), 361–365, definition 1). n is
// at least 1.
func NearestRank(q float64, n uint64) uint64 {
	exact := q * float64(n)
	r := math.Round(exact)
	if math.Abs(exact-r) > 1e-9*max(1, exact) {
		r = math.Ceil(exact)
	}
	return min(max(uint64(r), 1), n)
}

// Ranks are the values' ranks from 1. Equal values have the mean of theirs.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			ranks[order[k]] = float64(i+j+1) / 2 // the mean of the ranks i+1 to j
		}
		i = j
	}
	return ranks
}

// Pettitt is where the ranks before differ most from those after, and K = max |2·ΣR - t(n+1)| over the first t
// ranks (Pettitt, Applied Statistics 28 (1979), 126–135).
func Pettitt(ranks []float64) (at int, k float64) {
	sum, n := 0.0, float64(len(ranks))
	for t := 1; t < len(ranks); t++ {
		sum += ranks[t-1]
		if u := math.Abs(2*sum - float64(t)*(n+1)); u > k {
			at, k = t, u
		}
	}
	return at, k
}

// Split is Pettitt's test with the rank sum scaled by its variance, (ΣR - t(n+1)/2)² / (t(n-t)), so that splits
// near the ends count as much, with at least side ranks on each side (Lausen and Schumacher, Biometrics 48 (1992),
// 73–85). It is where the statistic is largest, and that.
func Split(ranks []float64, side int) (at int, statistic float64) {
	n := float64(len(ranks))
	sum, at, statistic := 0.0, side, -1.0
	for i := 0; i < len(ranks)-side; i++ {
		sum += ranks[i] - (n+1)/2
		if m := float64(i + 1); i+1 >= side {
			if z := sum * sum / (m * (n - m)); z > statistic {
				at, statistic = i+1, z
			}
		}
	}
	return at, statistic
}

// Inversions is the share of the orders of n values that have at most d pairs out of order: the exact distribution of
// Kendall's statistic. The orders of n values with i pairs out of order are those of n-1 values with i-n+1 to i of
// them (Kendall, Biometrika 30 (1938), 81–93).
func Inversions(n, d int) float64 {
	shares, next := []float64{1}, []float64(nil) // by the number of pairs out of order, up to d
	for m := 2; m <= n; m++ {
		sum := 0.0 // of the m shares up to i
		next = next[:0]
		for i := 0; i <= d && i <= m*(m-1)/2; i++ {
			if i < len(shares) {
				sum += shares[i]
			}
			if i >= m {
				sum -= shares[i-m]
			}
			next = append(next, sum/float64(m))
		}
		shares, next = next, shares
	}
	sum := 0.0
	for i := 0; i <= d && i < len(shares); i++ {
		sum += shares[i]
	}
	return sum
}

// Slope is the median of the slopes between all pairs of points, per step (Sen, J. Am. Statist. Ass. 63 (1968),
// 1379–1389); 0 for fewer than two points.
func Slope(points []float64) float64 {
	var slopes []float64
	for i := range points {
		for j := i + 1; j < len(points); j++ {
			slopes = append(slopes, (points[j]-points[i])/float64(j-i))
		}
	}
	return Median(slopes)
}
