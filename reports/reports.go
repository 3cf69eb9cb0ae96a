// Package reports shows what a run found: on a terminal, as one JSON object, as
// Markdown for a CI step, as charts, and as one HTML file. It works from the archived
// run alone, and judges nothing anew.
//
// Everything that an archive says is foreign text: it is escaped where it could be taken
// for markup, and stripped of control characters everywhere.
package reports

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// TextOptions say how the terminal report is written.
type TextOptions struct {
	Width int  // columns of the terminal; 0 stands for 80, others are kept within [60, 200]
	Color bool // with ANSI colours; the caller decides, by NO_COLOR and whether it is a terminal
}

// Text writes the terminal report.
func Text(w io.Writer, run *archive.Run, o TextOptions) error {
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	return text.Write(w, r, text.Options(o))
}

// JSON writes one JSON object, which keeps to schema/verify.schema.json, and nothing else.
func JSON(w io.Writer, run *archive.Run) error {
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema.Of(r)); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// Markdown writes the report for the summary of a CI step, of less than 1 MiB.
func Markdown(w io.Writer, run *archive.Run) error {
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	return markdown.Write(w, r)
}
