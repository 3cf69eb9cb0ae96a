// Package compare compares the runs of two builds, or of two data points of a history.
//
// It is pure: what was measured comes in the Go benchmark format, and nothing is run. It
// says of each series whether the head is worse, better, or the same as the base, or that
// the runs cannot tell; a change counts when chance explains it badly and it is large
// enough to matter.
package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// Outcome is what became of a series.
type Outcome string

// The outcomes.
const (
	Regress    Outcome = "regress"     // worse, beyond chance and beyond the least effect
	Improve    Outcome = "improve"     // better, likewise
	Same       Outcome = "same"        // any difference is smaller than the least effect
	CannotTell Outcome = "cannot tell" // the runs are too few, or vary too much
)

// Series is one figure of one benchmark, over the runs of base and head.
type Series struct {
	Benchmark string          `json:"benchmark"` // e.g. "Phase/phase=4/workers=8/rate=5000"
	Unit      string          `json:"unit"`      // e.g. "p99-ns"
	Better    stats.Direction `json:"better"`
	Base      []float64       `json:"base"`
	Head      []float64       `json:"head"`
}

// Options say what counts as a change; the zero value has defaults.
type Options struct {
	// Least is the smallest relative change that matters, in the range (0,1); 0 stands for 0.05.
	Least float64
	// Rate is the share of the changes found that may be false, in the range (0,1); 0 stands for 0.01.
	Rate float64
	// Paired tells that run i of the base and of the head were made next to one another, and share what the host did.
	Paired bool
	// Narrowed tells that pairs were added until an interval was narrow enough, see [Sampling.Within].
	Narrowed bool
}

func (o Options) withDefaults() Options {
	o.Least = cmp.Or(o.Least, 0.05)
	o.Rate = cmp.Or(o.Rate, 0.01)
	return o
}

// MinRuns is the least number of runs on each side that can tell anything.
const MinRuns = 4

// Change is what became of one series.
type Change struct {
	Series
	Outcome Outcome `json:"outcome"`
	Ratio   float64 `json:"ratio"` // head over base; 0 when it has none
	Low     float64 `json:"low"`   // interval of the ratio, at 95 %
	High    float64 `json:"high"`
	P       float64 `json:"p"`    // of the test that was made; 1 when none was
	More    int     `json:"more"` // pairs that it would take beside these to tell, about; 0 when none, or not known
	Why     string  `json:"why"`

	logs []float64 // of the ratios of its pairs; none when it was not judged by pairs
}

// Report is a comparison.
type Report struct {
	Changes []Change `json:"changes"` // in the order of the series
	Options Options  `json:"-"`
}

// Count is the number of series of an outcome.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, c := range r.Changes {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// Judge compares every series. The chance of false changes is bounded over all of them
// together, by the procedure of Benjamini and Hochberg (J. R. Statist. Soc. B 57 (1995), 289–300).
func Judge(all []Series, o Options) Report {
	o = o.withDefaults()
	r := Report{Options: o}
	var judged []int
	for _, s := range all {
		c := Change{Series: s, P: 1, Outcome: CannotTell}
		switch {
		case min(len(s.Base), len(s.Head)) < MinRuns:
			c.Why = fmt.Sprintf("%d and %d runs; at least %d on each side needed", len(s.Base), len(s.Head), MinRuns)
			if o.Paired {
				c.More = MinRuns - min(len(s.Base), len(s.Head))
			}
		case constant(s):
			c.Outcome, c.Ratio, c.Low, c.High, c.Why = Same, 1, 1, 1, "every run of both measured the same"
		default:
			c.test(o)
			judged = append(judged, len(r.Changes))
		}
		r.Changes = append(r.Changes, c)
	}
	threshold := discoveries(r.Changes, judged, o.Rate)
	for _, i := range judged {
		r.Changes[i].decide(o, threshold, len(judged))
	}
	return r
}

// test finds out how the sides differ and how well chance explains it: by pairs where there are some and every value
// has a logarithm, else by the ranks of all values.
func (c *Change) test(o Options) {
	if logs := stats.LogRatios(c.Base, c.Head); o.Paired && len(logs) > 0 {
		c.logs, c.P = logs, stats.PairedT(logs)
		c.Ratio, c.Low, c.High = stats.PairedRatio(c.Base, c.Head, level(o.Narrowed))
		return
	}
	c.P = stats.RankSum(c.Base, c.Head)
	c.Ratio, c.Low, c.High = stats.Ratio(c.Base, c.Head)
}

// differs reports whether the sides were told apart. Of pairs the interval has to say so, too: it assumes less.
func (c *Change) differs(threshold float64) bool {
	return c.P <= threshold && !(len(c.logs) > 0 && c.Low <= 1 && c.High >= 1)
}

// constant reports whether all runs of both sides have the same value.
func constant(s Series) bool {
	return !slices.ContainsFunc(slices.Concat(s.Base, s.Head), func(v float64) bool { return v != s.Base[0] })
}

// discoveries is the largest p at which a change counts: p(k) ≤ k/n · rate. Below 0 when none does.
func discoveries(changes []Change, judged []int, rate float64) float64 {
	var ps []float64
	for _, i := range judged {
		ps = append(ps, changes[i].P)
	}
	return stats.Discoveries(ps, len(ps), rate)
}

// decide reaches the outcome of a series that was tested.
func (c *Change) decide(o Options, threshold float64, series int) {
	matters := math.Abs(c.Ratio-1) >= o.Least
	if c.Ratio == 0 { // values of 0: the ranks alone speak
		matters = true
	}
	differs := c.differs(threshold)
	within := c.Ratio > 0 && c.Low >= 1-o.Least && c.High <= 1+o.Least
	switch {
	case differs && matters && c.Better != stats.Neither:
		c.Outcome = Improve
		if c.worse() {
			c.Outcome = Regress
		}
		c.Why = fmt.Sprintf("p %.2g, among %d series", c.P, series)
	case differs && !matters, within:
		c.Outcome, c.Why = Same, fmt.Sprintf("smaller than %.3g %%", 100*o.Least)
	case c.Better == stats.Neither && differs:
		c.Why = "changed, and it has no direction"
	default:
		c.Why = fmt.Sprintf("p %.2g among %d series: chance may explain it, and %.3g %% or more are not ruled out", c.P,
			series, 100*o.Least)
		if c.More = c.more(o, series); c.More > 0 {
			c.Why += fmt.Sprintf("; about %d more pairs would tell", c.More)
		}
	}
}

// worse reports whether the head lies on the bad side of the base.
func (c *Change) worse() bool {
	up := c.Ratio > 1
	if c.Ratio == 0 {
		up = stats.Mean(c.Head) > stats.Mean(c.Base)
	}
	return up == (c.Better == stats.Lower)
}
