package judge

import (
	"math"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// missedAnyway reports whether a run in which nothing but the generator's lateness is wrong
// misses the claim all the same. A generator that sends late offers no more load than the schedule, so
// it can excuse a system only by its own delay: whoever misses a bound with all of that delay
// to his credit has missed it. Such a run is no evidence for anything else.
func missedAnyway(in Input, c suite.Claim, e Evidence, reasons []string) bool {
	if len(reasons) != 1 || e.Window == nil || reasons[0] != late(in, e.Window) || c.Over != 0 || in.Phase.Disturb != "" {
		return false
	}
	most, ok := e.Window.Lateness.Quantile(1)
	v, sampled := of(c, e)
	if !ok || !sampled {
		return false
	}
	credited, ok := credit(c.Metric, v, milliseconds(most), e)
	return ok && !c.Met(credited)
}

// credit is the figure that a system is credited with when every request may have been sent
// late by so many milliseconds; false for metrics of which that is not known.
func credit(metric string, v, late float64, e Evidence) (float64, bool) {
	switch metric {
	case "rate": // at most what arrived in that much more time
		length := 1000 * e.Window.Length()
		return v * (length + late) / length, length > 0
	case "p50", "p90", "p99", "p999": // no answer came later than that after it could have
		return math.Max(0, v-late), true
	case "cpu", "memory": // of no more load than claimed
		return v, true
	}
	return 0, false
}
