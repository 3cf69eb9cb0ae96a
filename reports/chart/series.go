package chart

import (
	"maps"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// mostPoints is how many points a line over time has at most; longer ones are thinned by
// averaging neighbours.
const mostPoints = 300

// times is a line over time in whole steps: step number → value.
type times map[int]float64

// medians is the median of several lines at each step.
func medians(lines []times) times {
	at := map[int][]float64{}
	for _, l := range lines {
		for step, v := range l {
			at[step] = append(at[step], v)
		}
	}
	all := times{}
	for step, values := range at {
		all[step] = stats.Median(values)
	}
	return all
}

// points are the line's points in order, at the middle of each step plus shift, with a
// NaN where a step is missing, and thinned so that each stands for every steps.
func (t times) points(shift float64, every int) []xy {
	steps := slices.Sorted(maps.Keys(t))
	var points []xy
	for i := 0; i < len(steps); {
		bin := steps[i] / every
		var x, y, n float64
		for ; i < len(steps) && steps[i]/every == bin; i++ {
			x, y, n = x+float64(steps[i]), y+t[steps[i]], n+1
		}
		if n := len(points); n > 0 && float64(steps[i-1])-(points[n-1].x-shift) > float64(2*every) {
			points = append(points, xy{math.NaN(), math.NaN()})
		}
		points = append(points, xy{x/n + shift, y / n})
	}
	return points
}

// thinning is how many steps one point must stand for so that no line is too long.
func thinning(lines []times) int {
	last := 0
	for _, l := range lines {
		for step := range l {
			last = max(last, step)
		}
	}
	return 1 + last/mostPoints
}

// values are all values of the lines.
func values(lines []times) []float64 {
	var all []float64
	for _, l := range lines {
		all = slices.AppendSeq(all, maps.Values(l))
	}
	return all
}
