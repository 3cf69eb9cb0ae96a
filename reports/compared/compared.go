// Package compared works out, once for all renditions, what a report says of two runs beside one another: one outcome
// for each claim, with the difference and its interval, and what else differs between the runs. The statistics are
// those of harness/regress/compare; it draws nothing and judges no run anew.
package compared

import (
	"cmp"
	"math"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/history"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Outcome is what became of a claim between two runs.
type Outcome string

// The outcomes, in the order in which they are shown.
const (
	Regressed     Outcome = "regressed"          // worse, beyond chance and by the least change or more
	Improved      Outcome = "improved"           // better, likewise
	CannotTell    Outcome = "cannot tell"        // the runs are too few, or vary too much
	NotComparable Outcome = "not comparable"     // something else differs that changes figures, or a side has none
	NoChange      Outcome = "no change detected" // any difference is smaller than the least change
)

// Outcomes are all outcomes, in the order in which they are shown.
var Outcomes = []Outcome{Regressed, Improved, CannotTell, NotComparable, NoChange}

// Changed reports whether the outcome is a change.
func (o Outcome) Changed() bool { return o == Regressed || o == Improved }

const (
	// Least is the smallest relative change that counts.
	Least = 0.05
	// FalseShare is the share of the changes found that chance may have made.
	FalseShare = 0.05
)

// Comparison is two judged runs beside one another.
type Comparison struct {
	Base, Head *figures.Report
	// Claims has one row for each claim of either run, those that regressed first.
	Claims []Row
	// Others has one row for each figure of a phase that both runs measured and that nothing is claimed of.
	Others []Row
	// Settings are those that differ, first those that make figures incomparable.
	Settings []Setting
}

// Row is one figure of a phase in both runs.
type Row struct {
	Claim  string // its ID; "" of a figure that nothing is claimed of
	Phase  int
	Metric string // of the claim
	// Base and Head are what the runs say of the claim; nil where a run has none.
	Base, Head *judge.Result
	// By is the metric that is compared: the claim's own, or one that tells more of what the build does.
	By   string
	Unit suite.Unit // of the values of Change
	// Change has the values of the runs that count, and the ratio of head to base with its interval at 95 %. The ratio
	// is that of the values with Floor added.
	Change compare.Change
	// Floor is added to each value, so that a share of errors of 0 has a ratio to another; 0 for other figures.
	Floor   float64
	Outcome Outcome
	Why     string
}

// Of compares two judged runs, neither of which it changes. Runs that are no evidence are left out.
func Of(base, head *archive.Run) (*Comparison, error) {
	b, err := figures.Of(base)
	if err != nil {
		return nil, err
	}
	h, err := figures.Of(head)
	if err != nil {
		return nil, err
	}
	return OfReports(b, h), nil
}

// OfReports compares the reports on two judged runs.
func OfReports(base, head *figures.Report) *Comparison {
	c := &Comparison{Base: base, Head: head, Settings: differing(base, head)}
	c.Claims = claims(base, head)
	c.Others = others(base, head)
	for _, rows := range [][]Row{c.Claims, c.Others} {
		c.judge(rows)
	}
	slices.SortStableFunc(c.Claims, decisiveFirst)
	slices.SortStableFunc(c.Others, decisiveFirst)
	return c
}

// decisiveFirst orders rows by their outcome; changes by their size.
func decisiveFirst(a, b Row) int {
	order := cmp.Compare(slices.Index(Outcomes, a.Outcome), slices.Index(Outcomes, b.Outcome))
	if a.Outcome.Changed() {
		order = cmp.Or(order, cmp.Compare(b.size(), a.size()))
	}
	return order
}

// size is how far the sides are apart, as a logarithm; infinite where a value of 0 leaves no ratio.
func (r Row) size() float64 {
	if r.Change.Ratio <= 0 {
		return math.Inf(1)
	}
	return math.Abs(math.Log(r.Change.Ratio))
}

// Count is how many claims came to an outcome.
func (c *Comparison) Count(o Outcome) int { return count(c.Claims, o) }

func count(rows []Row, o Outcome) int {
	n := 0
	for _, r := range rows {
		if r.Outcome == o {
			n++
		}
	}
	return n
}

// Comparable reports whether the figures of some claim may be compared.
func (c *Comparison) Comparable() bool { return c.Count(NotComparable) < len(c.Claims) }

// ExitStatus is 1 when a claim regressed, 3 when no claim may be compared, else 0.
func (c *Comparison) ExitStatus() int {
	switch {
	case c.Count(Regressed) > 0:
		return exitcode.Refuted
	case !c.Comparable():
		return exitcode.NoVerdict
	}
	return exitcode.Verified
}

// claims are the claims of the base in its order, then those that only the head has.
func claims(base, head *figures.Report) []Row {
	var rows []Row
	index := map[string]int{}
	for side, r := range []*figures.Report{base, head} {
		for i := range r.Run.Results {
			result := &r.Run.Results[i]
			at, ok := index[result.Claim]
			if !ok {
				at = len(rows)
				index[result.Claim] = at
				rows = append(rows, Row{
					Claim: result.Claim, Phase: result.Phase, Metric: result.Metric, By: result.Metric,
					Unit: result.Unit,
				})
			}
			if side == 0 {
				rows[at].Base = result
			} else {
				rows[at].Head = result
			}
		}
	}
	for i := range rows {
		rows[i].Change.Series = rows[i].series(base, head)
	}
	return rows
}

// series are the values of a claim's row. They are those that the verdicts rest on, unless builds are compared on the
// claim by another metric that both runs measured.
func (r *Row) series(base, head *figures.Report) compare.Series {
	m, _ := suite.MetricByName(r.Metric)
	if other, ok := comparedBy(m); ok && !r.divided() {
		one, two := valuesOf(base, r.Phase, other), valuesOf(head, r.Phase, other)
		if len(one) > 0 && len(two) > 0 {
			r.By, r.Unit = other.Name, other.Unit
			return compare.Series{
				Benchmark: r.Claim, Unit: string(r.Unit), Better: direction(other), Base: one, Head: two,
			}
		}
	}
	if m.Figure == suite.OfErrors && !r.divided() {
		r.Floor = history.ErrorFloor
	}
	s := compare.Series{Benchmark: r.Claim, Unit: string(r.Unit), Better: direction(m)}
	if r.Base != nil {
		s.Base = r.Base.Measured
	}
	if r.Head != nil {
		s.Head = r.Head.Measured
	}
	return s
}

// divided reports whether the claim is on the ratio of two phases.
func (r *Row) divided() bool {
	return r.Base != nil && r.Base.Over != 0 || r.Head != nil && r.Head.Over != 0
}

// comparedBy is the metric by which builds are compared on a claim about another; false when it is its own.
func comparedBy(m suite.Metric) (suite.Metric, bool) {
	at := slices.IndexFunc(suite.Metrics,
		func(o suite.Metric) bool { return m.Compared != "" && o.Bench == m.Compared })
	if at < 0 {
		return suite.Metric{}, false
	}
	return suite.Metrics[at], true
}

func direction(m suite.Metric) stats.Direction {
	switch {
	case m.Undirected:
		return stats.Neither
	case m.Op == suite.AtLeast:
		return stats.Higher
	}
	return stats.Lower
}

// valuesOf are the values of a metric, one a run that counts.
func valuesOf(r *figures.Report, phase int, m suite.Metric) []float64 {
	var all []float64
	for _, p := range r.Phases {
		if p.Number != phase {
			continue
		}
		for _, t := range p.Runs {
			if v, ok := t.Pool.Metric(m.Name); ok && t.Counts() {
				all = append(all, v)
			}
		}
	}
	return all
}

// others are the figures that builds are compared by, of phases of which nothing is claimed about them.
func others(base, head *figures.Report) []Row {
	var rows []Row
	for _, p := range base.Phases {
		for _, m := range suite.Metrics {
			if m.Bench == "" || m.Undirected || claimed(p, m) {
				continue
			}
			one, two := valuesOf(base, p.Number, m), valuesOf(head, p.Number, m)
			if len(one) == 0 || len(two) == 0 {
				continue
			}
			floor := 0.0
			if m.Figure == suite.OfErrors {
				floor = history.ErrorFloor
			}
			rows = append(rows, Row{
				Phase: p.Number, Metric: m.Name, By: m.Name, Unit: m.Unit, Floor: floor,
				Change: compare.Change{Series: compare.Series{
					Benchmark: p.Title(), Unit: string(m.Unit), Better: direction(m), Base: one, Head: two,
				}},
			})
		}
	}
	return rows
}

func claimed(p figures.Phase, m suite.Metric) bool {
	return slices.ContainsFunc(p.Results, func(r judge.Result) bool {
		of, _ := suite.MetricByName(r.Metric)
		return r.Over == 0 && (of.Name == m.Name || of.Compared != "" && of.Compared == m.Bench)
	})
}

// judge compares the rows that may be compared, together, and works out the differences of the others.
func (c *Comparison) judge(rows []Row) {
	var may, not []int
	for i := range rows {
		if rows[i].Why = c.obstacle(rows[i]); rows[i].Why == "" {
			may = append(may, i)
		} else {
			not = append(not, i)
		}
	}
	for _, group := range [][]int{may, not} {
		var series []compare.Series
		for _, i := range group {
			s := rows[i].Change.Series
			s.Base, s.Head = raised(s.Base, rows[i].Floor), raised(s.Head, rows[i].Floor)
			series = append(series, s)
		}
		r := compare.Judge(series, compare.Options{Least: Least, Rate: FalseShare})
		for n, i := range group {
			r.Changes[n].Series = rows[i].Change.Series
			rows[i].Change = r.Changes[n]
		}
	}
	for _, i := range may {
		rows[i].Outcome, rows[i].Why = outcomes[rows[i].Change.Outcome], rows[i].Change.Why
	}
	for _, i := range not {
		rows[i].Outcome = NotComparable
	}
}

// raised are the values with the floor added.
func raised(values []float64, floor float64) []float64 {
	if floor == 0 {
		return values
	}
	var all []float64
	for _, v := range values {
		all = append(all, v+floor)
	}
	return all
}

var outcomes = map[compare.Outcome]Outcome{
	compare.Regress: Regressed, compare.Improve: Improved, compare.Same: NoChange, compare.CannotTell: CannotTell,
}
