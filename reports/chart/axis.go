package chart

import (
	"math"
	"strings"

	"gonum.org/v1/plot"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// niceTicks marks a linear axis at multiples of 1, 2 or 5 times a power of ten, at most
// seven of them.
type niceTicks struct{}

// Ticks returns the marks within a range.
func (niceTicks) Ticks(low, high float64) []plot.Tick {
	if !(high > low) || math.IsInf(high-low, 0) {
		return nil
	}
	step := niceStep((high - low) / 6)
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high*(1+1e-12) && len(ticks) < 20; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: short(i * step)})
	}
	return ticks
}

// short writes a number without zeros at the end of its fraction.
func short(v float64) string {
	text := figures.Number(v)
	if strings.Contains(text, ".") && !strings.Contains(text, "e") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// niceStep is the smallest of 1, 2 and 5 times a power of ten that is at least v.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logTicks marks a logarithmic axis at 1, 2 and 5 times the powers of ten; on a long
// axis only the powers are labelled.
type logTicks struct{}

// Ticks returns the marks within a range, both ends above 0.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	if !(low > 0) || !(high > low) || math.IsInf(high, 0) {
		return nil
	}
	first, last := int(math.Floor(math.Log10(low))), int(math.Ceil(math.Log10(high)))
	every := max(1, (last-first)/8)
	long := math.Log10(high/low) > 3.1
	var ticks []plot.Tick
	for e := first; e <= last; e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, float64(e))
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			if labelled := m == 1 && (e-first)%every == 0 || m > 1 && !long; labelled {
				t.Label = figures.Number(v)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// logAxis makes an axis logarithmic, over a range that holds all values above 0 and at
// least two labelled marks; false when there is no such value.
func logAxis(a *plot.Axis, values ...float64) bool {
	const least, most = 1e-12, 1e24
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			v = min(max(v, least), most) // what lies beyond is no figure of anything, and lies beyond the axis
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		return false
	}
	a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{}
	a.Min, a.Max = low/1.15, high*1.15
	if a.Max/a.Min < 10 { // a short axis needs its ends labelled
		a.Min, a.Max = stepBelow(a.Min), niceStep(a.Max)
	}
	return true
}

// makeRoom lengthens a logarithmic axis by shares of its length at its ends, for labels.
func makeRoom(a *plot.Axis, below, above float64) {
	length := a.Max / a.Min
	a.Min, a.Max = a.Min/math.Pow(length, below), a.Max*math.Pow(length, above)
}

// stepBelow is the largest of 1, 2 and 5 times a power of ten that is at most v.
func stepBelow(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2} {
		if m*power <= v*(1+1e-9) {
			return m * power
		}
	}
	return power
}

// zeroAxis makes an axis linear from 0 to somewhat above the largest value, by the
// given factor; false when there is no value above 0.
func zeroAxis(a *plot.Axis, factor float64, values ...float64) bool {
	high := 0.0
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			high = max(high, v)
		}
	}
	a.Min, a.Max = 0, 1
	if high > 0 {
		a.Max = high * factor
	}
	return high > 0
}
