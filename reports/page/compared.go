package page

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/script"
)

//go:embed compared.html
var comparedSource string

//go:embed beside.css
var besideStyle string

// sheets is the style of the pages beside that of a run. It stands in them as it is: their policy names its hash.
func sheets() string { return style + besideStyle }

var besideFuncs = template.FuncMap{
	"clean":   func(s string) string { return figures.Shorten(figures.Clean(s), longest) },
	"capital": figures.Capital,
	"sheets":  func() template.CSS { return template.CSS(sheets()) },
	"policy":  func() string { return script.Policy(nil, []string{sheets()}) },
	"kind":    outcomeClass,
	"mark":    outcomeMark,
	"base":    func(r compared.Row) string { base, _ := r.Measured(); return base },
	"head":    func(r compared.Row) string { _, head := r.Measured(); return head },
}

var comparedLayout = template.Must(template.New("compared").Funcs(besideFuncs).Parse(comparedSource))

// Drawing is an image of others that belongs to a phase, such as a flame graph of what changed.
type Drawing struct {
	Phase        int
	Title, About string // what is seen, in a line and in a sentence
	SVG          []byte
}

// beside is what the page of two runs shows.
type beside struct {
	*compared.Comparison
	Sides  []besideRun
	Forest figure
	Phases []besidePhase
}

// besideRun is one of the runs, in lines.
type besideRun struct{ Name, ID, Began, Host, Stores, Build string }

// besidePhase is a phase that both runs drove.
type besidePhase struct {
	Number  int
	Label   string
	Figures []figure
}

// figure is a chart with its figures.
type figure struct {
	Source     template.URL // empty: it could not be drawn
	Title, Alt string
	Table      *values
}

// WriteComparison writes the page of two runs. A chart that cannot be drawn is missing from it, and named.
func WriteComparison(w io.Writer, c *compared.Comparison, charts []chart.Chart, drawings ...Drawing) error {
	b := beside{Comparison: c, Sides: []besideRun{runOf("Base", c.Base), runOf("Head", c.Head)}}
	for _, p := range c.Head.Phases {
		s := besidePhase{Number: p.Number, Label: p.Label()}
		for _, drawn := range charts {
			if drawn.Phase == p.Number {
				s.Figures = append(s.Figures, figureOf(drawn))
			}
		}
		for _, d := range drawings {
			if d.Phase == p.Number {
				s.Figures = append(s.Figures, figure{
					Source: asSource(d.SVG), Title: d.Title, Alt: d.Title + ". " + d.About,
				})
			}
		}
		if len(s.Figures) > 0 {
			b.Phases = append(b.Phases, s)
		}
	}
	for _, drawn := range charts {
		if drawn.Phase == 0 {
			b.Forest = figureOf(drawn)
		}
	}
	if err := comparedLayout.Execute(w, b); err != nil {
		return fmt.Errorf("write the page of two runs: %w", err)
	}
	return nil
}

func runOf(name string, r *figures.Report) besideRun {
	return besideRun{
		Name: name, ID: r.Run.ID, Began: r.Run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), Host: r.Host(),
		Stores: r.Stores(), Build: r.Build(),
	}
}

func figureOf(c chart.Chart) figure {
	f := figure{Title: c.Title, Alt: c.Title + ". " + c.About, Table: valuesOf(c.Table())}
	if f.Table != nil && f.Table.Left != "" { // no file beside the page has the rest
		f.Table.Left, _, _ = strings.Cut(f.Table.Left, ";")
		f.Table.Left += "."
	}
	var svg bytes.Buffer
	if err := c.SVG(&svg); err == nil {
		f.Source = asSource(svg.Bytes())
	}
	return f
}

// asSource is an image that can reach nothing of the page.
func asSource(svg []byte) template.URL {
	return template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))
}

// Matters are the settings that keep figures from being compared.
func (b beside) Matters() bool {
	for _, s := range b.Settings {
		if s.Matters {
			return true
		}
	}
	return false
}

// outcomeClass is the class of the colour that an outcome has: that of the verdict which it is like.
func outcomeClass(o compared.Outcome) string {
	switch o {
	case compared.Regressed:
		return "refuted"
	case compared.Improved:
		return "verified"
	case compared.CannotTell:
		return "inconclusive"
	default:
		return "untestable"
	}
}

// outcomeMark is an outcome's sign, which stands beside its name.
func outcomeMark(o compared.Outcome) string {
	switch o {
	case compared.Regressed:
		return "✗"
	case compared.Improved:
		return "✓"
	case compared.CannotTell:
		return "?"
	case compared.NotComparable:
		return "⊘"
	default:
		return "="
	}
}
