package figures

import (
	"cmp"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Claim is a verdict with what a reader needs beside it.
type Claim struct {
	judge.Result
	Source  string // where the document says so; "" when it does not, or that is not known
	Derived string // why the figure is claimed although the document does not state it; "" when it does
	Explain string // the command that explains the verdict run by run, to be given the run's folder
	Next    Step   // what to do about it; none of a claim that is verified
}

// Claims are all claims that were judged, the decisive ones first: refuted, invalid, inconclusive, untestable,
// verified, and within a verdict by their headroom, the least first and those without one last.
func (r *Report) Claims() []Claim {
	var all []Claim
	for _, result := range r.Run.Results {
		c := Claim{Result: result, Next: r.stepOf(result), Explain: "nameplate judge --explain " + quoted(result.Claim)}
		if r.Run.Parsed != nil {
			at := slices.IndexFunc(r.Run.Parsed.Claims, func(c suite.Claim) bool { return c.ID == result.Claim })
			if at >= 0 {
				c.Source, c.Derived = r.Run.Parsed.Claims[at].Source, r.Run.Parsed.Claims[at].Derived
			}
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(b.Verdict, a.Verdict), cmp.Compare(spare(a.Result), spare(b.Result)))
	})
	return all
}

// HasHeadroom reports whether the headroom of a result is known. That of a rate is only where the capacity was
// searched for.
func HasHeadroom(r judge.Result) bool {
	if r.Metric == suite.Goodput && r.Over == 0 {
		return r.Headroom > 0
	}
	return len(r.Measured) > 0
}

// spare orders results by their headroom. A rate that was missed has none to spare, although its capacity is not known:
// what was achieved of it stands in. Infinite for a result of which nothing is known.
func spare(r judge.Result) float64 {
	switch {
	case HasHeadroom(r) && !math.IsNaN(r.Headroom):
		return r.Headroom
	case len(r.Measured) > 0 && r.Op == suite.AtLeast && r.Bound > 0:
		if share := stats.Median(r.Measured) / r.Bound; share < 1 {
			return share
		}
	}
	return math.Inf(1)
}

// count is how many results have a verdict.
func (r *Report) count(v judge.Verdict) int {
	n := 0
	for _, result := range r.Run.Results {
		if result.Verdict == v {
			n++
		}
	}
	return n
}
