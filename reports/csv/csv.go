// Package csv writes a report as CSV, for spreadsheets and data frames: a row for each claim and independent run.
package csv

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// header names the columns. documented and value are in the unit of the row; value is empty without a sample.
var header = []string{
	"archive", "phase", "claim", "metric", "unit", "documented", "verdict", "run", "value", "outcome", "reasons",
}

// Write writes the report. A claim without runs, such as one that this host cannot test, has one row without a run.
func Write(w io.Writer, r *figures.Report) error {
	rows := [][]string{header}
	for _, result := range r.Run.Results {
		claim := []string{
			cell(r.Run.ID), strconv.Itoa(result.Phase), cell(result.Claim), cell(result.Metric),
			cell(string(result.Unit)), number(result.Value), result.Verdict.String(),
		}
		for _, o := range result.Runs {
			rows = append(rows, append(claim[:len(claim):len(claim)], outcome(o)...))
		}
		if len(result.Runs) == 0 {
			rows = append(rows, append(claim, "", "", "", ""))
		}
	}
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// outcome is what one run says about a claim.
func outcome(o judge.Outcome) []string {
	value := ""
	if o.Sampled {
		value = number(o.Value)
	}
	var reasons []string
	for _, reason := range o.Reasons {
		reasons = append(reasons, reason.String())
	}
	return []string{strconv.Itoa(o.Run), value, string(o.Kind), cell(strings.Join(reasons, "; "))}
}

// number is a figure with all its digits.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// cell is foreign text that no spreadsheet takes for a formula.
func cell(s string) string { return figures.NoFormula(figures.Clean(s)) }
