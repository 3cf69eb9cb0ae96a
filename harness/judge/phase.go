package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// MaxHeadroom is the largest headroom that is told apart from larger ones.
const MaxHeadroom = 1000

// Phase judges every claim on a phase by the same rules, in the order of the claims.
// Claims on a metric without a single sample are invalid, never verified.
func Phase(in Input) []Result {
	results := make([]Result, 0, len(in.Claims))
	for _, c := range in.Claims {
		results = append(results, evaluate(in, c, outcomes(in, c)))
	}
	return results
}

// Fixed reports whether the verdicts on all claims of the phase stay as they are
// whatever the runs that are still planned yield, so that they need not be made.
func Fixed(in Input) bool {
	remaining := max(0, in.Planned-len(in.Runs))
	for _, c := range in.Claims {
		if lacking(in.Host, c) == "" &&
			!tallied(outcomes(in, c)).fixed(remaining, in.smaller() || in.Memory > 0 && in.Memory < in.Phase.Memory) {
			return false
		}
	}
	return true
}

// evaluate judges one claim.
func evaluate(in Input, c suite.Claim, all []Outcome) Result {
	t, values := tallied(all), measured(all)
	r := Result{
		Claim: c.ID, Phase: c.Phase, Metric: c.Metric, Op: c.Op, Value: c.Value.Value, Bound: c.Bound(), Unit: c.Unit(),
		To: c.To.Value, Over: c.Over, Measured: values, Invalid: excluded(all), Runs: all,
		Spread: stats.Variation(values),
	}
	r.spare(in, c)
	if lack := lacking(in.Host, c); lack != "" {
		r.Verdict, r.Rule = Untestable, "needs of the claim against the host"
		r.because(WhyNeeds, "%s", lack)
		r.project(project(in, c))
		return r
	}
	r.Verdict = t.verdict()
	switch r.Verdict {
	case Verified:
		r.Alpha = alpha(t.counted())
	case Refuted:
		r.Alpha = alpha(t.valid())
	}
	if r.Verdict == Verified && c.To.Value > 0 && slices.Min(values) > c.To.Value {
		r.Understated = stats.Median(values) / c.To.Value
	}
	if in.smaller() {
		r.Cores, r.DocumentedCores = in.Host.Cores, in.Phase.Processors()
	}
	r.Shares = Shares(limitedRuns(in, all))
	r.Rule = rule(t)
	r.Power = power(r, headroom(c, values), in.Planned)
	r.explain(in, c, t)
	if r.Verdict == Untestable {
		r.project(projectHere(in, c, all))
	}
	return r
}

// spare fills in the headroom.
func (r *Result) spare(in Input, c suite.Claim) {
	if c.Metric != suite.Goodput || c.Over != 0 {
		r.Headroom = headroom(c, r.Measured)
		return
	}
	if found := in.Capacity; found != nil && c.Value.Value > 0 {
		of := func(rate float64) float64 { return min(MaxHeadroom, rate/c.Value.Value) }
		r.Headroom, r.HeadroomLow, r.HeadroomHigh, r.HeadroomAtLeast = of(found.Value), of(found.Low), of(found.High),
			found.AtLeast
	}
}

// project adds a projection; none for nil.
func (r *Result) project(p *Projection) {
	if p == nil {
		return
	}
	r.Projection = p
	r.because(WhyProjected, "projected %s to %s (%s)", Number(p.Low), figure(p.High, r.Unit), p.Model)
}

// limitedRuns are the runs in which the host gave out.
func limitedRuns(in Input, all []Outcome) []Evidence {
	var runs []Evidence
	for i, o := range all {
		if o.Kind == Limited {
			runs = append(runs, in.Runs[i])
		}
	}
	return runs
}

// over divides a run's figure by that of the phase that it is compared with: of the run
// with the same place among those that count.
func over(in Input, c suite.Claim, i int, v float64) (float64, bool) {
	other := in.Over[c.Over]
	var figures []float64
	for _, e := range other.Runs {
		if f, ok := of(c, e); ok && f > 0 && len(against(other, c, e)) == 0 {
			figures = append(figures, f)
		}
	}
	if i >= len(figures) {
		return 0, false
	}
	return v / figures[i], true
}

// Lacking reports whether the host meets the requirements of no claim on the phase.
func Lacking(in Input) bool {
	for _, c := range in.Claims {
		if lacking(in.Host, c) == "" {
			return false
		}
	}
	return len(in.Claims) > 0
}

// Testable reports whether the host has what the claim needs.
func Testable(h Host, c suite.Claim) bool { return lacking(h, c) == "" }

// lacking says which requirements of the claim the host does not meet; "" when it has everything.
func lacking(h Host, c suite.Claim) string {
	var lacks []string
	if c.Needs.Cores > h.Cores {
		lacks = append(lacks, fmt.Sprintf("needs %s, this host has %s", plural(c.Needs.Cores, "core"),
			known(h.Cores > 0, fmt.Sprint(h.Cores))))
	}
	if c.Needs.Memory > h.Memory {
		lacks = append(lacks, fmt.Sprintf("needs %s of memory, this host has %s", gibibytes(c.Needs.Memory),
			known(h.Memory > 0, gibibytes(h.Memory))))
	}
	return strings.Join(lacks, "; ")
}

func known(ok bool, text string) string {
	if ok {
		return text
	}
	return "an unknown amount"
}

func gibibytes(s suite.Size) string { return Number(float64(s)/float64(suite.GiB)) + " GiB" }

// headroom is how far the median lies on the good side of the bound, as a ratio.
func headroom(c suite.Claim, measured []float64) float64 {
	if len(measured) == 0 {
		return 0
	}
	better, worse := stats.Median(measured), c.Bound()
	if c.Op == suite.AtMost {
		better, worse = worse, better
	}
	switch {
	case worse <= 0 && better < 0, worse > 0 && better <= 0:
		return 0
	case worse <= 0:
		return MaxHeadroom
	}
	return min(MaxHeadroom, better/worse)
}
