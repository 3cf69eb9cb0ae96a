package judge

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// rule names the rule that was applied, with its counts.
func rule(t tally) string {
	n := t.valid()
	switch {
	case t.verdict() == Invalid:
		return fmt.Sprintf("validity: %d of %s do not count", t.invalid, plural(n+t.invalid, "run"))
	case n < MinRuns:
		return fmt.Sprintf("sign test: %s, at least %d needed", plural(n, "run"), MinRuns)
	case t.verdict() == Refuted:
		return fmt.Sprintf("sign test: %d of %d runs missed the bound", t.missed, n)
	default:
		return fmt.Sprintf("sign test: %d of %d runs met the bound", t.met, n)
	}
}

// explain says why the verdict was reached, most important first.
func explain(in Input, c suite.Claim, ev evidence, v Verdict) []string {
	var reasons []string
	add := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }
	n := ev.valid()
	switch {
	case len(in.Runs) == 0:
		add("no run was finished")
		return reasons
	case v == Invalid && ev.unsampled:
		add("no samples: no run measured %s", c.Metric)
	case v == Invalid:
		add("%d of %s do not count; more than a third, or fewer than %d that count, decide nothing", ev.invalid, plural(len(in.Runs), "run"), MinRuns)
	case n < MinRuns:
		add("indicative only: %s, at least %d needed for a verdict", plural(n, "run"), MinRuns)
	case v == Verified:
		add("%d of %d runs met the bound", ev.met, n)
	case v == Refuted:
		add("%d of %d runs missed the bound", ev.missed, n)
	default:
		add("%d of %d runs met the bound and %d missed it; %s may differ for a verdict", ev.met, n, ev.missed, atMost(dissents(n)))
	}
	if n > 0 {
		add("median %s, %s documented", figure(median(ev.measured), c.Unit()), demand(c))
	}
	if v == Verified {
		for _, run := range ev.against {
			add("%s was not counted, and missed the bound", run)
		}
	}
	return append(reasons, ev.uncounted...)
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
		text += fmt.Sprintf(" (%s with the tolerance of %s)", figure(c.Bound(), c.Unit()), percent(float64(c.Tolerance)))
	}
	return text
}
