package reports

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/markdown"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// runsFormats are the forms in which two runs can be printed beside one another, in the order of errors.
var runsFormats = []struct {
	name  Format
	print func(w io.Writer, c *compared.Comparison) error
}{
	{Plain, func(w io.Writer, c *compared.Comparison) error { return text.Runs(w, c, TextOptions{Width: fileWidth}) }},
	{InMarkdown, markdown.Runs},
	{HTML, func(w io.Writer, c *compared.Comparison) error { return page.WriteComparison(w, c, chart.Compared(c)) }},
	{Object, func(w io.Writer, c *compared.Comparison) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(schema.OfRuns(c)); err != nil {
			return fmt.Errorf("write the comparison: %w", err)
		}
		return nil
	}},
}

// CheckRunsFormat refuses a format in which two runs cannot be printed beside one another.
func CheckRunsFormat(name Format) error {
	var names []string
	for _, f := range runsFormats {
		if f.name == name {
			return nil
		}
		names = append(names, string(f.name))
	}
	return fmt.Errorf("format %q; allowed for two runs: %s", name, strings.Join(names, ", "))
}

// PrintRuns writes two runs beside one another in a format.
func PrintRuns(w io.Writer, c *compared.Comparison, name Format) error {
	for _, f := range runsFormats {
		if f.name == name {
			return f.print(w, c)
		}
	}
	return CheckRunsFormat(name)
}

// TextRuns writes two runs beside one another for a terminal.
func TextRuns(w io.Writer, c *compared.Comparison, o TextOptions) error { return text.Runs(w, c, o) }
