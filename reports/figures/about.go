package figures

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Title is the suite in one line.
func (r *Report) Title() string {
	return cmp.Or(Clean(r.Run.Suite.Title), Clean(r.Run.Suite.Name))
}

// Host is the machine in one line.
func (r *Report) Host() string {
	h := r.Run.Host
	parts := []string{cmp.Or(h.CPUModel, "CPU "+Unknown), Plural(h.Cores, "core")}
	if h.Cores < 1 {
		parts[1] = "cores " + Unknown
	}
	if h.Memory > 0 {
		parts = append(parts, fmt.Sprintf("%.1f GiB", float64(h.Memory)/(1<<30)))
	}
	for _, part := range []string{strings.TrimSpace(h.OS + " " + h.Kernel), h.Hypervisor, h.Container} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if h.Governor != "" && h.Governor != Unknown {
		parts = append(parts, "governor "+h.Governor)
	}
	return Clean(strings.Join(parts, ", "))
}

// Stores is what the stores ran on, in one line.
func (r *Report) Stores() string {
	var names []string
	for _, p := range r.Providers() {
		names = append(names, p.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Build is the program that made the run, in one line.
func (r *Report) Build() string {
	b := r.Run.Build
	text := "nameplate " + cmp.Or(b.Nameplate, Unknown)
	if b.Revision != "" && b.Revision != Unknown {
		text += " (" + Shorten(b.Revision, 12) + ")"
	}
	if b.Modified {
		text += ", modified"
	}
	return Clean(text + ", " + cmp.Or(b.Go, "go "+Unknown))
}

// Mean is the offered rate, in req/s, over the measurement window.
func (p Phase) Mean() float64 { return float64(p.Shape.Mean(p.Offered)) }

// Head is a phase in one line, e.g. "Phase 2 cluster: 4 workers, 300 req/s, in memory".
func (p Phase) Head() string {
	workers := Plural(p.Workers, "worker")
	if p.Workers == 1 {
		workers = "1 process"
	}
	if p.System == suite.SystemReference {
		workers += " of the reference cluster"
	}
	rate := Number(float64(p.Offered)) + " req/s"
	if p.Shape.Kind != "" {
		rate += " (" + p.Shape.String() + ")"
	}
	return fmt.Sprintf("%s: %s, %s, %s", p.Label(), workers, rate, p.On())
}

// Title is what the phase is called in texts, e.g. "phase 2".
func (p Phase) Title() string { return strings.ToLower(p.Group.Title()) + fmt.Sprintf(" %d", p.Number) }

// Label is the phase's number and name, e.g. "Phase 2 cluster".
func (p Phase) Label() string {
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", p.Group.Title(), p.Number, Shorten(Clean(p.Name), 30)))
}

// On is what the phase's stores ran on; "no stores" when it has none.
func (p Phase) On() string {
	var names []string
	for _, on := range p.Providers {
		names = append(names, ProviderName(on))
	}
	if len(names) == 0 {
		return "no stores"
	}
	return strings.Join(names, " + ")
}

// Conclusion is the composite verdict in one sentence.
func (r *Report) Conclusion() string {
	if r.Run.Options.Capacity == archive.CapacityOnly {
		return "capacities were searched for, and nothing was judged"
	}
	counts := map[judge.Verdict]int{}
	for _, result := range r.Run.Results {
		counts[result.Verdict]++
	}
	var parts []string
	for _, v := range []judge.Verdict{
		judge.Refuted, judge.Invalid, judge.Inconclusive, judge.Untestable, judge.Verified,
	} {
		if counts[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	if len(parts) == 0 {
		return "nothing was judged"
	}
	if len(parts) == 1 && counts[judge.Verified] > 0 {
		return fmt.Sprintf("all %s hold on this machine", Plural(counts[judge.Verified], "claim"))
	}
	return "of " + Plural(len(r.Run.Results), "claim") + ": " + strings.Join(parts, ", ")
}

// ExitMeaning says what the run's exit status means.
func (r *Report) ExitMeaning() string {
	if r.Run.Options.Capacity == archive.CapacityOnly {
		switch r.Run.ExitStatus {
		case exitcode.Verified:
			return "the capacity of every phase, or a lower bound on it, was found"
		case exitcode.NoVerdict:
			return "the capacity of a phase was not found"
		}
	}
	return exitcode.Meaning(r.Run.ExitStatus)
}

// Verdicts lists the verdicts with what each means, in falling precedence.
func Verdicts() []struct{ Verdict, Meaning string } {
	return []struct{ Verdict, Meaning string }{
		{
			judge.Refuted.String(),
			"the runs show that the claim does not hold: all of them (of ten, nine) missed the bound",
		},
		{judge.Invalid.String(), "the measurement itself cannot be trusted, so the claim was not judged"},
		{judge.Inconclusive.String(), "the runs do not agree, or there were too few of them"},
		{judge.Untestable.String(), "this host does not have what the claim needs"},
		{judge.Verified.String(), "the runs show that the claim holds: all of them (of ten, nine) met the bound"},
	}
}

// Sign is a verdict's sign, which stands beside its name; "?" where nothing is decided.
func Sign(v judge.Verdict) string {
	switch v {
	case judge.Verified:
		return "✓"
	case judge.Refuted:
		return "✗"
	case judge.Invalid:
		return "⊘"
	case judge.Untestable:
		return "–"
	}
	return "?"
}
