package judge

import (
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// DefaultBound stands in for the p99 bound that the schedule lag is held to where a phase
// claims nothing about response times.
const DefaultBound = 100 * time.Millisecond

// Guards says what speaks against taking a run of the phase for evidence; none when nothing does.
func Guards(in Input, e Evidence) []Reason {
	var reasons []Reason
	for _, fault := range e.Faults {
		reasons = append(reasons, Reason{Code: BrokenMeanwhile, Name: fault})
	}
	if !sampled(e.Window) {
		return append(reasons, Reason{Code: NoSamples})
	}
	for _, g := range guards {
		if reason := g.test(in, e); !reason.None() {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// sampled reports whether a window tells anything: of requests that were sent, or that were
// released in time and found no connection free throughout, see [notOffered].
func sampled(w *measure.Window) bool {
	if w == nil || w.Offered == 0 || w.Response == nil {
		return false
	}
	return w.Response.Count() > 0 || w.Unsent > 0 && w.ScheduleLag != nil && w.ScheduleLag.Count() > 0
}

// late is the guard on the generator's schedule lag. A generator that sends late offers
// another load than the schedule's, and its delay would count as the system's.
func late(in Input, e Evidence) Reason {
	if e.Window.ScheduleLag == nil {
		return Reason{Code: LagUnknown}
	}
	p99, ok := e.Window.ScheduleLag.Quantile(0.99)
	if !ok {
		return Reason{Code: LagUnknown}
	}
	bound, what := lagBound(in.Claims)
	allowed := float64(in.Validity.ScheduleLag) * milliseconds(bound)
	if milliseconds(p99) <= allowed {
		return Reason{}
	}
	return Reason{
		Code: ScheduleLag, Seen: milliseconds(p99), Allowed: allowed, From: float64(in.Validity.ScheduleLag),
		Name: what,
	}
}

// lagBound is the tightest p99 bound among the claims; without one, the tightest on any
// other percentile; without any, [DefaultBound] and "".
func lagBound(claims []suite.Claim) (time.Duration, string) {
	p99, any := math.Inf(1), math.Inf(1)
	for _, c := range claims {
		if c.Of().Figure == suite.OfResponse {
			any = min(any, c.Bound())
		}
		if c.Metric == suite.P99 {
			p99 = min(p99, c.Bound())
		}
	}
	switch {
	case !math.IsInf(p99, 1):
		return duration(p99), "the p99 bound of " + ms(p99)
	case !math.IsInf(any, 1):
		return duration(any), "the tightest response time bound of " + ms(any)
	}
	return DefaultBound, ""
}

// notOffered is the guard on the offered load. It counts the requests that the
// generator released, which are those that its lag was recorded for; one that it
// released only when giving up shows as late. One that it released in time and that
// found no free connection is unsent because the system held them all: that is the
// system's failure, counted among the errors and in the percentiles.
func notOffered(in Input, e Evidence) Reason {
	w := e.Window
	if w.ScheduleLag == nil {
		return Reason{} // said by late
	}
	// The schedule itself is held to the phase's rate, less the one request that
	// falls on the window's edge.
	scheduled := max(float64(w.Offered), math.Floor(float64(in.Phase.Shape.Mean(in.Phase.Rate))*w.Length())-1)
	released := float64(w.ScheduleLag.Count())
	if released >= float64(in.Validity.Offered)*scheduled {
		return Reason{}
	}
	return Reason{Code: LoadNotOffered, Seen: released, To: scheduled, Allowed: float64(in.Validity.Offered)}
}

// outOfRange is the guard on the recorder.
func outOfRange(_ Input, e Evidence) Reason {
	if e.Window.OutOfRange == 0 {
		return Reason{}
	}
	return Reason{Code: OutOfRange, Seen: float64(e.Window.OutOfRange)}
}

// noisy is the guard on the host's speed.
func noisy(in Input, e Evidence) Reason {
	before, after := e.Noise.SpinBefore, e.Noise.SpinAfter
	if before <= 0 || after <= 0 {
		return Reason{Code: SpeedUnknown}
	}
	if q := e.Noise; q.QuietBefore.Known && !q.QuietBefore.Idle || q.QuietAfter.Known && !q.QuietAfter.Idle {
		return Reason{} // the run's own processes still worked: the difference is not the host's
	}
	change := float64(max(before, after))/float64(min(before, after)) - 1
	if change <= float64(in.Validity.HostNoise) {
		return Reason{}
	}
	r := Reason{
		Code: HostSlowed, From: milliseconds(before), To: milliseconds(after), Seen: change,
		Allowed: float64(in.Validity.HostNoise),
	}
	if after < before {
		r.Code = HostSpedUp
	}
	return r
}

// stolen is the guard on processor time that the hypervisor gave to others.
func stolen(in Input, e Evidence) Reason {
	if e.Noise.Steal <= float64(in.Validity.HostNoise) {
		return Reason{}
	}
	return Reason{Code: ProcessorStolen, Seen: e.Noise.Steal, Allowed: float64(in.Validity.HostNoise)}
}

// shared is the guard on processor time that others than the run took in the measurement window.
func shared(in Input, e Evidence) Reason {
	if e.Usage == nil {
		return Reason{}
	}
	return taken(in, e.Usage.Others, "")
}

// taken says that others took more than they may of a part of a run; the part is named, "" for the measurement window.
func taken(in Input, others measure.Others, part string) Reason {
	took, allowed := (others.Taken+others.Stolen)*others.Cores, in.Validity.Others(others.Cores)
	if !others.Known || took <= allowed {
		return Reason{}
	}
	return Reason{Code: ProcessorsShared, Seen: took, To: others.Cores, Allowed: allowed, Name: part}
}

// against is what speaks against taking a run for evidence on one claim: what [Guards] finds, and processor time that
// others took of those parts of the run outside of its measurement window that the claim is judged on, too.
func against(in Input, c suite.Claim, e Evidence) []Reason {
	reasons := Guards(in, e)
	if e.Usage == nil {
		return reasons
	}
	var besides Reason
	switch _, yielded := e.Values[c.Metric]; {
	case c.Of().FromStart:
		besides = taken(in, e.Usage.OthersBefore, "a part of the warm-up")
	case yielded && in.Phase.Disturb != "":
		besides = taken(in, e.Usage.OthersAfter, "a part of what followed the measurement window")
	}
	if !besides.None() {
		reasons = append(reasons, besides)
	}
	return reasons
}

// hostCodes are the codes that say that the host was not the run's own.
var hostCodes = []Code{
	HostSlowed, HostSpedUp, ProcessorStolen, ProcessorsShared, FrequencyFell, FrequencyRose, ClockJump,
}

// HostDisturbed says in which ways the host was not the run's own: it changed its speed, or others
// took its processors. None when it was.
func HostDisturbed(in Input, e Evidence) []Reason {
	return slices.DeleteFunc(Guards(in, e), func(r Reason) bool { return !slices.Contains(hostCodes, r.Code) })
}

// clocks is the guard on the clocks.
func clocks(_ Input, e Evidence) Reason { return ClockJumped(e.Noise.Wall, e.Noise.Monotonic) }

// frequency is the guard on the processors' frequency.
func frequency(in Input, e Evidence) Reason {
	return FrequencyChanged(e.Noise.MHzBefore, e.Noise.MHzAfter, in.Validity.HostNoise)
}

// unsteady says why a run that meets a claim does not prove it; none when nothing speaks
// against it. What is disturbed, or offered a rate that changes, is not to be steady.
func unsteady(in Input, e Evidence) Reason {
	if in.Phase.Disturb != "" || in.Phase.Shape.Kind != "" {
		return Reason{}
	}
	return Withheld(e)
}

// doubt says why a run that meets a claim does not prove it; none when nothing speaks against it.
func doubt(in Input, c suite.Claim, e Evidence) Reason {
	if c.Of().Figure == suite.OfResponse && e.Window.Succeeded == 0 {
		return Reason{Code: NothingSucceeded}
	}
	return unsteady(in, e)
}

// GeneratorBound reports whether a run tells nothing of the system because the load
// generator could not offer its rate: it was late, or left requests unreleased.
func GeneratorBound(in Input, e Evidence) bool {
	return slices.ContainsFunc(Guards(in, e), func(r Reason) bool {
		return r.Code == ScheduleLag || r.Code == LagUnknown || r.Code == LoadNotOffered
	})
}

// maxClockJump is how far two clocks may run apart over a run: more than a time service
// slews in minutes (500 ppm by RFC 5905, 0.5 ms a second).
const maxClockJump = 100 * time.Millisecond

// ClockJumped is the guard on the clocks: over a run the wall clock and the monotonic clock
// must have gone on by the same time. They do not when someone sets the clock, or when the machine
// was suspended. None when they agree.
func ClockJumped(wall, monotonic time.Duration) Reason {
	allowed := max(maxClockJump, monotonic/1000)
	apart := wall - monotonic
	if max(apart, -apart) <= allowed {
		return Reason{}
	}
	return Reason{Code: ClockJump, From: wall.Seconds(), To: monotonic.Seconds(), Allowed: allowed.Seconds()}
}

// SpeedChanged is the guard on the host's speed over a whole phase: the times that a fixed
// piece of work took before, between and after its runs. spread is the largest relative
// difference allowed, e.g. 0.25. It shows what single runs do not: a slow drift, as from heat.
// None when there are fewer than two times, or they agree.
func SpeedChanged(spins []time.Duration, spread suite.Share) Reason {
	known := slices.DeleteFunc(slices.Clone(spins), func(d time.Duration) bool { return d <= 0 })
	if len(known) < 2 {
		return Reason{}
	}
	low, high := slices.Min(known), slices.Max(known)
	change := float64(high)/float64(low) - 1
	if change <= float64(spread) {
		return Reason{}
	}
	r := Reason{
		Code: SpeedDrifted, From: milliseconds(low), To: milliseconds(high), Seen: change, Allowed: float64(spread),
	}
	values := make([]float64, len(known))
	for i, d := range known {
		values[i] = float64(d)
	}
	if len(values) >= steadySeconds && trend(values, true) {
		r.Code = SpeedFellSteadily
	}
	return r
}

// FrequencyChanged is the guard on the processors' clock: MHz before and after a run, with the
// largest change, as a share of the higher, that is allowed, e.g. 0.25. None when they agree, or
// when one is not known (0).
func FrequencyChanged(before, after float64, fall suite.Share) Reason {
	for _, mhz := range []float64{before, after} {
		if !(mhz > 0) || math.IsInf(mhz, 1) {
			return Reason{}
		}
	}
	change := 1 - min(before, after)/max(before, after)
	if change <= float64(fall) {
		return Reason{}
	}
	r := Reason{Code: FrequencyFell, From: before, To: after, Seen: change, Allowed: float64(fall)}
	if after > before {
		r.Code = FrequencyRose
	}
	return r
}
