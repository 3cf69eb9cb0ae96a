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

// most is how many annotations of a level a step may have; GitHub drops the others. Where there are more, the last one
// says how many.
const most = 10

// longest is how many characters a title and a message have at most.
const longestTitle, longestMessage = 120, 1000

// Write writes the annotations, most important first; nothing when every claim was verified.
func Write(w io.Writer, r *figures.Report) error {
	b := bufio.NewWriter(w)
	byLevel := map[string][]judge.Result{}
	for _, result := range r.Claims() {
		if result.Verdict != judge.Verified {
			level := cmp.Or(levels[result.Verdict], "warning")
			byLevel[level] = append(byLevel[level], result.Result)
		}
	}
	for _, level := range []string{"error", "warning", "notice"} {
		all := byLevel[level]
		shown := all
		if len(all) > most {
			shown = all[:most-1]
		}
		for _, result := range shown {
			text := fmt.Sprintf("documented %s, measured %s: %s", figures.Documented(result), figures.Measured(result),
				strings.Join(figures.Why(result), "; "))
			command(b, level, figures.Clean(result.Claim)+" "+result.Verdict.String(), text)
		}
		if left := all[len(shown):]; len(left) > 0 {
			var names []string
			for _, result := range left {
				names = append(names, figures.Clean(result.Claim)+" "+result.Verdict.String())
			}
			command(b, level, fmt.Sprintf("and %d more", len(left)), strings.Join(names, ", "))
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write annotations: %w", err)
	}
	return nil
}

// command writes one workflow command. Nothing in its texts ends it or begins another.
func command(b *bufio.Writer, level, title, text string) {
	fmt.Fprintf(b, "::%s title=%s::%s\n", level, property.Replace(figures.Shorten(title, longestTitle)),
		message.Replace(figures.Shorten(text, longestMessage)))
}

// levels are those of verdicts that are no warning.
var levels = map[judge.Verdict]string{judge.Refuted: "error", judge.Untestable: "notice"}

// What has a meaning of its own in a workflow command
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
var (
	message  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
