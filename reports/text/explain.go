package text

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Verdicts writes one line for each claim of a judged run.
func Verdicts(out io.Writer, r *archive.Run) error {
	w := bufio.NewWriter(out)
	for _, result := range r.Results {
		reason := strings.Join(result.Reasons[:min(1, len(result.Reasons))], "")
		fmt.Fprintf(w, "%-12s  %-14s  %s\n", result.Verdict, result.Claim, reason)
	}
	fmt.Fprintf(w, "run %s: %v; --explain CLAIM says why\n", r.ID, r.Verdict)
	return w.Flush()
}

// Explanation writes an explanation: the runs, the rule, what would change the verdict.
func Explanation(out io.Writer, e judge.Explanation, width int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: %v\nphase %d, %s %s\n\n", e.Claim, e.Verdict, e.Phase, e.Metric, e.Demand)
	for _, run := range e.Runs {
		outcome(w, run, e.Unit, width)
	}
	fmt.Fprintln(w)
	rule := e.Rule
	if e.Alpha > 0 {
		rule += fmt.Sprintf("; were each run as likely to meet the bound as to miss it, "+
			"chance alone would decide so in %.2g of all cases (α)", e.Alpha)
	}
	if n := len(e.Measured); n >= judge.MinRuns {
		rule += fmt.Sprintf("; %d of %d runs may dissent", e.Dissents, n)
	}
	hang(w, "rule     ", rule, width)
	hang(w, "because  ", strings.Join(e.Reasons[:min(2, len(e.Reasons))], "; "), width)
	if e.Power != "" {
		hang(w, "power    ", e.Power, width)
	}
	for i, change := range e.Changes {
		lead := "         "
		if i == 0 {
			lead = "changes  "
		}
		hang(w, lead, change, width)
	}
	return w.Flush()
}

func outcome(w io.Writer, run judge.Outcome, unit suite.Unit, width int) {
	value, verdict := "no sample", ""
	if run.Sampled {
		value, verdict = fmt.Sprintf("%.5g %s", run.Value, unit), "missed"
		if run.Meets {
			verdict = "met"
		}
	}
	lead := fmt.Sprintf("  run %-3d %16s  %-6s", run.Run, value, verdict)
	if len(run.Reasons) == 0 {
		fmt.Fprintln(w, strings.TrimRight(lead, " "))
		return
	}
	hang(w, lead+"  ", beside[run.Kind]+": "+strings.Join(judge.Texts(run.Reasons), "; "), width)
}

// beside says what the reasons of a run are to its outcome.
var beside = map[judge.Kind]string{
	judge.Met:       "although",
	judge.Missed:    "even with all of the generator's delay to its credit",
	judge.Limited:   "the host gave out",
	judge.Disturbed: "excluded",
	judge.Excluded:  "excluded",
}
