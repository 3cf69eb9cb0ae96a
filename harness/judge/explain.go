package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// rule names the rule that was applied, with its counts.
func rule(t tally) string {
	switch n := t.counted(); {
	case t.verdict() == Invalid:
		return fmt.Sprintf("validity: %d of %s excluded", t.invalid+t.disturbed, plural(t.all(), "run"))
	case t.verdict() == Untestable:
		return fmt.Sprintf("a smaller host than documented gave out: %d of %s", t.limited, plural(n, "run"))
	case n < MinRuns:
		return fmt.Sprintf("sign test: %s, at least %d needed", plural(n, "run"), MinRuns)
	case t.verdict() == Refuted:
		return fmt.Sprintf("sign test: %d of %d runs missed the bound", t.missed, t.valid())
	default:
		return fmt.Sprintf("sign test: %d of %d runs met the bound", t.met, n)
	}
}

// WhyCode names what a reason for a verdict is about.
type WhyCode string

// The codes there are.
const (
	WhyNothing     WhyCode = "no-run"       // no run was finished
	WhyUnsampled   WhyCode = "no-samples"   // no run measured the metric
	WhyExcluded    WhyCode = "excluded"     // too many runs were excluded
	WhyIndicative  WhyCode = "indicative"   // too few runs for a verdict
	WhyTally       WhyCode = "tally"        // how many runs met and missed the bound
	WhyUnderstated WhyCode = "understated"  // the documented range undersells
	WhyMedian      WhyCode = "median"       // the figure beside the documented one
	WhyAgainst     WhyCode = "against"      // an excluded run missed the bound
	WhyRun         WhyCode = "run"          // why one run was excluded
	WhyShape       WhyCode = "shape"        // the offered rate changed on purpose
	WhyNeeds       WhyCode = "needs"        // host requirements not met
	WhyProjected   WhyCode = "projected"    // what a model makes of it
	WhyLimited     WhyCode = "limited"      // the host gave out
	WhyCores       WhyCode = "cores"        // it has fewer processors than documented
	WhyDisturbed   WhyCode = "disturbed"    // some misses fell under a disturbance
	WhyInSpite     WhyCode = "in-spite"     // some runs met the bound under a disturbance
	WhyScaled      WhyCode = "rates-scaled" // judged at other than the documented rates
)

// Why is one reason for a verdict.
type Why struct {
	Code WhyCode `json:"code"`
	Text string  `json:"text"`
}

// because adds a reason.
func (r *Result) because(code WhyCode, format string, args ...any) {
	r.Because(Why{code, fmt.Sprintf(format, args...)})
}

// Because adds a reason, after those that there are.
func (r *Result) Because(w Why) {
	r.Whys, r.Reasons = append(r.Whys, w), append(r.Reasons, w.Text)
}

// explain says why the verdict was reached, most important first.
func (r *Result) explain(in Input, c suite.Claim, t tally) {
	if len(in.Runs) == 0 {
		r.because(WhyNothing, "no run was finished")
		return
	}
	r.explainTally(in, c, t)
	if r.Understated > 0 {
		r.because(WhyUnderstated,
			"understated: every run lay above the documented range, the median at %s times its upper end of %s",
			ratio(r.Understated), figure(c.To.Value, c.Unit()))
	}
	r.explainInSpite()
	r.explainHost(in)
	if len(r.Measured) > 0 {
		r.because(WhyMedian, "median %s, %s documented", figure(stats.Median(r.Measured), c.Unit()), demand(c))
	}
	for _, o := range r.Runs {
		if r.Verdict == Verified && (o.Kind == Excluded || o.Kind == Disturbed) && o.Sampled && !o.Meets {
			r.because(WhyAgainst, "run %d with %s was excluded, and missed the bound", o.Run, figure(o.Value, c.Unit()))
		}
	}
	for _, line := range r.Invalid {
		r.because(WhyRun, "%s", line)
	}
	if in.Phase.Shape.Kind != "" {
		r.because(
			WhyShape, "the offered rate changed on purpose (%v): whether the runs came to a steady state was not asked",
			in.Phase.Shape,
		)
	}
}

