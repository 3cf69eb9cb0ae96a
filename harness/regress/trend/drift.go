package trend

import (
	"math"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Bounds of a drift.
const (
	driftPoints = 30 // fewer tell nothing of a slow change
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
	threshold := stats.Discoveries(ps, r.Count(Judged), o.Rate)
	for i := range r.Results {
		one := &r.Results[i]
		switch {
		case one.Drift == nil:
		case one.Drift.P > threshold:
			one.Drift = nil
		default:
			for _, k := range known {
				if k.Series == one.Series.Name && k.Unit == one.Series.Unit && k.Point == DriftPoint {
					one.Drift.Known = k.Reason
				}
			}
		}
	}
}

// DriftPoint stands for the data point of an acknowledged drift.
const DriftPoint = "drift"

// drift looks for a slow change since a data point: the test of Mann (Econometrica 13 (1945),
// 245–259) and Kendall on the means of blocks, whose noise is nearly independent, with the slope
// of Theil and Sen.
func (r *Result) drift(from int, o Options) {
	values := r.Series.Values[from:]
	if len(values) < driftPoints {
		return
	}
	size := max(o.Block, (len(values)+mostPoints-1)/mostPoints)
	var points []float64
	for i := 0; i+size <= len(values); i += size {
		points = append(points, stats.Median(values[i:i+size]))
	}
	p := stats.Trend(points)
	slope := stats.Slope(points) / float64(size) / stats.Median(values)
	total := slope * float64(len(values)-1)
	if math.Abs(total) < o.Least {
		return
	}
	r.Drift = &Drift{
		PerPoint: slope, Total: total, From: from, P: p, Worse: (slope > 0) == (r.Series.Better == stats.Lower) &&
			r.Series.Better != 0,
	}
}
