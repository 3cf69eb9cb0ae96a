package markdown

import (
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// mostRows is how many claims stand above those that are folded.
const mostRows = 12

// Runs writes two runs beside one another: the claims that changed, what else differs, and the other claims, folded.
func Runs(w io.Writer, c *compared.Comparison) error {
	d := &doc{limit: Limit - 1}
	d.must("heading", fmt.Sprintf("## %s %s: %s\n\n%s.\n\n", outcomeSigns[c.Worst()], text(c.Head.Title()), c.Worst(),
		text(figures.Capital(c.Why()))))
	for _, side := range []struct {
		name   string
		report *figures.Report
	}{{"Base", c.Base}, {"Head", c.Head}} {
		d.must("runs", fmt.Sprintf("%s: run %s of %s, %s.\n\n", side.name, text(side.report.Run.ID),
			side.report.Run.Started.UTC().Format("2006-01-02 15:04 UTC"), text(side.report.Build())))
	}
	decisive := 0
	for decisive < min(len(c.Claims), mostRows) && c.Claims[decisive].Outcome != compared.NoChange {
		decisive++
	}
	if decisive > 0 {
		d.must("claims", comparedRows(c.Claims[:decisive])+"\n")
	}
	if rest := c.Claims[decisive:]; len(rest) > 0 {
		shown := rest[:min(len(rest), most)]
		d.fold("other claims", figures.Plural(len(rest), "other claim"), comparedRows(shown))
	}
	var matter, other []string
	for _, s := range c.Settings {
		if s.Matters {
			matter = append(matter, text(s.String()))
		} else {
			other = append(other, text(s.String()))
		}
	}
	d.section("What keeps figures from being compared", matter)
	d.section("What else differs", other)
	if _, err := io.WriteString(w, d.String()); err != nil {
		return fmt.Errorf("write the comparison: %w", err)
	}
	return nil
}

func comparedRows(rows []compared.Row) string {
	var b strings.Builder
	b.WriteString("| Claim | Documented | Base | Head | Difference (95 %) | Outcome | Why |\n" +
		"|---|---:|---:|---:|---:|---|---|\n")
	for _, r := range rows {
		base, head := r.Measured()
		why := r.Reason()
		if r.VerdictChanged() {
			why = r.Verdicts() + "; " + why
		}
		b.WriteString(row(text(r.Claim), r.Documented(), base, head, r.Difference(),
			outcomeSigns[r.Outcome]+" "+string(r.Outcome), text(why)))
	}
	return b.String()
}

// outcomeSigns are the signs of outcomes; their names always stand beside them.
var outcomeSigns = map[compared.Outcome]string{
	compared.Regressed: "❌", compared.Improved: "✅", compared.CannotTell: "❔", compared.NotComparable: "🚫",
	compared.NoChange: "➖",
}
