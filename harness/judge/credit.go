package judge

import (
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// missedAnyway reports whether a run in which nothing but the schedule lag is wrong misses
// the claim all the same. A generator that sends late offers no more load than the schedule, so
// it can excuse a system only by its own delay: whoever misses a bound with all of that delay
// to his credit has missed it. Such a run is no evidence for anything else.
func missedAnyway(in Input, c suite.Claim, e Evidence, o Outcome) bool {
	if len(o.Reasons) != 1 || o.Reasons[0].Code != ScheduleLag || !o.Sampled || c.Over != 0 || in.Phase.Disturb != "" {
		return false
	}
	most, ok := e.Window.ScheduleLag.Quantile(1)
	if !ok {
		return false
	}
	metric := c.Of()
	credited := methods[metric.Figure].credited
	if credited == nil {
		return false
	}
	v, ok := credited(metric, o.Value, milliseconds(most), e)
	return ok && !c.Met(v)
}

// creditedQuantile is a lower bound on the quantile q of the response time had the generator
// been on time, in milliseconds. A user waits at least for the service; and since a response
// R is a schedule lag L and a rest S, P(S > x) ≥ P(R > x+l) - P(L > l) for every l, so that the
// quantile q of S is at least that of R at q-a less that of L at 1-a, for every share a below 1-q.
func creditedQuantile(q float64, w *measure.Window) (float64, bool) {
	if w.Service == nil || w.Response == nil || w.ScheduleLag == nil {
		return 0, false
	}
	least, ok := w.Service.Quantile(q)
	if !ok {
		return 0, false
	}
	for _, part := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
		a := part * (1 - q)
		r, known := w.Response.Quantile(q - a)
		l, also := w.ScheduleLag.Quantile(1 - a)
		if known && also {
			least = max(least, r-l)
		}
	}
	return milliseconds(least), true
}

// quantileOnTime is [creditedQuantile] of a metric.
func quantileOnTime(m suite.Metric, _, _ float64, e Evidence) (float64, bool) {
	return creditedQuantile(m.Quantile, e.Window)
}

// moreTime is at most what would have arrived in as much more time as the generator was late.
func moreTime(_ suite.Metric, v, late float64, e Evidence) (float64, bool) {
	length := 1000 * e.Window.Length()
	return v * (length + late) / length, length > 0
}

// asItIs is a figure of no more load than claimed.
func asItIs(_ suite.Metric, v, _ float64, _ Evidence) (float64, bool) { return v, true }
