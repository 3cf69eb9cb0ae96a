package page

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
)

//go:embed flame.html
var flameSource string

var flameLayout = template.Must(template.New("flame").Parse(flameSource))

// mostFunctions is how many functions are listed beside a flame graph.
const mostFunctions = 10

// profiled is where the processor time of a phase goes.
type profiled struct {
	Missing   string        // why nothing is shown; "" else
	Graph     template.HTML // as an element of the page
	Functions []function
	More      string // how many functions are not listed; "" for none
	Known     bool   // that there are times per request
}

// function is one row of the table of functions; the shares are of all processor time.
type function struct{ Name, Self, All, PerRequest string }

// flameOf is the part of a phase's section that shows where its processor time goes; nothing without profiles.
func flameOf(p figures.Phase) (template.HTML, error) {
	g, err := flame.Of(p)
	if g == nil && err == nil {
		return "", nil
	}
	shown := profiled{}
	if err == nil {
		shown, err = profiledOf(p, g)
	}
	if err != nil {
		shown = profiled{Missing: figures.Shorten(figures.Clean(err.Error()), longest)}
	}
	var b bytes.Buffer
	if err := flameLayout.Execute(&b, shown); err != nil {
		return "", fmt.Errorf("flame graph: %w", err)
	}
	return template.HTML(b.String()), nil
}

func profiledOf(p figures.Phase, g *flame.Graph) (profiled, error) {
	o := flame.OptionsOf(p, archive.Module)
	o.Inline = true
	var svg bytes.Buffer
	if err := g.SVG(&svg, o); err != nil {
		return profiled{}, err
	}
	shown := profiled{Graph: template.HTML(svg.String()), Known: g.Requests > 0}
	total, all := g.Root.All.Nanoseconds, g.Functions()
	share := func(s flame.Spent) string { return figures.In("%")(100*s.Nanoseconds/total, total > 0) }
	for _, f := range all[:min(mostFunctions, len(all))] {
		shown.Functions = append(shown.Functions, function{
			Name: figures.Shorten(figures.Clean(f.Name), longest), Self: share(f.Self), All: share(f.All),
			PerRequest: figures.In("µs")(f.Self.Nanoseconds/1000/g.Requests, g.Requests > 0),
		})
	}
	if more := len(all) - len(shown.Functions); more > 0 {
		shown.More = figures.Plural(more, "other function")
	}
	return shown, nil
}

// isProfiled reports whether a phase of the report has profiles.
func isProfiled(r *figures.Report) bool {
	return slices.ContainsFunc(r.Phases, func(p figures.Phase) bool {
		return slices.ContainsFunc(p.Runs, func(run figures.Run) bool { return len(run.Profiles) > 0 })
	})
}
