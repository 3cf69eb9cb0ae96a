package flame

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// roles are the names of what processes do, several of a kind together.
var roles = map[string]string{"worker": "workers"}

// Of is the graph of a phase: of the runs that count, of all runs when none counts; nil when they have no profiles.
// Its requests are those of the warm-ups and measurement windows, since a profile holds both.
func Of(p figures.Phase) (*Graph, error) {
	g, found := New(0), false
	for _, r := range p.Runs {
		if len(r.Profiles) == 0 || p.Counted() > 0 && !r.Counts() {
			continue
		}
		found = true
		for _, one := range r.Profiles {
			role := string(one.Role)
			if many, ok := roles[role]; ok {
				role = many
			}
			if err := g.AddProfile(role, one.Data); err != nil {
				return nil, fmt.Errorf("%s, run %d: %s: %w", p.Title(), r.Number, figures.Clean(one.File), err)
			}
		}
		if r.Warmup != nil && r.Window != nil {
			g.Requests += float64(r.Warmup.Sent) + float64(r.Window.Sent)
		}
	}
	if !found {
		return nil, nil
	}
	return g, nil
}

// OptionsOf are how the graph of a phase is drawn. module is the import path of the program's own code.
func OptionsOf(p figures.Phase, module string) Options {
	o := Options{
		Title: figures.Capital(p.Title()) + ": where the processor time of the cluster goes", Module: module,
		Notes: []string{"The primary and the workers are profiled, from their start to their end; the stores and the " +
			"generator of the load are not."},
	}
	if p.Disturb != "" {
		o.Notes = append(o.Notes, "A process that was killed left no profile.")
	}
	if p.Counted() == 0 {
		o.Notes = append(o.Notes, "No run counts: these are the excluded ones.")
	}
	return o
}

// mostNamed is how many functions a line names.
const mostNamed = 3

// Line names the functions of a phase that take the most processor time of their own; "" without profiles.
func Line(p figures.Phase) string {
	g, err := Of(p)
	switch {
	case err != nil:
		return "the profiles cannot be read: " + figures.Shorten(figures.Clean(err.Error()), longestName)
	case g == nil || g.Root.All.Nanoseconds == 0:
		return ""
	}
	all := g.Functions()
	known := map[string]bool{}
	for _, f := range all {
		known[f.Name] = true
	}
	short := Shorten(known)
	var named []string
	for _, f := range all[:min(mostNamed, len(all))] {
		named = append(named, short[f.Name]+" "+percent(f.Self.Nanoseconds, g.Root.All.Nanoseconds))
	}
	return fmt.Sprintf("%s of the sampled processor time (%s)", strings.Join(named, ", "),
		figures.Plural(int(g.Root.All.Samples), "sample"))
}
