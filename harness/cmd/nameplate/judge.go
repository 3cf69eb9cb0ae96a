package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// judgeCommand judges an archived run again, and explains a verdict.
type judgeCommand struct {
	Run_    string `arg:"" name:"run" default:"nameplate-out/latest" help:"The run's folder, its run.json, or the link to the latest run (default: ${default})."`
	Explain string `help:"Explain the verdict on this claim, run by run." placeholder:"CLAIM"`
	JSON    bool   `help:"Print one JSON object and nothing else."`
}

// Run prints the verdicts, or explains one, and ends with their exit status.
func (k judgeCommand) Run(c console) error {
	c.readOnly()
	r, err := judged(k.Run_)
	if err != nil {
		return err
	}
	if k.Explain == "" {
		if err := k.verdicts(c, r); err != nil {
			return fmt.Errorf("print the verdicts: %w", err)
		}
		return exitWith(r.ExitStatus)
	}
	e, err := r.Explain(k.Explain)
	if err != nil {
		return usageError{fmt.Errorf("--explain: %w", err)}
	}
	if k.JSON {
		err = indented(c.stdout, e)
	} else {
		err = text.Explanation(c.stdout, e, textOptions(c).Width)
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
	return text.Verdicts(c.stdout, r)
}

// indented prints a value as one JSON object.
func indented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
