package trend

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Bounds of a drift.
const (
	driftNights = 30 // fewer tell nothing of a slow change
	mostPoints  = 300
)

// told keeps the drifts that chance explains badly among all series judged, and says which are known.
func (r *Report) told(known []Acknowledged, o Options) {
	var ps []float64
	for _, one := range r.Results {
		if one.Drift != nil {
			ps = append(ps, one.Drift.P)
		}
	}
	slices.Sort(ps)
	threshold := -1.0
	for k, p := range ps {
		if p <= float64(k+1)/float64(r.Count(Judged))*o.Rate {
			threshold = p
		}
	}
	for i := range r.Results {
		one := &r.Results[i]
		switch {
		case one.Drift == nil:
		case one.Drift.P > threshold:
			one.Drift = nil
		default:
			for _, k := range known {
				if k.Series == one.Series.Name && k.Unit == one.Series.Unit && k.Night == DriftNight {
					one.Drift.Known = k.Reason
				}
			}
		}
	}
}

// DriftNight stands for the night of an acknowledged drift.
const DriftNight = "drift"

// drift looks for a slow change since a night: the test of Mann (Econometrica 13 (1945),
// 245–259) and Kendall on the means of blocks, whose noise is nearly independent, with the slope
// of Theil and Sen.
func (r *Result) drift(from int, o Options) {
	values := r.Series.Values[from:]
	if len(values) < driftNights {
		return
	}
	size := max(o.Block, (len(values)+mostPoints-1)/mostPoints)
	var points []float64
	for i := 0; i+size <= len(values); i += size {
		points = append(points, median(values[i:i+size]))
	}
	p := mannKendall(points)
	slope := theilSen(points) / float64(size) / median(values)
	total := slope * float64(len(values)-1)
	if math.Abs(total) < o.Least {
		return
	}
	r.Drift = &Drift{PerNight: slope, Total: total, From: from, P: p, Worse: (slope > 0) == (r.Series.Better == Lower) && r.Series.Better != 0}
}

// mannKendall is the chance of so clear a trend either way if there is none, by the normal
// approximation with the correction for ties (Kendall, Rank Correlation Methods, 1975).
func mannKendall(points []float64) float64 {
	n := float64(len(points))
	s := 0.0
	for i := range points {
		for j := i + 1; j < len(points); j++ {
			switch {
			case points[j] > points[i]:
				s++
			case points[j] < points[i]:
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
	z := (math.Abs(s) - 1) / math.Sqrt(variance/18)
	return 2 * distuv.UnitNormal.Survival(z)
}

// theilSen is the median of the slopes between all pairs of points (Sen, J. Am. Statist. Ass.
// 63 (1968), 1379–1389).
func theilSen(points []float64) float64 {
	slopes := make([]float64, 0, len(points)*(len(points)-1)/2)
	for i := range points {
		for j := i + 1; j < len(points); j++ {
			slopes = append(slopes, (points[j]-points[i])/float64(j-i))
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	return median(slopes)
}
