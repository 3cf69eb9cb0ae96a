// Package stats is the one home of a median, a rank and a chance. Every function states its formula and
// where it comes from; none knows what the values are of, and none reads a clock.
package stats

import (
	"math"
	"slices"
)

// Direction says which way a figure is better.
type Direction int

// The directions. A figure with neither is shown, and is never worse or better.
const (
	Neither Direction = 0
	Higher  Direction = 1
	Lower   Direction = -1
)

// Median is the middle value, or the mean of the two middle ones; 0 when there are none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	return middle(slices.Sorted(slices.Values(values)))
}

// middle is the median of sorted values, of which there is one at least. Each half is divided before they are
// added, so that the sum of two large values is no overflow.
func middle(sorted []float64) float64 {
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return sorted[half-1]/2 + sorted[half]/2
}

// Mean is the arithmetic mean; 0 when there are no values.
func Mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// variance is that of a sample of two values or more, with n-1.
func variance(values []float64) float64 {
	mean, squares := Mean(values), 0.0
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return squares / float64(len(values)-1)
}

// Variation is the coefficient of variation: the standard deviation, with n-1, over the size of the mean. It is 0
// when there are fewer than two values, when their mean is 0, and when they differ by rounding alone.
func Variation(values []float64) float64 {
	mean := Mean(values)
	if len(values) < 2 || mean == 0 {
		return 0
	}
	cv := math.Sqrt(variance(values)) / math.Abs(mean)
	if cv < 1e-12 {
		return 0
	}
	return cv
}

// normal is what a median absolute deviation is multiplied with to estimate the standard deviation of normal
// values: 1/Φ⁻¹(3/4).
const normal = 1.4826

// Deviation is the robust standard deviation: 1.4826 × the median distance from the median (Hampel, J. Am. Statist.
// Ass. 69 (1974), 383–393).
func Deviation(values []float64) float64 {
	away := make([]float64, len(values))
	center := Median(values)
	for i, v := range values {
		away[i] = math.Abs(v - center)
	}
	return normal * Median(away)
}

// Distances is the sum of the distances from the median.
func Distances(values []float64) float64 {
	sum, center := 0.0, Median(values)
	for _, v := range values {
		sum += math.Abs(v - center)
	}
	return sum
}

// Noise is the relative standard deviation of neighbouring values about their level: from the median of their
// differences, which a step or an outlier hardly moves. 0 for fewer than two values.
func Noise(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	return normal * Median(steps(values)) / math.Sqrt2 / Median(values)
}

// steps are the sizes of the differences between neighbouring values.
func steps(values []float64) []float64 {
	var all []float64
	for i := 1; i < len(values); i++ {
		all = append(all, math.Abs(values[i]-values[i-1]))
	}
	return all
}

// mostCorrelated is the most that [Correlation] believes, since the estimate from few values is a poor one.
const mostCorrelated = 0.6

// Correlation estimates how much a value's noise takes over from the value before, from 0 to 0.6. For noise of that
// kind the differences of neighbours are correlated by -(1-ρ)/2 (Box and Jenkins, Time Series Analysis, section
// 3.2). Differences are cut off at three standard deviations, since a step would otherwise look like correlation.
func Correlation(values []float64) float64 {
	if len(values) < 4 {
		return 0
	}
	most := 3 * normal * Median(steps(values))
	var products, squares, before float64
	for i := 1; i < len(values); i++ {
		step := max(-most, min(most, values[i]-values[i-1]))
		squares += step * step
		products += step * before
		before = step
	}
	if squares == 0 {
		return 0
	}
	return max(0, min(mostCorrelated, 1+2*products/squares))
}
