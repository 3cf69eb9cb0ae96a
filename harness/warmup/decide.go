package warmup

import (
	"math"
	"time"
)

// What makes a system warm. A sample is a second, or as much as holds a few dozen requests. Its
// halves are compared.
const (
	sampleLength  = 10 // intervals
	sampleLongest = 50 // intervals; at rates of a few requests a second they tell what they can
	sampleLeast   = 50 // requests

	flowShare   = 0.05 // requests out may differ from requests in by that share, and by noise
	noise       = 2.0  // standard deviations of a count that are no change
	shareChange = 0.05 // the share of good answers may change by that, and by noise
	falling     = 1.5  // response times that fall by that factor from half to half are not stationary
	rising      = 3.0  // nor are those that rise by that: a rise that lasts shows in the backlog as well

	// tail is the number of response times above the quantile that is compared: the 99th percentile of
	// 2,000 or more, a lower one of fewer, whose own would be chance.
	tail = 20

	// A backlog is gone when it is no more than arrives in backlogTime, or backlogLeast requests.
	backlogTime  = 50 * time.Millisecond
	backlogLeast = 10
	// A larger one may be what a long response time explains: it is, once it has been the same throughout
	// slowLength but for backlogShare and noise, and most requests do not wait for a connection.
	slowLength   = 30 // intervals
	slowPart     = 5  // intervals, whose mean backlogs are compared
	backlogShare = 0.1
)

// What makes a system saturated, looked at over three seconds, at saturatedFor ends of intervals in a row.
const (
	saturatedLength = 30   // intervals
	saturatedFor    = 5    // intervals
	throughputRises = 1.05 // a throughput that still rises by that from second to second may reach the rate
	shrinks         = 0.95 // a backlog that has shrunk to that share in two seconds may still be worked off
)

// Decision is what is known after an interval.
type Decision struct {
	State State
	// Steady is when the steady state began that lasts until now, since the load began, to within a [Length]; 0
	// when the system is not warm.
	Steady time.Duration
}

// Decider decides from one interval after the other. Make it with [New]; it is not safe for concurrent use.
type Decider struct {
	bounds    Bounds
	past      []Interval
	backlog   []float64 // requests in the system at the end of each
	steady    time.Duration
	saturated int // ends of intervals in a row at which the system was
}

// New begins a warm-up within the bounds, which must be right.
func New(b Bounds) *Decider { return &Decider{bounds: b} }

// Add takes the next interval and decides. What it has decided for good it says again and again; before
// the bounds allow an end the state is [Warming].
func (d *Decider) Add(i Interval) Decision {
	inside := float64(i.Offered) - float64(i.done())
	if n := len(d.backlog); n > 0 {
		inside += d.backlog[n-1]
	}
	d.past, d.backlog = append(d.past, i), append(d.backlog, inside)
	d.note()
	return d.decide()
}

// note keeps account of how long the state has lasted.
func (d *Decider) note() {
	length, warm := d.warm()
	switch {
	case !warm:
		d.steady = 0
	case d.steady == 0:
		d.steady = max(d.at()-time.Duration(length)*Length, Length)
	}
	if d.overloaded() {
		d.saturated++
	} else {
		d.saturated = 0
	}
}

func (d *Decider) decide() Decision {
	switch at := d.at(); {
	case at < d.bounds.Least:
		return Decision{Warming, d.steady}
	case d.bounds.Fixed():
		return Decision{Fixed, d.steady}
	case d.steady > 0:
		return Decision{Warm, d.steady}
	case d.saturated >= saturatedFor:
		return Decision{Saturated, 0}
	case at >= d.bounds.Most:
		return Decision{Unsettled, 0}
	}
	return Decision{Warming, 0}
}

// at is the end of the last interval.
func (d *Decider) at() time.Duration { return time.Duration(len(d.past)) * Length }

// risen are the intervals after the ramp.
func (d *Decider) risen() int { return len(d.past) - int((d.bounds.Ramp+Length-1)/Length) }

