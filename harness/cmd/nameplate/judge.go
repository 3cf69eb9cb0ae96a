package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// judgeCommand judges an archived run again, and explains a verdict.
type judgeCommand struct {
	Run_    string `arg:"" name:"run" default:"nameplate-out/latest" help:"The run's folder, its run.json, or the link to the latest run (default: ${default})."`
	Explain string `help:"Explain the verdict on this claim, run by run." placeholder:"CLAIM"`
	JSON    bool   `help:"Print one JSON object and nothing else."`
}

// Run prints the verdicts, or explains one, and ends with their exit status.
func (k judgeCommand) Run(c console) error {
	r, err := archive.Load(k.Run_)
	if err != nil {
		return usageError{err}
	}
	if err := r.Judge(); err != nil {
		return usageError{err}
	}
	if k.Explain == "" {
		if err := k.verdicts(c, r); err != nil {
			return fmt.Errorf("print the verdicts: %w", err)
		}
		return exitWith(r.ExitStatus)
	}
	e, err := explainClaim(r, k.Explain)
	if err != nil {
		return usageError{err}
	}
	if k.JSON {
		err = indented(c.stdout, e)
	} else {
		err = explanationText(c.stdout, e, textOptions(c).Width)
	}
	if err != nil {
		return fmt.Errorf("print the explanation: %w", err)
	}
	return exitWith(judge.ExitCode(e.Verdict))
}

// verdicts prints one line for each claim.
func (k judgeCommand) verdicts(c console, r *archive.Run) error {
	if k.JSON {
		return indented(c.stdout, struct {
			ID      string         `json:"id"`
			Verdict judge.Verdict  `json:"verdict,omitzero"` // absent from a search for capacities
			Exit    int            `json:"exit"`
			Results []judge.Result `json:"results"`
		}{r.ID, r.Verdict, r.ExitStatus, r.Results})
	}
	w := bufio.NewWriter(c.stdout)
	for _, result := range r.Results {
		fmt.Fprintf(w, "%-12s  %-14s  %s\n", result.Verdict, result.Claim, strings.Join(result.Reasons[:min(1, len(result.Reasons))], ""))
	}
	fmt.Fprintf(w, "run %s: %v; --explain CLAIM says why\n", r.ID, r.Verdict)
	return w.Flush()
}

// explainClaim explains the claim of an ID, in the phase that it is made about.
func explainClaim(r *archive.Run, id string) (judge.Explanation, error) {
	var ids []string
	for _, p := range r.Parsed.Phases {
		in := r.Input(p)
		e, err := judge.Explain(in, id)
		if !errors.Is(err, judge.ErrNoClaim) {
			return e, err
		}
		for _, c := range in.Claims {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return judge.Explanation{}, fmt.Errorf("--explain: the run has no claim %q; allowed: %s", id, strings.Join(ids, ", "))
}

func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// explanationText prints an explanation: the runs, the rule, what would change the verdict.
func explanationText(out io.Writer, e judge.Explanation, width int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s: %v\nphase %d, %s %s\n\n", e.Claim, e.Verdict, e.Phase, e.Metric, e.Demand)
	for _, run := range e.Runs {
		printRun(w, run, e.Unit, width)
	}
	fmt.Fprintln(w)
	rule := e.Rule
	if e.Alpha > 0 {
		rule += fmt.Sprintf("; were each run as likely to meet the bound as to miss it, chance alone would decide so in %.2g of all cases (α)", e.Alpha)
	}
	if n := len(e.Measured); n >= judge.MinRuns {
		rule += fmt.Sprintf("; %d of %d runs may dissent", e.Dissents, n)
	}
	printWrapped(w, "rule     ", rule, width)
	printWrapped(w, "because  ", strings.Join(e.Reasons[:min(2, len(e.Reasons))], "; "), width)
	if e.Power != "" {
		printWrapped(w, "power    ", e.Power, width)
	}
	for i, change := range e.Changes {
		lead := "         "
		if i == 0 {
			lead = "changes  "
		}
		printWrapped(w, lead, change, width)
	}
	return w.Flush()
}

func printRun(w io.Writer, run judge.Outcome, unit suite.Unit, width int) {
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
	printWrapped(w, lead+"  ", beside[run.Kind]+": "+strings.Join(judge.Texts(run.Reasons), "; "), width)
}

// beside says what the reasons of a run are to its outcome.
var beside = map[judge.Kind]string{
	judge.Met:       "although",
	judge.Missed:    "even with all of the generator's delay to its credit",
	judge.Limited:   "the host gave out",
	judge.Disturbed: "excluded",
	judge.Excluded:  "excluded",
}
