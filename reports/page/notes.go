package page

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// shortNote is how many characters of a note stand on its line.
const shortNote = 120

// notes are notes of one kind, folded.
type notes struct {
	Title string
	Notes []note
}

// note is one line; of a long one Rest is the whole.
type note struct{ Short, Rest string }

func notesOf(r *figures.Report) []notes {
	var all []notes
	for _, g := range r.NoteGroups() {
		one := notes{Title: g.Title}
		for _, n := range g.Notes {
			line := note{Short: figures.Shorten(n, shortNote)}
			if line.Short != n {
				line.Rest = n
			}
			one.Notes = append(one.Notes, line)
		}
		all = append(all, one)
	}
	return all
}

// omitted is an excluded run of a phase.
type omitted struct {
	Number int
	Why    string
}

func omittedOf(p figures.Phase) []omitted {
	var all []omitted
	for _, r := range p.Runs {
		if !r.Counts() {
			all = append(all, omitted{r.Number, strings.Join(figures.CleanAll(judge.Texts(r.Reasons)), "; ")})
		}
	}
	return all
}

// ExcludedLine says how many runs are excluded; "" when none is.
func (c content) ExcludedLine() string {
	n, all := len(c.Report.Excluded()), 0
	for _, p := range c.Report.Phases {
		all += len(p.Runs)
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %s excluded", n, figures.Plural(all, "run"))
}

// mostLinked is how many phases are linked one by one at the top.
const mostLinked = 8

// Linked are the phases that are linked at the top: all, or the first where there are many.
func (c content) Linked() []section {
	if len(c.Phases) > mostLinked {
		return c.Phases[:1]
	}
	return c.Phases
}
