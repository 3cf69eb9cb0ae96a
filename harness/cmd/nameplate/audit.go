package main

import (
	"fmt"
	"io"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/audit"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// exitContradiction is the status of an audit that found claims which cannot all be true.
const exitContradiction = 1

// auditCommand holds claims against claims.
type auditCommand struct {
	Suite string `arg:"" optional:"" help:"Suite file; the built-in suite when none is named."`
	JSON  bool   `help:"Print one JSON object and nothing else."`
}

// Help is shown below the flags.
func (auditCommand) Help() string {
	return "Exit status: 0 nothing contradicts; 1 claims contradict each other; 2 the suite is wrong."
}

// Run derives every relation and prints it.
func (k auditCommand) Run(c console) error {
	s, ref, err := readSuite(k.Suite)
	if err != nil {
		return err
	}
	report, err := audit.Check(audit.FromSuite(s))
	if err != nil {
		return usageError{err}
	}
	if k.JSON {
		err = auditJSON(c.stdout, ref, report)
	} else {
		err = text.Audit(c.stdout, ref.Title, report, textOptions(c).Width)
	}
	if err != nil {
		return fmt.Errorf("print the audit: %w", err)
	}
	if report.Count(audit.Contradictory) > 0 {
		return exitWith(exitContradiction)
	}
	return nil
}

func auditJSON(w io.Writer, ref archive.SuiteRef, report audit.Report) error {
	return indented(w, struct {
		Suite string `json:"suite"`
		File  string `json:"file"`
		audit.Report
		Consistent    int `json:"consistent"`
		Contradictory int `json:"contradictory"`
		OnlyIf        int `json:"holds_only_if"`
	}{ref.Name, ref.File, report, report.Count(audit.Consistent), report.Count(audit.Contradictory),
		report.Count(audit.OnlyIf)})
}
