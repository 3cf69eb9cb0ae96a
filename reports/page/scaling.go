package page

import (
	"maps"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/usl"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// liveScaling is the fit of the Universal Scalability Law with what it rests on.
type liveScaling struct {
	Level  float64     `json:"level"` // of the interval, in the range (0,1); 0: there is none
	Points []liveFit   `json:"points"`
	Curve  []liveCurve `json:"curve"`
	// Measured is the largest number of workers that was measured: what lies beyond it is projected.
	Measured float64 `json:"measured"`
}

// liveFit is a capacity that was measured, in req/s.
type liveFit struct {
	N float64 `json:"n"`
	X float64 `json:"x"`
}

// liveCurve is what the fit says, in req/s; nil for an end of the interval that is infinite.
type liveCurve struct {
	N    float64  `json:"n"`
	X    float64  `json:"x"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// curvePoints is the number of points at which the fit is drawn.
const curvePoints = 80

// scalingOf is the fit of a run; nil when it has none.
func scalingOf(r *figures.Report) *liveScaling {
	s := r.Run.Scaling()
	if s == nil || len(s.Fit.Points) == 0 {
		return nil
	}
	l := &liveScaling{Level: s.Fit.Level, Points: []liveFit{}, Curve: []liveCurve{}}
	for _, p := range s.Fit.Points {
		l.Points, l.Measured = append(l.Points, liveFit(p)), max(l.Measured, p.N)
	}
	most := 2 * l.Measured
	at := map[float64]bool{}
	for _, p := range s.Projections {
		most = max(most, p.N)
	}
	for i := range curvePoints {
		at[1+(most-1)*float64(i)/(curvePoints-1)] = true
	}
	for _, p := range append(s.Fit.Points, usl.Point{N: l.Measured}) {
		at[p.N] = true
	}
	for _, p := range s.Projections {
		at[p.N] = true
	}
	l.curve(s, at)
	return l
}

// curve is what the fit says at each of these numbers of workers.
func (l *liveScaling) curve(s *usl.Scaling, at map[float64]bool) {
	for _, n := range slices.Sorted(maps.Keys(at)) {
		p, err := s.Fit.Predict(n)
		if err != nil || math.IsNaN(p.X) || math.IsInf(p.X, 0) {
			continue
		}
		l.Curve = append(l.Curve, liveCurve{n, p.X, bounded(p.In.Low), bounded(p.In.High)})
	}
}

// bounded is nil for what is no number.
func bounded(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
