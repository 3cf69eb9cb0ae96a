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
	most, ok := e.Window.Lateness.Quantile(1)
	if !ok {
		return false
	}
	credited, ok := credit(c.Metric, o.Value, milliseconds(most), e)
	return ok && !c.Met(credited)
}

// quantiles are those of the metrics on response times.
var quantiles = map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}

// creditedQuantile is a lower bound on the quantile q of the response time had the generator
// been on time, in milliseconds. A user waits at least for the service; and since a response
// R is a lateness L and a rest S, P(S > x) ≥ P(R > x+l) - P(L > l) for every l, so that the
// quantile q of S is at least that of R at q-a less that of L at 1-a, for every share a below 1-q.
func creditedQuantile(q float64, w *measure.Window) (float64, bool) {
	if w.Service == nil || w.Response == nil || w.Lateness == nil {
		return 0, false
	}
	least, ok := w.Service.Quantile(q)
	if !ok {
		return 0, false
	}
	for _, part := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
		a := part * (1 - q)
		r, known := w.Response.Quantile(q - a)
		l, also := w.Lateness.Quantile(1 - a)
		if known && also {
			least = max(least, r-l)
		}
	}
	return milliseconds(least), true
}

// credit is the figure that a system is credited with when every request may have been sent
// late by so many milliseconds; false for metrics of which that is not known.
func credit(metric string, v, late float64, e Evidence) (float64, bool) {
	switch metric {
	case "rate": // at most what arrived in that much more time
		length := 1000 * e.Window.Length()
		return v * (length + late) / length, length > 0
	case "p50", "p90", "p99", "p999":
		return creditedQuantile(quantiles[metric], e.Window)
	case "cpu", "memory": // of no more load than claimed
		return v, true
	}
	return 0, false
}
