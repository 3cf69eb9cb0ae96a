package judge

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

// What it takes to call a window unsteady: a change that chance explains badly, and that
// is large enough to matter. Both are asked for, since in a long window chance explains
// even small changes badly, and in a short one it explains large ones well.
const (
	// steadySeconds is the least number of whole seconds that can tell: of five values in a
	// rising or falling row chance makes one in sixty.
	steadySeconds = 5
	// changeSeconds is the number of seconds from which on a single change can be told: of ten
	// values, five below the other five, chance makes one in 126. Fewer only tell of a trend.
	changeSeconds = 10
	// steadyRequests is the least number of answers in a second for a p99 of it.
	steadyRequests = 50
	// steadyLevel is the chance that values in any order are taken for a change, before its
	// size is looked at.
	steadyLevel = 0.01
	// trendLevel is the same for a trend in fewer than changeSeconds.
	trendLevel = 2.0 / 120
	// slower is the factor between p99s that matters.
	slower = 1.5
	// fewer is the change of the share of requests answered that matters.
	fewer = 0.05
	// growth is the share of the window's requests that the backlog may grow by.
	growth = 0.02
	// least is the growth of the backlog in requests that matters.
	least = 20
)

// SteadyState says why a measurement window is no steady state; none when nothing speaks against it.
// known is false when the window is too short, or has too few requests, to tell, which the
// reason then says.
//
// Three tests look at whole seconds: a backlog that grows (requests in less requests out), a
// change of the share answered in the second it was asked, and a change of the p99. A
// single change is looked for by Pettitt's test (Applied Statistics 28 (1979), 126–135), with
// its chance found by permutation; a trend, and in windows of 5 to 9 seconds only that, by Kendall's test,
// with its exact distribution. Ranks need no distribution of the values, but do take
// seconds for independent, which at 90 % utilization is no longer quite so. Over all, some 2 % of
// the runs of a steady queue are called unsteady at most (measured: TestFalseAlarmsOfSteadyState).
//
// A window that is not steady may withhold a pass. It must not make a missed bound invalid: a system
// that is overloaded has no steady state.
func SteadyState(w *measure.Window) (reason Reason, known bool) {
	seconds, reason := tellable(w)
	if !reason.None() {
		return reason, false
	}
	for _, test := range steadyTests {
		if reason := test(seconds); !reason.None() {
			return reason, true
		}
	}
	return Reason{}, true
}

// tellable is the whole seconds of a window, or why they cannot tell whether its state was steady.
func tellable(w *measure.Window) ([]measure.Second, Reason) {
	if w == nil {
		return nil, Reason{Code: NoSamples}
	}
	seconds := wholeSeconds(w)
	if len(seconds) < steadySeconds {
		return nil, Reason{Code: WindowTooShort, Seen: float64(len(seconds)), Allowed: steadySeconds}
	}
	for _, s := range seconds {
		if s.Response == nil || s.Response.Count() < steadyRequests {
			return nil, Reason{Code: TooFewRequests, Allowed: steadyRequests}
		}
	}
	return seconds, Reason{}
}

// steadyTests are what speaks against a steady state.
var steadyTests = []func([]measure.Second) Reason{backlogGrows, shareChanges, p99Changes}

// Withheld says why a run that meets its claims proves them only for the time it took: what [SteadyState]
// finds, but for a change for the better. What was slower in its first seconds and met the bound over all of
// them meets it all the more in the state that it came to. None when there is no reason, or the window is too
// short to tell. Call it for runs that met the claim, and for none other.
func Withheld(e Evidence) Reason {
	seconds, unknown := tellable(e.Window)
	if !unknown.None() {
		return Reason{}
	}
	for _, test := range steadyTests {
		if reason := test(seconds); !reason.None() && !forTheBetter(reason) {
			return reason
		}
	}
	return Reason{}
}

// forTheBetter reports whether a window that was not steady ended better than it began.
func forTheBetter(r Reason) bool {
	return r.Code == P99Changed && r.To < r.From || r.Code == ThroughputChanged && r.To > r.From
}

