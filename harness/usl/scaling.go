package usl

import (
	"fmt"
	"math"
	"strconv"
)

// Measured is the capacity that was found with a number of workers.
type Measured struct {
	Workers  int     `json:"workers"`  // at least 1
	Capacity float64 `json:"capacity"` // in 1/s, above 0
	AtLeast  bool    `json:"at_least"` // the capacity is this or more: what was measured with gave out first
}

// Scaling is what capacities measured at several numbers of workers say about others.
type Scaling struct {
	Fit         *Fit         `json:"fit"`
	LeftOut     []string     `json:"left_out"` // measurements that the fit does not rest on, each with the reason
	Projections []Prediction `json:"projections"`
}

// Scale fits the law to the capacities of a system and projects them to the given numbers
// of workers. A capacity that is only known to be "at least" something tells nothing of where the
// curve bends, and is left out. What comes out follows from what goes in and the seed
// alone, so that it can be reached again from an archive.
func Scale(measured []Measured, to []int, o Options) (*Scaling, error) {
	s := &Scaling{LeftOut: []string{}, Projections: []Prediction{}}
	var points []Point
	for _, m := range measured {
		if m.AtLeast {
			s.LeftOut = append(s.LeftOut,
				fmt.Sprintf("%d workers: at least %s req/s, generator-bound", m.Workers, short(m.Capacity)))
			continue
		}
		points = append(points, Point{float64(m.Workers), m.Capacity})
	}
	var err error
	if s.Fit, err = New(points, o); err != nil {
		return nil, err
	}
	for _, n := range to {
		p, err := s.Fit.Predict(float64(n))
		if err != nil {
			return nil, err
		}
		s.Projections = append(s.Projections, p)
	}
	return s, nil
}

// Lines say what was found, for people: coefficients, peak, projections, what was left out, warnings.
func (s *Scaling) Lines() []string {
	f := s.Fit
	lines := []string{
		fmt.Sprintf("one worker γ %s req/s%s, contention σ %s%s, coherency κ %s%s; R² %.4f from %d points",
			short(f.Gamma), between(f.GammaIn), short(f.Sigma), between(f.SigmaIn), short(f.Kappa), between(f.KappaIn),
			f.R2, len(f.Points)),
	}
	if math.IsInf(f.PeakN(), 1) {
		lines = append(lines, "no peak within what was measured")
	} else {
		lines = append(lines, fmt.Sprintf("throughput peaks at %s workers%s, with %s req/s", short(f.PeakN()),
			between(f.PeakIn), short(f.PeakThroughput())))
	}
	for _, p := range s.Projections {
		lines = append(lines, fmt.Sprintf("%s workers: %s req/s%s, projected", short(p.N), short(p.X), between(p.In)))
	}
	for _, left := range s.LeftOut {
		lines = append(lines, "left out: "+left)
	}
	for _, warning := range f.Warnings {
		lines = append(lines, "warning: "+warning)
	}
	return lines
}

// between writes an interval in brackets; "" when there is none.
func between(i Interval) string {
	if i.Low == i.High {
		return ""
	}
	high := "∞"
	if !math.IsInf(i.High, 1) {
		high = short(i.High)
	}
	return " (" + short(i.Low) + " to " + high + ")"
}

// short writes a value to three digits, large ones in full.
func short(v float64) string {
	if math.IsInf(v, 1) {
		return "∞"
	}
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
