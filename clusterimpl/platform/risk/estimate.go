package risk

import (
	"math"
	"slices"
)

// historical sorts the losses. VaR is the lower quantile of their distribution,
// inf{x : F(x) ≥ α}, the k-th smallest with k = ⌈nα⌉. ES is the mean of the worst 1−α of
// the distribution, of which the quantile itself may have a part (Acerbi & Tasche):
// ES = ((k/n − α)·L₍ₖ₎ + Σᵢ₍ᵢ>ₖ₎ L₍ᵢ₎/n) / (1−α). It is computed in the equal form
// L₍ₖ₎ + Σᵢ₍ᵢ>ₖ₎ (L₍ᵢ₎ − L₍ₖ₎) / (n(1−α)), which no rounding error takes below VaR.
func historical(losses []float64, confidence float64) Tail {
	sorted := slices.Clone(losses)
	slices.Sort(sorted)
	n := float64(len(sorted))
	k := int(math.Ceil(n*confidence - 1e-9)) // the product may be a rounding error above a whole number
	k = max(1, min(k, len(sorted)))
	quantile, beyond := sorted[k-1], 0.0
	for _, loss := range sorted[k:] {
		beyond += loss - quantile
	}
	return Tail{VaR: quantile, ES: quantile + beyond/(n*(1-confidence))}
}

// parametric fits a normal distribution, VaR = μ + zσ and ES = μ + σφ(z)/(1−α), and
// corrects its quantile for skewness S and excess kurtosis K (Favre & Galeano):
// z' = z + (z²−1)S/6 + (z³−3z)K/24 − (2z³−5z)S²/36. All are those of the losses. The
// correction is meant for moderate S and K.
func parametric(losses []float64, confidence float64) (normal Tail, cornishFisher float64) {
	mean, deviation, skewness, kurtosis := moments(losses)
	z := math.Sqrt2 * math.Erfinv(2*confidence-1)
	density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
	normal = Tail{VaR: mean + z*deviation, ES: mean + deviation*density/(1-confidence)}
	corrected := z + (z*z-1)*skewness/6 + (z*z*z-3*z)*kurtosis/24 - (2*z*z*z-5*z)*skewness*skewness/36
	return normal, mean + corrected*deviation
}

// moments are the mean, the standard deviation (n−1), and the skewness and excess kurtosis
// of the sample (n), which are 0 if nothing varies.
func moments(x []float64) (mean, deviation, skewness, kurtosis float64) {
	unit := 0.0 // the fourth powers of small numbers would vanish: count in the largest one
	for _, v := range x {
		unit = max(unit, math.Abs(v))
	}
	if unit == 0 {
		return 0, 0, 0, 0
	}
	n := float64(len(x))
	for _, v := range x {
		mean += v / unit / n
	}
	var m2, m3, m4 float64
	for _, v := range x {
		d := v/unit - mean
		m2 += d * d / n
		m3 += d * d * d / n
		m4 += d * d * d * d / n
	}
	if m2 == 0 {
		return mean * unit, 0, 0, 0
	}
	return mean * unit, unit * math.Sqrt(m2*n/(n-1)), m3 / math.Pow(m2, 1.5), m4/(m2*m2) - 3
}
