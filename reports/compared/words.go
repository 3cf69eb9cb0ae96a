package compared

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Worst is the outcome that the comparison is headed by.
func (c *Comparison) Worst() Outcome {
	if !c.Comparable() {
		return NotComparable
	}
	for _, o := range []Outcome{Regressed, Improved, CannotTell} {
		if c.Count(o) > 0 {
			return o
		}
	}
	return NoChange
}

// Sentence is the comparison in one sentence.
func (c *Comparison) Sentence() string {
	if !c.Comparable() && len(c.Claims) > 0 {
		return string(NotComparable) + ": " + c.Why()
	}
	return c.Why()
}

// Why is the reason for the worst outcome. It names the claim that regressed most.
func (c *Comparison) Why() string {
	switch {
	case len(c.Claims) == 0:
		return "neither run has a claim that was judged"
	case !c.Comparable():
		var whys []string
		for _, r := range c.Claims {
			if !slices.Contains(whys, r.Why) {
				whys = append(whys, r.Why)
			}
		}
		return strings.Join(whys, "; ")
	}
	var parts []string
	for _, o := range Outcomes {
		if n := c.Count(o); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	text := fmt.Sprintf("of %s: %s", figures.Plural(len(c.Claims), "claim"), strings.Join(parts, ", "))
	if first := c.Claims[0]; first.Outcome == Regressed {
		text = fmt.Sprintf("%s regressed most, by %s; %s", figures.Clean(first.Claim), first.Difference(), text)
	} else if len(parts) == 1 && first.Outcome == NoChange {
		text = "no change detected in any of " + figures.Plural(len(c.Claims), "claim")
	}
	return text
}

// Difference is how far the head lies from the base, with its interval at 95 %, e.g. "+12.3 % (+8.1 to +15.0)"; of
// values that may be 0, the medians.
func (r Row) Difference() string {
	ch := r.Change
	switch {
	case len(ch.Base) == 0 || len(ch.Head) == 0:
		return figures.Unknown
	case ch.Ratio == 1 && ch.Low == 1 && ch.High == 1:
		return "none"
	case ch.Ratio <= 0 || r.Floor > 0:
		one, two := stats.Median(ch.Base), stats.Median(ch.Head)
		if one == two {
			return "none at the median"
		}
		return fmt.Sprintf("from %s to %s %s", figures.Number(one), figures.Number(two), r.Unit)
	case ch.Ratio >= 3:
		return fmt.Sprintf("%s× (%s to %s)", figures.Number(ch.Ratio), figures.Number(ch.Low), figures.Number(ch.High))
	}
	return fmt.Sprintf("%s %% (%s to %s)", percent(ch.Ratio), percent(ch.Low), percent(ch.High))
}

// percent writes a ratio as a difference.
func percent(ratio float64) string {
	text := fmt.Sprintf("%+.1f", 100*(ratio-1))
	if text == "-0.0" || text == "+0.0" {
		return "0.0"
	}
	return strings.Replace(text, "-", "−", 1)
}

// Documented is what the claim asks for; both, where the runs had other documents.
func (r Row) Documented() string {
	var texts []string
	for _, one := range []*judge.Result{r.Base, r.Head} {
		if one != nil {
			if text := figures.Documented(*one); len(texts) == 0 || texts[0] != text {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, ", then ")
}

// Measured is the median with the smallest and the largest run of the base and of the head, in the compared figure.
func (r Row) Measured() (base, head string) {
	side := func(values []float64) string {
		return figures.Measured(judge.Result{Measured: values, Unit: r.Unit})
	}
	return side(r.Change.Base), side(r.Change.Head)
}

// Verdicts are those of the runs on the claim, e.g. "verified, then refuted"; one where they are the same.
func (r Row) Verdicts() string {
	if base, head := verdictOf(r.Base), verdictOf(r.Head); base != head {
		return base + ", then " + head
	}
	return verdictOf(r.Base)
}

// VerdictChanged reports whether the runs came to other verdicts on the claim.
func (r Row) VerdictChanged() bool { return verdictOf(r.Base) != verdictOf(r.Head) }

func verdictOf(r *judge.Result) string {
	if r == nil {
		return "not claimed"
	}
	return figures.Judged(r.Verdict)
}

// Reason is why the row came to its outcome, and by which figure where it is not the claim's own.
func (r Row) Reason() string {
	text := figures.Clean(r.Why)
	if r.By != r.Metric {
		text += "; compared by " + r.By + ", which tells builds apart"
	}
	if r.Floor > 0 {
		text += fmt.Sprintf("; compared with %v %s added", r.Floor, r.Unit)
	}
	return strings.TrimPrefix(text, "; ")
}

// Name is the claim's id, or what is measured in which phase where nothing is claimed.
func (r Row) Name() string {
	if name := figures.Clean(r.Claim); name != "" {
		return name
	}
	return fmt.Sprintf("phase %d %s", r.Phase, figures.Clean(r.Metric))
}
