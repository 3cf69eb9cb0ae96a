package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// DefaultBound stands in for the p99 bound that the generator's lateness is held
// against where a phase claims nothing about response times.
const DefaultBound = 100 * time.Millisecond

// Guards says why a run of the phase is no evidence, one reason each with its figures;
// none when it is. Only the generator, the recorder, the host and what surrounds the
// system can make a run invalid; a slow or failing system cannot, so that its runs stay
// evidence against it.
func Guards(in Input, e Evidence) []string {
	w := e.Window
	if w == nil || w.Offered == 0 || w.Response == nil || w.Response.Count() == 0 {
		return append(slices.Clone(e.Faults), "no samples: no request of the judged window was sent")
	}
	reasons := slices.Clone(e.Faults)
	for _, reason := range []string{
		notOffered(in, w), late(in, w), outOfRange(w), noisy(in.Validity, e.Noise), stolen(in.Validity, e.Noise),
		ClockJumped(e.Noise.Wall, e.Noise.Monotonic),
		FrequencyChanged([]float64{e.Noise.MHzBefore, e.Noise.MHzAfter}, in.Validity.HostNoise),
	} {
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// Counts reports whether a run of the phase is evidence.
func Counts(in Input, e Evidence) bool { return len(Guards(in, e)) == 0 }

// unsteady says why a run that meets a claim does not prove it; "" when nothing speaks
// against it. What is disturbed, or offered a rate that changes, is not to be steady.
func unsteady(in Input, e Evidence) string {
	if in.Phase.Disturb != "" || in.Phase.Shape.Kind != "" {
		return ""
	}
	return Withheld(e)
}

// doubt says why a run that meets a claim does not prove it; "" when nothing speaks against it.
func doubt(in Input, c suite.Claim, e Evidence) string {
	if _, timed := quantiles[c.Metric]; timed && e.Window.Succeeded == 0 {
		return "not one request succeeded: how fast they failed proves no response time"
	}
	return unsteady(in, e)
}

// Uncounted says why a run of the phase is made up for by another: it is no evidence, or
// meets every claim without having come to a steady state. None when it counts.
func Uncounted(in Input, e Evidence) []string {
	if reasons := Guards(in, e); len(reasons) > 0 {
		return reasons
	}
	if met, _, _ := once(in, e); met {
		if reason := unsteady(in, e); reason != "" {
			return []string{reason}
		}
	}
	return nil
}

// Once holds one run against all claims that the host can test, without a verdict: met when
// every one of them is. When the run is no evidence, reasons says why, and generator whether it
// is because the generator did not offer the load in time.
func Once(in Input, e Evidence) (met, generator bool, reasons []string) {
	if reasons := Guards(in, e); len(reasons) > 0 {
		return false, GeneratorBound(in, e), reasons
	}
	met, _, reasons = once(in, e)
	if reason := unsteady(in, e); met && reason != "" {
		return false, false, []string{reason} // a rate that does not come to a steady state is not sustained
	}
	return met, false, reasons
}

// once is [Once] for a run that counts, without regard to its steadiness.
func once(in Input, e Evidence) (met, generator bool, reasons []string) {
	for _, c := range in.Claims {
		if lacking(in.Host, c) != "" || c.Over != 0 {
			continue
		}
		v, ok := of(c, e)
		switch {
		case !ok:
			reasons = append(reasons, "no sample of "+c.Metric)
		case !c.Met(v):
			reasons = append(reasons, fmt.Sprintf("%s of %s, %s documented", c.Metric, figure(v, c.Unit()), demand(c)))
		}
	}
	return len(reasons) == 0, false, reasons
}

// late is the guard on the generator's own lateness. A generator that sends late offers
// another load than the schedule's, and its delay would count as the system's.
func late(in Input, w *measure.Window) string {
	if w.Lateness == nil {
		return "the generator's lateness was not recorded"
	}
	p99, ok := w.Lateness.Quantile(0.99)
	if !ok {
		return "the generator's lateness was not recorded"
	}
	bound, what := latenessBound(in.Claims)
	allowed := float64(in.Validity.Lateness) * milliseconds(bound)
	if milliseconds(p99) <= allowed {
		return ""
	}
	return fmt.Sprintf("the generator was late: p99 %s, at most %s (%s of %s) allowed", figure(milliseconds(p99), suite.Milliseconds),
		figure(allowed, suite.Milliseconds), percent(float64(in.Validity.Lateness)), what)
}

// latenessBound is the tightest p99 bound among the claims; without one, the tightest
// on any other percentile; without any, [DefaultBound].
func latenessBound(claims []suite.Claim) (time.Duration, string) {
	tightest := func(metrics ...string) float64 {
		lowest := math.Inf(1)
		for _, c := range claims {
			if slices.Contains(metrics, c.Metric) {
				lowest = min(lowest, c.Bound())
			}
		}
		return lowest
	}
	if b := tightest("p99"); !math.IsInf(b, 1) {
		return duration(b), "the p99 bound of " + figure(b, suite.Milliseconds)
	}
	if b := tightest("p50", "p90", "p999"); !math.IsInf(b, 1) {
		return duration(b), "the tightest response time bound of " + figure(b, suite.Milliseconds)
	}
	return DefaultBound, figure(milliseconds(DefaultBound), suite.Milliseconds) + ", no response time being claimed"
}

// notOffered is the guard on the offered load. It counts the requests that the
// generator released, which are those that its lateness was recorded for; one that it
// released only when giving up shows as late. One that it released in time and that
// found no free connection is unsent because the system held them all: that is the
// system's failure, counted among the errors and in the percentiles.
func notOffered(in Input, w *measure.Window) string {
	if w.Lateness == nil {
		return "" // said by late
	}
	// The schedule itself is held to the phase's rate, less the one request that
	// falls on the window's edge.
	scheduled := max(float64(w.Offered), math.Floor(float64(in.Phase.Shape.Mean(in.Phase.Rate))*w.Length())-1)
	released := float64(w.Lateness.Count())
	if released >= float64(in.Validity.Offered)*scheduled {
		return ""
	}
	return fmt.Sprintf("the load was not offered: %.0f of %.0f requests were released (%s, at least %s needed)",
		released, scheduled, percent(released/scheduled), percent(float64(in.Validity.Offered)))
}

// outOfRange is the guard on the recorder.
func outOfRange(w *measure.Window) string {
	if w.OutOfRange == 0 {
		return ""
	}
	return fmt.Sprintf("%d values lay outside what the recorder holds (%v to %v)", w.OutOfRange, measure.Lowest, measure.Highest)
}

// noisy is the guard on the host's speed.
func noisy(v suite.Validity, n measure.HostNoise) string {
	if n.SpinBefore <= 0 || n.SpinAfter <= 0 {
		return "the host's speed was not measured before and after the run"
	}
	change := float64(max(n.SpinBefore, n.SpinAfter))/float64(min(n.SpinBefore, n.SpinAfter)) - 1
	if change <= float64(v.HostNoise) {
		return ""
	}
	return fmt.Sprintf("the host changed its speed: a fixed piece of work took %s before and %s after (%s apart, at most %s allowed)",
		figure(milliseconds(n.SpinBefore), suite.Milliseconds), figure(milliseconds(n.SpinAfter), suite.Milliseconds),
		percent(change), percent(float64(v.HostNoise)))
}

// stolen is the guard on processor time that the hypervisor gave to others.
func stolen(v suite.Validity, n measure.HostNoise) string {
	if n.Steal <= float64(v.HostNoise) {
		return ""
	}
	return fmt.Sprintf("the hypervisor took %s of the host's processor time (at most %s allowed)", percent(n.Steal), percent(float64(v.HostNoise)))
}

func duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