// warm reports whether the last sample is of a warm system, and how many intervals it has.
func (d *Decider) warm() (length int, warm bool) {
	length, ok := d.sample()
	if !ok {
		return 0, false
	}
	n := len(d.past)
	before, after := merge(d.past[n-length:n-length/2]), merge(d.past[n-length/2:])
	if before.Passed+after.Passed > 0 { // it is not the schedule's load
		return length, false
	}
	if !inAsOut(before, after) || !steadyShare(before, after) || !steadyTimes(before, after) {
		return length, false
	}
	return d.drained(length)
}

// sample is how many intervals are to be looked at; false when there are not enough yet.
func (d *Decider) sample() (length int, ok bool) {
	offered := uint64(0)
	for i := range min(d.risen(), sampleLongest) {
		offered += d.past[len(d.past)-1-i].Offered
		if length = i + 1; length >= sampleLength && length%2 == 0 && offered >= sampleLeast {
			return length, true
		}
	}
	return length, length == sampleLongest
}

// inAsOut reports whether as many requests leave as come, and as many in each half, but for noise.
func inAsOut(before, after Interval) bool {
	in, out := float64(before.Offered+after.Offered), float64(before.done()+after.done())
	return out > 0 && math.Abs(in-out) <= math.Max(flowShare*in, noise*math.Sqrt(in))
}

// steadyShare reports whether the share of good answers is the same in both halves, but for noise.
func steadyShare(before, after Interval) bool {
	if before.done() == 0 || after.done() == 0 {
		return true
	}
	n := float64(min(before.done(), after.done()))
	a, b := float64(before.Good)/float64(before.done()), float64(after.Good)/float64(after.done())
	p := (a + b) / 2
	return math.Abs(a-b) <= shareChange+noise*math.Sqrt(2*p*(1-p)/n)
}

// steadyTimes reports whether the high response times of both halves are alike.
func steadyTimes(before, after Interval) bool {
	n := float64(min(before.Times.count(), after.Times.count()))
	if n < 2 {
		return true
	}
	q := math.Min(0.99, math.Max(0.5, 1-tail/n))
	a, b := before.Times.quantile(q), after.Times.quantile(q)
	return a <= falling*b && b <= rising*a
}

// drained reports whether no backlog is left that the response time does not explain, and how many intervals
// that rests on.
func (d *Decider) drained(length int) (int, bool) {
	n := len(d.past)
	rate := d.rate(length)
	if now := mean(d.backlog[n-length/2:]); now <= math.Max(rate*backlogTime.Seconds(), backlogLeast) {
		return length, true
	}
	length = max(length, slowLength)
	if d.risen() < length {
		return length, false
	}
	all := merge(d.past[n-length:])
	if 2*all.Waited > all.done() {
		return length, false
	}
	least, most := math.Inf(1), 0.0
	for at := n - length; at+slowPart <= n; at += slowPart {
		part := mean(d.backlog[at : at+slowPart])
		least, most = min(least, part), max(most, part)
	}
	return length, most-least <= math.Max(backlogShare*most, noise*math.Sqrt(rate))
}

// rate is what was offered over the last intervals, in req/s.
func (d *Decider) rate(length int) float64 {
	return float64(merge(d.past[len(d.past)-length:]).Offered) / (time.Duration(length) * Length).Seconds()
}

// overloaded reports whether the throughput no longer rises and the backlog no longer shrinks, over three seconds.
func (d *Decider) overloaded() bool {
	const second = int(time.Second / Length)
	if d.risen() < saturatedLength {
		return false
	}
	n := len(d.past)
	inside := d.backlog[n-1]
	if inside <= 2*math.Max(d.rate(second)*backlogTime.Seconds(), backlogLeast) {
		return false
	}
	out := func(from int) float64 { return float64(merge(d.past[n-from : n-from+second]).done()) }
	now, earlier := out(second), math.Max(out(2*second), out(3*second))
	if now > throughputRises*earlier+math.Sqrt(earlier) {
		return false
	}
	// One that stays as it is may be what a long response time explains, unless requests wait for a connection.
	last, before := merge(d.past[n-2*second:]), d.backlog[n-1-2*second]
	grows := inside-before > noise*math.Sqrt(float64(last.Offered))
	return grows || 2*last.Waited > last.done() && inside >= shrinks*before
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}
