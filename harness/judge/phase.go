package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// MaxHeadroom is the largest headroom that is told apart from larger ones.
const MaxHeadroom = 1000

// Phase judges every claim on a phase by the same rules, in the order of the claims.
// Claims on a metric without a single sample are invalid, never verified.
func Phase(in Input) []Result {
	guards := make([][]string, len(in.Runs))
	for i, e := range in.Runs {
		guards[i] = Guards(in, e)
	}
	results := make([]Result, 0, len(in.Claims))
	for _, c := range in.Claims {
		results = append(results, evaluate(in, c, guards))
	}
	return results
}

// Fixed reports whether the verdicts on all claims of the phase stay as they are
// whatever the runs that are still planned yield, so that they need not be made.
func Fixed(in Input) bool {
	remaining := max(0, in.Planned-len(in.Runs))
	guards := make([][]string, len(in.Runs))
	for i, e := range in.Runs {
		guards[i] = Guards(in, e)
	}
	for _, c := range in.Claims {
		if lacking(in.Host, c) != "" {
			continue
		}
		if !collect(in, c, guards).tally.fixed(remaining) {
			return false
		}
	}
	return true
}

// evidence is what the runs of a phase say about one claim.
type evidence struct {
	tally
	measured  []float64 // of the valid runs
	uncounted []string  // why a run does not count, one line each
	against   []string  // of these, the ones that missed the bound, with what they measured
	unsampled bool      // no run at all has a sample of the metric
}

// collect sorts the runs into those that meet the claim, those that miss it and those
// that do not count.
func collect(in Input, c suite.Claim, guards [][]string) evidence {
	ev := evidence{unsampled: len(in.Runs) > 0, measured: []float64{}, uncounted: []string{}}
	for i, e := range in.Runs {
		v, sampled := of(c, e)
		reasons := guards[i]
		if !sampled {
			reasons = append(reasons[:len(reasons):len(reasons)], "no sample of "+c.Metric)
		} else if c.Over != 0 {
			if v, sampled = over(in, c, ev.valid(), v); !sampled {
				reasons = append(reasons[:len(reasons):len(reasons)], fmt.Sprintf("phase %d has no run to compare with", c.Over))
			}
		}
		ev.unsampled = ev.unsampled && !sampled
		switch {
		case len(reasons) > 0 && sampled && missedAnyway(in, c, e, reasons):
			ev.missed++
		case len(reasons) > 0:
			ev.invalid++
			ev.uncounted = append(ev.uncounted, fmt.Sprintf("run %d: %s", e.Run, strings.Join(reasons, "; ")))
			if sampled && !c.Met(v) {
				ev.against = append(ev.against, fmt.Sprintf("run %d with %s", e.Run, figure(v, c.Unit())))
			}
			continue
		case c.Met(v):
			if doubt := doubt(in, c, e); doubt != "" {
				ev.invalid++
				ev.uncounted = append(ev.uncounted, fmt.Sprintf("run %d: %s", e.Run, doubt))
				continue
			}
			ev.met++
		default:
			ev.missed++
		}
		ev.measured = append(ev.measured, v)
	}
	return ev
}

// evaluate judges one claim.
func evaluate(in Input, c suite.Claim, guards [][]string) Result {
	ev := collect(in, c, guards)
	r := Result{
		Claim: c.ID, Phase: c.Phase, Metric: c.Metric, Op: c.Op, Value: c.Value.Value, Bound: c.Bound(), Unit: c.Unit(), To: c.To.Value, Over: c.Over,
		Measured: ev.measured, Invalid: ev.uncounted, Spread: spread(ev.measured), Headroom: headroom(c, ev.measured),
	}
	if lack := lacking(in.Host, c); lack != "" {
		r.Verdict, r.Reasons, r.Rule = Untestable, []string{lack}, "needs of the claim against the host"
		if p := project(in, c); p != nil {
			r.Projection = p
			r.Reasons = append(r.Reasons, fmt.Sprintf("projected %s to %s (%s)", number(p.Low), figure(p.High, r.Unit), p.Model))
		}
		return r
	}
	r.Verdict = ev.verdict()
	if r.Verdict == Verified || r.Verdict == Refuted {
		r.Alpha = alpha(ev.valid())
	}
	if r.Verdict == Verified && c.To.Value > 0 && slices.Min(ev.measured) > c.To.Value {
		r.Understated = median(ev.measured) / c.To.Value
	}
	r.Rule = rule(ev.tally)
	r.Power = power(r, in.Planned)
	r.Reasons = explain(in, c, ev, r.Verdict)
	if in.Phase.Shape.Kind != "" && len(in.Runs) > 0 {
		r.Reasons = append(r.Reasons, fmt.Sprintf("the offered rate changed on purpose (%v): whether the runs came to a steady state was not asked", in.Phase.Shape))
	}
	if r.Understated > 0 {
		r.Reasons = slices.Insert(r.Reasons, 1, fmt.Sprintf("understated: every run lay above the documented range, the median at %s times its upper end of %s",
			ratio(r.Understated), figure(c.To.Value, c.Unit())))
	}
	return r
}

// over divides a run's figure by that of the phase that it is compared with: of the run
// with the same place among those that count.
func over(in Input, c suite.Claim, i int, v float64) (float64, bool) {
	other := in.Over[c.Over]
	var figures []float64
	for _, e := range other.Runs {
		if f, ok := of(c, e); ok && f > 0 && len(Guards(other, e)) == 0 {
			figures = append(figures, f)
		}
	}
	if i >= len(figures) {
		return 0, false
	}
	return v / figures[i], true
}

// Lacking says of every claim on the phase what it needs and the host has not; false
// when there is a claim that can be tested.
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

// lacking says what the claim needs and the host has not; "" when it has everything.
func lacking(h Host, c suite.Claim) string {
	var lacks []string
	if c.Needs.Cores > h.Cores {
		lacks = append(lacks, fmt.Sprintf("needs %s, this host has %s", plural(c.Needs.Cores, "core"), known(h.Cores > 0, fmt.Sprint(h.Cores))))
	}
	if c.Needs.Memory > h.Memory {
		lacks = append(lacks, fmt.Sprintf("needs %s of memory, this host has %s", gibibytes(c.Needs.Memory), known(h.Memory > 0, gibibytes(h.Memory))))
	}
	return strings.Join(lacks, "; ")
}

func known(ok bool, text string) string {
	if ok {
		return text
	}
	return "an unknown amount"
}

func gibibytes(s suite.Size) string { return number(float64(s)/float64(suite.GiB)) + " GiB" }

// headroom is how far the median lies on the good side of the bound, as a ratio.
func headroom(c suite.Claim, measured []float64) float64 {
	if len(measured) == 0 {
		return 0
	}
	better, worse := median(measured), c.Bound()
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
