package usl

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// The least squares are solved over σ and κ alone: for given σ and κ the best γ is that of
// a straight line through the origin, γ = Σfx/Σf² (variable projection; Golub and
// Pereyra, SIAM J. Numer. Anal. 10 (1973), 413–432).

// project returns the best γ for given σ and κ with its sum of squared residuals.
func project(points []Point, sigma, kappa float64) (gamma, squares float64) {
	var fx, ff float64
	for _, p := range points {
		f := relative(sigma, kappa, p.N)
		fx += f * p.X
		ff += f * f
	}
	gamma = fx / ff
	for _, p := range points {
		d := p.X - gamma*relative(sigma, kappa, p.N)
		squares += d * d
	}
	return gamma, squares
}

// solve returns the model with the least squares within 0 <= σ <= 1 and κ >= 0, and those
// squares. Searches begin at the given models.
//
// The bounds are kept by substitution, σ = sin²u and κ = (v/M)² with M the largest N, so
// that every point that is tried lies within. An optimum on the border is looked for on
// the border itself, where the substitution's slope vanishes, and kept unless the
// interior is better.
func solve(points []Point, starts []Model) (Model, float64) {
	largest := 1.0
	for _, p := range points {
		largest = max(largest, p.N)
	}
	sigmaAt := func(u float64) float64 { s := math.Sin(u); return s * s }
	kappaAt := func(v float64) float64 { return v * v / (largest * largest) }
	best, least := Model{}, math.Inf(1)
	try := func(sigma, kappa float64) {
		gamma, squares := project(points, sigma, kappa)
		if gamma > 0 && squares < least*(1-1e-9) {
			best, least = Model{gamma, sigma, kappa}, squares
		}
	}
	try(0, 0)
	try(1, 0)
	for _, s := range starts {
		u, v := math.Asin(math.Sqrt(s.Sigma)), math.Sqrt(s.Kappa)*largest
		x := search(points, []float64{max(u, 0.1)}, func(x []float64) (float64, float64) { return sigmaAt(x[0]), 0 })
		try(sigmaAt(x[0]), 0)
		x = search(points, []float64{max(v, 0.1)}, func(x []float64) (float64, float64) { return 0, kappaAt(x[0]) })
		try(0, kappaAt(x[0]))
		x = search(points, []float64{max(u, 0.1), max(v, 0.1)},
			func(x []float64) (float64, float64) { return sigmaAt(x[0]), kappaAt(x[1]) })
		try(sigmaAt(x[0]), kappaAt(x[1]))
	}
	return best, least
}

// anywhere spreads the searches over the sizes of σ and κ that matter up to the largest N.
func anywhere(points []Point) []Model {
	largest := 1.0
	for _, p := range points {
		largest = max(largest, p.N)
	}
	square := 1 / (largest * largest)
	return []Model{{Sigma: 0.02, Kappa: square}, {Sigma: 0.3, Kappa: square / 10}, {Sigma: 0.7, Kappa: 5 * square}}
}

// search walks downhill from x on, with the parameters read as σ and κ. The simplex
// (Nelder and Mead, Computer Journal 7 (1965), 308–313) is begun anew at its own
// result, which frees one that has collapsed early.
func search(points []Point, x []float64, read func([]float64) (sigma, kappa float64)) []float64 {
	var size float64
	for _, p := range points {
		size += p.X * p.X
	}
	problem := optimize.Problem{Func: func(x []float64) float64 {
		sigma, kappa := read(x)
		_, squares := project(points, sigma, kappa)
		return squares / size
	}}
	settings := func() *optimize.Settings {
		return &optimize.Settings{
			Converger:       &optimize.FunctionConverge{Absolute: 1e-16, Relative: 1e-13, Iterations: 20},
			FuncEvaluations: 2000,
		}
	}
	for _, size := range []float64{0.1, 0.01} {
		result, err := optimize.Minimize(problem, x, settings(), &optimize.NelderMead{SimplexSize: size})
		if err != nil && result == nil {
			return x // no further down than this; solve compares with what it has
		}
		x = result.X
	}
	return x
}