// wholeSeconds are the seconds of a window without one that its end cuts short.
func wholeSeconds(w *measure.Window) []measure.Second {
	whole := int(math.Floor(w.Length() + 1e-9))
	return w.Seconds[:max(0, min(whole, len(w.Seconds)))]
}

// backlogGrows tests the requests that are in the system at the end of each second, counted
// from the window's start: those asked for, less those answered and failed.
func backlogGrows(seconds []measure.Second) Reason {
	inside := make([]float64, len(seconds))
	var sum, offered float64
	for i, s := range seconds {
		offered += float64(s.Offered)
		sum += float64(s.Offered) - float64(s.Completed) - float64(s.Failed)
		inside[i] = sum
	}
	rise := inside[len(inside)-1] - inside[0]
	if rise < max(least, growth*offered) || !trend(inside, true) {
		return Reason{}
	}
	return Reason{Code: BacklogGrew, From: rise, To: float64(len(seconds)), Seen: rise / offered}
}

// shareChanges tests the share of requests that is answered in the second it was asked.
func shareChanges(seconds []measure.Second) Reason {
	shares := make([]float64, len(seconds))
	for i, s := range seconds {
		if s.Offered == 0 {
			return Reason{}
		}
		shares[i] = float64(s.Completed) / float64(s.Offered)
	}
	at, before, after := change(shares)
	if at < 0 || math.Abs(after-before) < fewer {
		return Reason{}
	}
	return Reason{Code: ThroughputChanged, Seen: float64(at + 1), From: before, To: after}
}

// p99Changes tests the p99 of each second.
func p99Changes(seconds []measure.Second) Reason {
	p99 := make([]float64, len(seconds))
	for i, s := range seconds {
		d, ok := s.Response.Quantile(0.99)
		if !ok || d <= 0 {
			return Reason{}
		}
		p99[i] = milliseconds(d)
	}
	at, before, after := change(p99)
	if at < 0 || max(before, after)/min(before, after) < slower {
		return Reason{}
	}
	return Reason{Code: P99Changed, Seen: float64(at + 1), From: before, To: after}
}

// change is where values change and their medians before and after; at is below 0 when
// chance explains it.
func change(values []float64) (at int, before, after float64) {
	n := len(values)
	if n >= changeSeconds {
		if at, k := stats.Pettitt(stats.Ranks(values)); rare(stats.Ranks(values), k) {
			return at, stats.Median(values[:at]), stats.Median(values[at:])
		}
	}
	if trend(values, true) || trend(values, false) {
		return n / 2, stats.Median(values[:n/2]), stats.Median(values[n-n/2:])
	}
	return -1, 0, 0
}

// permutations is how many orders of the values are looked at.
const permutations = 4000

// rare reports whether at most the share steadyLevel of the orders of the same ranks have a
// statistic of at least k. The orders are the same ones every time: a verdict can be reached again.
func rare(ranks []float64, k float64) bool {
	r := rand.New(rand.NewPCG(0x737465616479, uint64(len(ranks)))) // any fixed seed
	shuffled := slices.Clone(ranks)
	most, reached := int(steadyLevel*permutations)-1, 0 // the order seen is one of them
	for range permutations {
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if _, other := stats.Pettitt(shuffled); other >= k {
			if reached++; reached > most {
				return false
			}
		}
	}
	return true
}

// trend reports whether values rise (or fall) more steadily than chance explains, by
// Kendall's S, the pairs in order less those out of order. Its distribution is counted exactly: the
// number of orders of n values with i pairs out of order is that of n-1 values with i-n+1 to i of them
// (Kendall, Biometrika 30 (1938), 81–93).
func trend(values []float64, rising bool) bool {
	n, discordant := len(values), 0
	for i := range n {
		for j := i + 1; j < n; j++ {
			// Equal values count as out of order: they are no evidence of a trend.
			if rising && values[j] <= values[i] || !rising && values[j] >= values[i] {
				discordant++
			}
		}
	}
	level := steadyLevel
	if n < changeSeconds {
		level = trendLevel
	}
	return stats.Inversions(n, discordant) <= level/2+1e-12 // the level of five values is met exactly
}
