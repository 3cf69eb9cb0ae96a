package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/audit"
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
		err = auditText(c.stdout, ref, report, textOptions(c).Width)
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
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Suite string `json:"suite"`
		File  string `json:"file"`
		audit.Report
		Consistent    int `json:"consistent"`
		Contradictory int `json:"contradictory"`
		OnlyIf        int `json:"holds_only_if"`
	}{ref.Name, ref.File, report, report.Count(audit.Consistent), report.Count(audit.Contradictory), report.Count(audit.OnlyIf)})
}

// auditText prints what contradicts first, then what holds only under a condition, then the rest.
func auditText(out io.Writer, ref archive.SuiteRef, report audit.Report, width int) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s\n%d relations between its claims: %d contradictory, %d hold only if, %d consistent\n", ref.Title, len(report.Relations),
		report.Count(audit.Contradictory), report.Count(audit.OnlyIf), report.Count(audit.Consistent))
	for _, outcome := range []audit.Outcome{audit.Contradictory, audit.OnlyIf, audit.Consistent} {
		for _, r := range report.Relations {
			if r.Outcome == outcome {
				printRelation(w, r, width)
			}
		}
	}
	return w.Flush()
}

func printRelation(w io.Writer, r audit.Relation, width int) {
	fmt.Fprintf(w, "\n%s: %s (%s)\n", strings.ToUpper(string(r.Outcome)), r.ID, r.Law)
	printWrapped(w, "  ", r.Says, width)
	for i, condition := range r.Conditions {
		lead := "  - "
		if r.Outcome == audit.OnlyIf {
			lead = "  only if "
			if i > 0 {
				lead = "  or      "
			}
		}
		printWrapped(w, lead, condition, width)
	}
	if len(r.Sources) > 0 {
		printWrapped(w, "  source: ", strings.Join(r.Sources, ", "), width)
	}
}

// printWrapped prints a text in lines of at most the width, those after the first indented like it.
func printWrapped(w io.Writer, lead, text string, width int) {
	indent := strings.Repeat(" ", utf8.RuneCountInString(lead))
	line := lead
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			fmt.Fprintln(w, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	fmt.Fprintln(w, line)
}
