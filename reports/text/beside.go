package text

import (
	"fmt"
	"io"

	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Runs writes two runs beside one another: a row for each claim, what else differs, and the outcome.
func Runs(w io.Writer, c *compared.Comparison, o Options) error {
	if o.Width == 0 {
		o.Width = 80
	}
	p := &printer{w: w, width: min(200, max(60, o.Width)), color: o.Color}
	p.line(bold, c.Head.Title()+": two runs")
	for _, side := range []struct {
		name   string
		report *figures.Report
	}{{"base", c.Base}, {"head", c.Head}} {
		run := side.report.Run
		p.field(side.name, fmt.Sprintf("%s, %s, %s", figures.Clean(run.ID),
			run.Started.UTC().Format("2006-01-02 15:04:05 UTC"), side.report.Build()))
	}
	p.comparison("Claim", c.Claims, !c.Comparable())
	changed := 0
	for changed < len(c.Others) && c.Others[changed].Outcome.Changed() { // which stand first
		changed++
	}
	if changed > 0 {
		p.line(plain, "")
		p.line(bold, "Figures that nothing is claimed of")
		p.comparison("Figure", c.Others[:changed], false)
	}
	p.settings("What keeps figures from being compared", c.Settings, true)
	p.settings("What else differs", c.Settings, false)
	p.line(plain, "")
	for i, text := range wrap(fmt.Sprintf("%s: %s", c.Worst(), c.Why()), p.width) {
		if i == 0 {
			name := string(c.Worst())
			text = p.paint(outcomeStyles[c.Worst()], name) + text[len(name):]
		}
		p.printf("%s\n", text)
	}
	if p.err != nil {
		return fmt.Errorf("write the comparison: %w", p.err)
	}
	return nil
}

// comparison writes a table of rows; told tells that the reasons stand elsewhere.
func (p *printer) comparison(first string, rows []compared.Row, told bool) {
	if len(rows) == 0 {
		return
	}
	p.line(plain, "")
	t := table{head: []string{first, "Documented", "Base", "Head", "Difference", "Outcome", "Why"}}
	for _, r := range rows {
		why := r.Reason()
		if verdicts := r.Verdicts(); r.Claim != "" && r.VerdictChanged() {
			why = verdicts + "; " + why
		}
		base, head := r.Measured()
		t.rows = append(t.rows, row{
			cells:   []string{r.Name(), r.Documented(), base, head, r.Difference(), string(r.Outcome), why},
			paint:   []style{plain, plain, plain, plain, plain, outcomeStyles[r.Outcome], plain},
			obvious: told || r.Outcome == compared.NoChange,
		})
	}
	t.write(p, fit(p.width, t))
}

// settings lists those that matter, or the others.
func (p *printer) settings(heading string, all []compared.Setting, matter bool) {
	var lines []string
	for _, s := range all {
		if s.Matters == matter {
			lines = append(lines, s.String())
		}
	}
	p.list(heading, lines, most)
}

// outcomeStyles are how outcomes are written, the others plain; their names always stand there too.
var outcomeStyles = map[compared.Outcome]style{
	compared.Regressed: red, compared.Improved: green, compared.CannotTell: yellow, compared.NotComparable: magenta,
}
