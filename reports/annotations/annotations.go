// Package annotations writes a report as workflow commands of GitHub Actions, which show
// what failed beside the run: an error for a refuted claim, a warning for one without a
// verdict, a notice for one that the host cannot test.
package annotations

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// most is how many annotations of a kind a step may have; GitHub drops the others.
const most = 10

// Write writes the annotations; nothing when every claim was verified.
func Write(w io.Writer, r *figures.Report) error {
	b := bufio.NewWriter(w)
	counts := map[string]int{}
	for _, result := range r.Run.Results {
		if result.Verdict == judge.Verified {
			continue
		}
		level := cmp.Or(levels[result.Verdict], "warning")
		if counts[level]++; counts[level] > most {
			continue
		}
		text := fmt.Sprintf("documented %s, measured %s: %s", figures.Documented(result), figures.Measured(result),
			strings.Join(figures.Why(result), "; "))
		fmt.Fprintf(b, "::%s title=%s::%s\n", level,
			property.Replace(figures.Clean(result.Claim)+" "+result.Verdict.String()), message.Replace(text))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

// levels are those of verdicts that are no warning.
var levels = map[judge.Verdict]string{judge.Refuted: "error", judge.Untestable: "notice"}

// What has a meaning of its own in a workflow command
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
var (
	message  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
