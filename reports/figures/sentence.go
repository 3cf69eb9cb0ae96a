package figures

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
)

// mostCapacities is how many capacities a sentence tells one by one.
const mostCapacities = 4

// longestFailure is how many characters of a failure a sentence has room for.
const longestFailure = 160

// Sentence is the run's verdict with its reason in one sentence, which names the worst claim, e.g. "Refuted: P3.p99
// measured 143 ms, documented ≤ 100 ms; 14 of 16 claims verified". Its first words say what came of the run.
func (r *Report) Sentence() string {
	core := r.outcome()
	switch {
	case r.Run.Failure != "":
		core = "Failed (" + Shorten(Clean(r.Run.Failure), longestFailure) + "); until then " + lower(core)
	case r.Run.Interrupted:
		core = "Interrupted before the plan was done; until then " + lower(core)
	}
	return core
}

// outcome is the sentence of a run that was neither interrupted nor failed.
func (r *Report) outcome() string {
	if r.Run.Options.Capacity == archive.CapacityOnly {
		return r.capacities()
	}
	claims := r.Claims()
	if len(claims) == 0 {
		return "Not judged: no claim is made on what was run"
	}
	worst, verified := claims[0], r.count(judge.Verified)
	if worst.Verdict == judge.Verified {
		text := "Verified: all " + Plural(len(claims), "claim") + " hold on this machine"
		if len(claims) == 1 {
			text = "Verified: the claim " + Clean(worst.Claim) + " holds on this machine"
		}
		if HasHeadroom(worst.Result) {
			text += fmt.Sprintf("; the least headroom is that of %s, %s (%s)", Clean(worst.Claim),
				Headroom(worst.Result), measuredAndDocumented(worst.Result))
		}
		return text
	}
	return fmt.Sprintf("%s: %s; %d of %s verified", Capital(Judged(worst.Verdict)), about(worst.Result), verified,
		Plural(len(claims), "claim"))
}

// about says of a claim that is not verified what was measured, and why there is no verdict where there is none.
func about(r judge.Result) string {
	if r.Verdict == judge.Refuted {
		return Clean(r.Claim) + " " + measuredAndDocumented(r)
	}
	return fmt.Sprintf("%s %s (%s)", Clean(r.Claim), cmp.Or(whys[leading(r)], "is not decided"),
		measuredAndDocumented(r))
}

// measuredAndDocumented is e.g. "measured 143 ms, documented ≤ 100 ms".
func measuredAndDocumented(r judge.Result) string {
	documented := "documented " + Documented(r)
	switch {
	case len(r.Measured) > 0:
		return "measured " + withUnit(stats.Median(r.Measured), r.Unit) + ", " + documented
	case r.Projection != nil:
		return Measured(r) + ", " + documented
	}
	return documented
}

// whys are what a claim without a verdict is or has, by the leading reason.
var whys = map[judge.WhyCode]string{
	judge.WhyNothing:    "has no finished run",
	judge.WhyUnsampled:  "was measured by no run",
	judge.WhyExcluded:   "has too many excluded runs",
	judge.WhyIndicative: "has too few runs for a verdict",
	judge.WhyTally:      "is met by some runs and missed by others",
	judge.WhyLimited:    "cannot be judged, since this host is smaller than documented and gave out",
	judge.WhyNeeds:      "needs what this host does not have",
}

// leading is the code of the first reason for a verdict; "" when none has one.
func leading(r judge.Result) judge.WhyCode {
	if len(r.Whys) == 0 {
		return ""
	}
	return r.Whys[0].Code
}

// capacities is the sentence of a run that searched for capacities and judged nothing.
func (r *Report) capacities() string {
	var parts []string
	known, searched := 0, 0
	for _, p := range r.Phases {
		if p.Search == nil {
			continue
		}
		searched++
		if p.Search.Found.Known() {
			known++
		}
		parts = append(parts, p.Title()+" "+p.capacity())
	}
	switch {
	case searched == 0:
		return "Capacity not searched for: no run was finished"
	case searched > mostCapacities:
		return fmt.Sprintf("Capacity found of %d of %s; nothing was judged", known, Plural(searched, "phase"))
	}
	return "Capacity: " + strings.Join(parts, ", ") + "; nothing was judged"
}

// capacity is the capacity of a phase in a few words.
func (p Phase) capacity() string {
	found := p.Search.Found
	switch {
	case found == nil || found.Capacity <= 0:
		return Unknown
	case found.AtMost:
		return "below " + Number(found.Capacity) + " req/s"
	case found.AtLeast:
		return "at least " + Number(found.Capacity) + " req/s"
	default:
		return fmt.Sprintf("%s req/s (%s–%s)", Number(found.Capacity), Number(found.Low), Number(found.High))
	}
}

// lower writes the first letter of a sentence in lower case.
func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
