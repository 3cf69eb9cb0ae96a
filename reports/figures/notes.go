package figures

import (
	"fmt"
	"slices"
)

// NoteGroup is notes of one kind.
type NoteGroup struct {
	Title string
	Notes []string // each one line
}

// NoteGroups are all that [Report.Notes] has, by what it is about: the run, each store, and the providers of stores
// that were not used. A group without a note is not among them.
func (r *Report) NoteGroups() []NoteGroup {
	about, unused := NoteGroup{Title: "About the run"}, NoteGroup{Title: "Providers of stores that were not used"}
	for _, n := range r.Run.Notes {
		about.add(Clean(n))
	}
	if scale := r.Run.Options.RateScale; scale != 0 && scale != 1 {
		about.add("the rates were " + Number(scale) + " times the documented ones")
	}
	groups := []NoteGroup{}
	for _, p := range r.Providers() {
		on := NoteGroup{Title: fmt.Sprintf("About %s on %s", Clean(string(p.Store)), p)}
		for _, n := range p.Notes {
			on.add(Clean(n))
		}
		groups = append(groups, on)
		for _, s := range p.Skipped {
			unused.add(Clean(string(p.Store) + ": not " + s))
		}
	}
	groups = append(append([]NoteGroup{about}, groups...), unused)
	return slices.DeleteFunc(groups, func(g NoteGroup) bool { return len(g.Notes) == 0 })
}

// add adds a note that is not there yet.
func (g *NoteGroup) add(note string) {
	if note != "" && !slices.Contains(g.Notes, note) {
		g.Notes = append(g.Notes, note)
	}
}
