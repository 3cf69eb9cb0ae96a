package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
	"github.com/nameplate-dev/nameplate/reports/script"
)

//go:embed flames.html
var flamesSource string

var flamesLayout = template.Must(template.Must(layout.Clone()).New("flames").Parse(flamesSource))

// mostChanges is how many functions are listed that changed.
const mostChanges = 20

// Flames are the profiles of two sides in one phase.
type Flames struct {
	Phase      int
	Base, Head *flame.Graph
	Missing    string // why there is nothing to compare; "" else
}

// flames is the page of some phases.
type flames struct {
	Base, Head string
	Policy     string
	Phases     []flamesOfPhase
}

// Zoom is the script of the page.
func (flames) Zoom() template.JS { return template.JS(flame.Zoom) }

// flamesOfPhase is one phase on the page.
type flamesOfPhase struct {
	Phase            int
	Missing, Summary string
	Changes          []changedFunction
	Graph            template.HTML
}

// changedFunction is one row of the table of functions that changed.
type changedFunction struct{ Function, Under, Base, Head, Change string }

// WriteFlames writes the page of where the processor time of a head differs from that of a base, both of which are
// named: of each phase a differential flame graph, and the functions that changed, the hottest change first.
func WriteFlames(w io.Writer, base, head string, all []Flames) error {
	shown := flames{Base: base, Head: head, Policy: script.Policy([]string{flame.Zoom}, []string{style})}
	for _, f := range all {
		one, err := flamesOf(f)
		if err != nil {
			return fmt.Errorf("write the page of flame graphs: phase %d: %w", f.Phase, err)
		}
		shown.Phases = append(shown.Phases, one)
	}
	if err := flamesLayout.Execute(w, shown); err != nil {
		return fmt.Errorf("write the page of flame graphs: %w", err)
	}
	return nil
}

func flamesOf(f Flames) (flamesOfPhase, error) {
	one := flamesOfPhase{Phase: f.Phase, Missing: f.Missing, Summary: "not profiled"}
	if f.Missing != "" {
		return one, nil
	}
	d, err := flame.Diff(f.Base, f.Head)
	if err != nil {
		return one, err
	}
	changes, err := flame.Changes(f.Base, f.Head, archive.Module, mostChanges)
	if err != nil {
		return one, err
	}
	one.Summary = "no function changed by more than chance explains"
	if len(changes) > 0 {
		one.Summary = fmt.Sprintf("the hottest change is %s in %s", flame.Signed(changes[0].Change()),
			figures.Shorten(figures.Clean(changes[0].Function), longest))
	}
	for _, c := range changes {
		row := changedFunction{
			c.Function, c.Under, flame.Micros(c.Base), flame.Micros(c.Head), flame.Signed(c.Change()),
		}
		if row.Under == row.Function {
			row.Under = ""
		}
		one.Changes = append(one.Changes, row)
	}
	var svg bytes.Buffer
	err = d.SVG(&svg, flame.Options{
		Title: fmt.Sprintf("Phase %d: processor time of the head against the base", f.Phase), Inline: true,
		Module: archive.Module,
	})
	one.Graph = template.HTML(svg.String())
	return one, err
}
