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
	"io/fs"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// TextOptions say how the terminal report is written.
type TextOptions = text.Options

// Text writes the terminal report.
func Text(w io.Writer, run *archive.Run, o TextOptions) error {
	return withFigures(func(w io.Writer, r *figures.Report) error { return text.Write(w, r, o) })(w, run)
}

// Page writes the page of a run whose folder in parent is called name: the one that [Write] writes, with what changed
// since the run before. It reaches nothing outside of parent.
func Page(w io.Writer, run *archive.Run, parent fs.FS, name string) error {
	return withFigures(func(w io.Writer, r *figures.Report) error {
		return page.Write(w, r, chart.All(r), earlierIn(parent, name, run))
	})(w, run)
}

// JSON writes one JSON object, which keeps to schema/verify.schema.json, and nothing else.
func JSON(w io.Writer, run *archive.Run) error {
	return withFigures(func(w io.Writer, r *figures.Report) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(schema.Of(r)); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		return nil
	})(w, run)
}
