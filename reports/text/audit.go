package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/audit"
)

// Audit writes what contradicts first, then what holds only under a condition, then the rest.
func Audit(out io.Writer, title string, report audit.Report, width int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s\n%d relations between its claims: %d contradictory, %d hold only if, %d consistent\n", title,
		len(report.Relations), report.Count(audit.Contradictory), report.Count(audit.OnlyIf),
		report.Count(audit.Consistent))
	for _, outcome := range []audit.Outcome{audit.Contradictory, audit.OnlyIf, audit.Consistent} {
		for _, r := range report.Relations {
			if r.Outcome == outcome {
				relation(w, r, width)
			}
		}
	}
	return w.Flush()
}

func relation(w io.Writer, r audit.Relation, width int) {
	fmt.Fprintf(w, "\n%s: %s (%s)\n", strings.ToUpper(string(r.Outcome)), r.ID, r.Law)
	hang(w, "  ", r.Says, width)
	for i, condition := range r.Conditions {
		lead := "  - "
		if r.Outcome == audit.OnlyIf {
			lead = "  only if "
			if i > 0 {
				lead = "  or      "
			}
		}
		hang(w, lead, condition, width)
	}
	if len(r.Sources) > 0 {
		hang(w, "  source: ", strings.Join(r.Sources, ", "), width)
	}
}
