package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// GeneratorBound reports whether a run tells nothing of the system because the load
// generator could not offer its rate: it was late, or left requests unreleased.
func GeneratorBound(in Input, e Evidence) bool {
	if e.Window == nil || e.Window.Offered == 0 {
		return false
	}
	return late(in, e.Window) != "" || notOffered(in, e.Window) != ""
}

// maxClockJump is how far two clocks may run apart over a run: more than a time service
// slews in minutes (500 ppm by RFC 5905, 0.5 ms a second).
const maxClockJump = 100 * time.Millisecond

// ClockJumped is the guard on the clocks: over a run the wall clock and the monotonic clock
// must have gone on by the same time. They do not when someone sets the clock, or when the machine
// was suspended. "" when they agree.
func ClockJumped(wall, monotonic time.Duration) string {
	allowed := max(maxClockJump, monotonic/1000)
	apart := wall - monotonic
	if max(apart, -apart) <= allowed {
		return ""
	}
	return fmt.Sprintf("the clock jumped: the wall clock went on by %s and the monotonic clock by %s (at most %s apart allowed)",
		figure(wall.Seconds(), "s"), figure(monotonic.Seconds(), "s"), figure(allowed.Seconds(), "s"))
}

// SpeedChanged is the guard on the host's speed over a whole phase: the times that a fixed
// piece of work took before, between and after its runs. spread is the largest relative
// difference allowed, e.g. 0.25. It shows what single runs do not: a slow drift, as from heat.
// "" when there are fewer than two times, or they agree.
func SpeedChanged(spins []time.Duration, spread suite.Share) string {
	known := slices.DeleteFunc(slices.Clone(spins), func(d time.Duration) bool { return d <= 0 })
	if len(known) < 2 {
		return ""
	}
	low, high := slices.Min(known), slices.Max(known)
	change := float64(high)/float64(low) - 1
	if change <= float64(spread) {
		return ""
	}
	text := fmt.Sprintf("the host's speed changed: a fixed piece of work took from %s to %s (%s apart, at most %s allowed)",
		figure(milliseconds(low), suite.Milliseconds), figure(milliseconds(high), suite.Milliseconds), percent(change), percent(float64(spread)))
	values := make([]float64, len(known))
	for i, d := range known {
		values[i] = float64(d)
	}
	if len(values) >= steadySeconds && trend(values, true) {
		text += ", ever slower"
	}
	return text
}

// FrequencyChanged is the guard on the processor's clock: MHz readings over a run, with
// the largest relative fall from the highest that is allowed, e.g. 0.25. "" when they agree or
// fewer than two are known (0 is not known).
func FrequencyChanged(mhz []float64, fall suite.Share) string {
	known := slices.DeleteFunc(slices.Clone(mhz), func(f float64) bool { return !(f > 0) || math.IsInf(f, 1) })
	if len(known) < 2 {
		return ""
	}
	low, high := slices.Min(known), slices.Max(known)
	if 1-low/high <= float64(fall) {
		return ""
	}
	return fmt.Sprintf("the processor's frequency fell from %.0f to %.0f MHz (%s, at most %s allowed)", high, low, percent(1-low/high), percent(float64(fall)))
}
