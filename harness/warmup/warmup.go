// Package warmup decides when a system under a steady load is warm, from counts per interval.
//
// A system is warm once its backlog is gone and its throughput and its response times are stationary. A system
// whose throughput has become stationary below the load will not become warm: that is evidence of
// overload. The package only decides. It reads no clock and drives nothing, so that the same decision
// serves a real system and a simulated one.
package warmup

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Length is the length of an [Interval].
const Length = 100 * time.Millisecond

// State is how far a warm-up has come, and how it ended.
type State string

// The states. The zero value is none.
const (
	Warming   State = "warming"   // it is not known yet
	Warm      State = "warm"      // the backlog is gone, throughput and response times are stationary
	Saturated State = "saturated" // the throughput is stationary below the load, and the backlog does not shrink
	Unsettled State = "unsettled" // the longest time that was allowed has passed, and none of the above holds
	Fixed     State = "fixed"     // the warm-up lasted as long as it was told to
)

// Valid reports whether a warm-up can end in the state.
func (s State) Valid() bool { return slices.Contains([]State{Warm, Saturated, Unsettled, Fixed}, s) }

// Never reports whether the system did not become warm in the time that it was given.
func (s State) Never() bool { return s == Saturated || s == Unsettled }

// Bounds say how long a warm-up may take. All times are since the load began.
type Bounds struct {
	Ramp  time.Duration // until the load has reached its rate; nothing is decided on what was before
	Least time.Duration // at least Ramp
	Most  time.Duration // at least Least; the same makes the warm-up [Fixed]
}

// Check says what is wrong with the bounds; nil when nothing is.
func (b Bounds) Check() error {
	if b.Ramp < 0 || b.Least < b.Ramp || b.Most < b.Least {
		return fmt.Errorf("a warm-up of %v to %v with a ramp of %v: allowed are 0 s or more, least no shorter than "+
			"the ramp, most no shorter than least",
			b.Least, b.Most, b.Ramp)
	}
	return nil
}

// Fixed reports whether the bounds leave nothing to decide.
func (b Bounds) Fixed() bool { return b.Least == b.Most }

// Interval is what happened in one interval of [Length].
type Interval struct {
	Offered uint64 // requests that the schedule wanted sent in it
	Good    uint64 // good answers that arrived in it
	Failed  uint64 // requests that failed or were given up in it
	// Waited counts those of the answered that waited for a free connection for more than half of their
	// response time: they stood in a backlog that the system's own response time does not explain.
	Waited uint64
	Passed uint64 // requests of the schedule beside Offered, for which the generator had no time
	Times  Times  // response times of Good and Failed, but for requests that were never sent
}

// done is how many requests left the system.
func (i Interval) done() uint64 { return i.Good + i.Failed }

// bucketsPerOctave is how finely [Times] tells response times apart: neighbours are 9 % apart.
const bucketsPerOctave = 8

// Times counts response times from 1 µs to 67 s in buckets that grow by 2^(1/8).
type Times [26 * bucketsPerOctave]uint32

// Add counts a response time.
func (t *Times) Add(d time.Duration) {
	us := math.Max(1, float64(d)/float64(time.Microsecond))
	t[min(int(math.Log2(us)*bucketsPerOctave), len(t)-1)]++
}

// merge adds others up.
func merge(all []Interval) (sum Interval) {
	for i := range all {
		sum.Offered += all[i].Offered
		sum.Good += all[i].Good
		sum.Failed += all[i].Failed
		sum.Waited += all[i].Waited
		sum.Passed += all[i].Passed
		for b, n := range all[i].Times {
			sum.Times[b] += n
		}
	}
	return sum
}

// count is how many response times were counted.
func (t *Times) count() (n uint64) {
	for _, c := range t {
		n += uint64(c)
	}
	return n
}

// quantile is the response time in µs that the share q does not exceed, to within a bucket; there must be one.
func (t *Times) quantile(q float64) float64 {
	rank, sum := uint64(math.Ceil(q*float64(t.count()))), uint64(0)
	for b, c := range t {
		if sum += uint64(c); sum >= max(rank, 1) {
			return math.Exp2((float64(b) + 0.5) / bucketsPerOctave)
		}
	}
	return math.Exp2(float64(len(t)) / bucketsPerOctave)
}
