// Package usl fits the Universal Scalability Law to measured throughputs and projects
// from it.
//
// The law gives the throughput at a load or a number of workers N as
//
//	X(N) = γN / (1 + σ(N-1) + κN(N-1))
//
// with γ the throughput at N = 1, σ the share of the work that queues for something shared
// (contention) and κ the cost that pairs of workers cause each other (coherency). Source:
// Gunther, Guerrilla Capacity Planning, Springer 2007, chapter 4 (there: α = σ, β = κ);
// with γ: Gunther, Puglia and Tomasette, Hadoop Superlinear Scalability, ACM Queue 13 (2015).
//
// It knows only throughputs: it does not measure, and says nothing of response times.
package usl

import (
	"errors"
	"fmt"
	"math"
)

// Point is one measured throughput.
type Point struct {
	N float64 `json:"n"` // load or number of workers, above 0
	X float64 `json:"x"` // throughput in 1/s, above 0
}

// Model is the law with its coefficients.
type Model struct {
	Gamma float64 `json:"gamma"` // γ, throughput at N = 1 in 1/s, above 0
	Sigma float64 `json:"sigma"` // σ, contention, in the range [0,1]
	Kappa float64 `json:"kappa"` // κ, coherency, at least 0
}

// Throughput is the throughput at N in 1/s.
func (m Model) Throughput(n float64) float64 { return m.Gamma * relative(m.Sigma, m.Kappa, n) }

// relative is the throughput at n as a multiple of γ.
func relative(sigma, kappa, n float64) float64 {
	return n / (1 + sigma*(n-1) + kappa*n*(n-1))
}

// PeakN is the N at which the throughput is highest, √((1-σ)/κ), at least 1; +Inf when
// κ = 0, since the throughput then rises for ever.
func (m Model) PeakN() float64 {
	if m.Kappa == 0 {
		return math.Inf(1)
	}
	return max(1, math.Sqrt((1-m.Sigma)/m.Kappa))
}

// PeakThroughput is the highest throughput in 1/s at any N. With κ = 0 it is the limit
// γ/σ that is approached, +Inf when σ is 0 as well.
func (m Model) PeakThroughput() float64 {
	if m.Kappa > 0 {
		return m.Throughput(m.PeakN())
	}
	return m.Gamma / m.Sigma // +Inf for σ = 0
}

// errFew says that points cannot determine three coefficients.
var errFew = errors.New("a fit needs at least 3 points of different N")

// check says what is wrong with the points.
func check(points []Point) error {
	distinct := map[float64]bool{}
	for i, p := range points {
		if !(p.N > 0) || math.IsInf(p.N, 1) || !(p.X > 0) || math.IsInf(p.X, 1) {
			return fmt.Errorf(
				"fit the scalability law: point %d has N %v and throughput %v: allowed are finite numbers above 0", i+1,
				p.N, p.X,
			)
		}
		distinct[p.N] = true
	}
	if len(distinct) < 3 {
		return fmt.Errorf("fit the scalability law: %w, there are %d", errFew, len(distinct))
	}
	return nil
}