// explainTally says how the counts led to the verdict.
func (r *Result) explainTally(in Input, c suite.Claim, t tally) {
	n := t.counted()
	switch {
	case r.Verdict == Invalid && !slices.ContainsFunc(r.Runs, func(o Outcome) bool { return o.Sampled }):
		r.because(WhyUnsampled, "no samples: no run measured %s", c.Metric)
	case r.Verdict == Invalid:
		r.because(WhyExcluded, "%d of %s excluded; with more than a third, or fewer than %d left, nothing is decided",
			t.invalid+t.disturbed, plural(len(in.Runs), "run"), MinRuns)
	case r.Verdict == Untestable:
		r.because(WhyLimited, "not testable here: in %d of %s %v", t.limited, plural(n, "run"), r.lack())
	case n < MinRuns:
		r.because(WhyIndicative, "indicative only: %s, at least %d needed for a verdict", plural(n, "run"), MinRuns)
	case r.Verdict == Verified:
		r.because(WhyTally, "%d of %d runs met the bound", t.met, n)
	case r.Verdict == Refuted:
		r.because(WhyTally, "%d of %d runs missed the bound", t.missed, t.valid())
	default:
		r.because(WhyTally, "%d of %d runs met the bound and %d missed it; %s may differ for a verdict", t.met, n,
			t.against(), atMost(dissents(n)))
	}
	if t.disturbed > 0 && r.Verdict != Invalid {
		r.because(
			WhyDisturbed,
			"%d of the misses fell under a disturbance that may be why: they bar verifying, and refute nothing",
			t.disturbed,
		)
	}
}

// explainInSpite says how many runs met the bound although something spoke against them.
func (r *Result) explainInSpite() {
	disturbed := 0
	for _, o := range r.Runs {
		if o.Kind == Met && len(o.Reasons) > 0 {
			disturbed++
		}
	}
	if disturbed > 0 {
		r.because(WhyInSpite, "%s met the bound under a disturbance, which can only hurt", plural(disturbed, "run"))
	}
}

// explainHost says what the host had of what is documented, and what took it.
func (r *Result) explainHost(in Input) {
	if r.DocumentedCores == 0 || r.Verdict == Invalid || r.Verdict == Inconclusive {
		return
	}
	text := fmt.Sprintf("with %d of %d documented cores", r.Cores, r.DocumentedCores)
	if len(r.Shares) > 0 {
		var parts []string
		for _, s := range r.Shares {
			parts = append(parts, fmt.Sprintf("%s %s", roles[s.Role], Number(s.Cores)))
		}
		text += ", of which took: " + strings.Join(parts, ", ")
	}
	if busy, ok := r.busy(in, Missed); r.Verdict == Refuted && ok {
		text += fmt.Sprintf(", which had room (%s busy)", percent(busy))
	}
	r.because(WhyCores, "%s", text)
}

// roles are the roles as they are written.
var roles = map[measure.Role]string{
	measure.RoleWorker: "workers", measure.RolePrimary: "primary", measure.RoleStore: "stores",
	measure.RoleGenerator: "generator",
}

// busy is the median share of the host's processors that was busy in the runs of a kind; false when it is not known.
func (r *Result) busy(in Input, kind Kind) (float64, bool) {
	var shares []float64
	for i, o := range r.Runs {
		if cores, ok := Busy(in.Host, in.Runs[i]); ok && o.Kind == kind {
			shares = append(shares, cores/float64(in.Host.Cores))
		}
	}
	return stats.Median(shares), len(shares) > 0
}

// lack is what the host lacked in the middle one of the limited runs.
func (r *Result) lack() Reason {
	var all []Reason
	for _, o := range r.Runs {
		if o.Kind == Limited {
			all = append(all, o.Reasons[len(o.Reasons)-1])
		}
	}
	if len(all) == 0 {
		return Reason{}
	}
	return all[len(all)/2]
}

// excluded says why runs were excluded, a line each; never nil.
func excluded(all []Outcome) []string {
	lines := []string{}
	for _, o := range all {
		if o.Kind == Excluded || o.Kind == Disturbed {
			lines = append(lines, fmt.Sprintf("run %d: %s", o.Run, strings.Join(Texts(o.Reasons), "; ")))
		}
	}
	return lines
}

// missing says by what a claim is missed.
func missing(c suite.Claim, v float64) string {
	return fmt.Sprintf("%s of %s, %s documented", c.Metric, figure(v, c.Unit()), demand(c))
}

// atMost says how many runs may dissent.
func atMost(dissents int) string {
	if dissents == 0 {
		return "none"
	}
	return fmt.Sprintf("at most %d", dissents)
}

// demand is what the claim asks for.
func demand(c suite.Claim) string {
	word := "at most"
	if c.Op == suite.AtLeast {
		word = "at least"
	}
	text := word + " " + figure(c.Value.Value, c.Unit())
	if c.Tolerance > 0 {
		text += fmt.Sprintf(" (%s with the tolerance of %s)", figure(c.Bound(), c.Unit()),
			percent(float64(c.Tolerance)))
	}
	return text
}
