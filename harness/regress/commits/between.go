package commits

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Claim is the claim of the built-in suite that has the ID, when bench files hold its figure.
func Claim(id string) (suite.Claim, error) {
	var can []string
	for _, c := range suite.Builtin().Claims {
		unit, _ := c.Of().ComparedBy()
		known := unit != ""
		switch {
		case c.ID == id && (!known || c.Over != 0):
			return c, fmt.Errorf("--claim: %s is about %s, of which bench files have no figure; "+
				"allowed: a claim on %s", c.ID, c.Metric, strings.Join(comparable(), ", "))
		case c.ID == id:
			return c, nil
		case known && c.Over == 0:
			can = append(can, c.ID)
		}
	}
	return suite.Claim{}, fmt.Errorf("--claim: the built-in suite has no claim %s; allowed: %s",
		id, strings.Join(can, ", "))
}

// comparable are the metrics by which builds can be compared.
func comparable() []string {
	var names []string
	for _, m := range suite.Metrics {
		if unit, _ := m.ComparedBy(); unit != "" {
			names = append(names, m.Name)
		}
	}
	return names
}

// between are the commits after the good one up to the bad one, along first parents, so that a merge
// counts as one change. It notes both commits in full.
func between(tools Tools, good, bad string, into *search) ([]string, error) {
	for _, r := range []struct {
		name string
		to   *string
	}{{good, &into.Good}, {bad, &into.Bad}} {
		commit, err := tools.Git("rev-parse", "--verify", "--quiet", r.name+"^{commit}")
		if err != nil {
			return nil, fmt.Errorf("bisect: %q is no revision of a git repository here", r.name)
		}
		*r.to = strings.TrimSpace(commit)
	}
	if _, err := tools.Git("merge-base", "--is-ancestor", into.Good, into.Bad); err != nil || into.Good == into.Bad {
		return nil,
			fmt.Errorf("bisect: %s is no ancestor of %s; allowed: a good revision from which the bad one descends",
				good, bad)
	}
	text, err := tools.Git("rev-list", "--reverse", "--first-parent", into.Good+".."+into.Bad)
	if err != nil {
		return nil, &run.EnvironmentError{Where: "list the commits", Err: err}
	}
	return strings.Fields(text), nil
}
