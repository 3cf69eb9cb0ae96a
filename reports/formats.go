package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/annotations"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/junit"
	"github.com/nameplate-dev/nameplate/reports/openmetrics"
	"github.com/nameplate-dev/nameplate/reports/page"
)

// Format is a form in which a report can be printed.
type Format string

// The formats there are.
const (
	Plain       Format = "text"        // for a terminal, without colours
	InMarkdown  Format = "markdown"    // for the summary of a CI step
	HTML        Format = "html"        // one page with everything in it
	Object      Format = "json"        // one object, as schema/verify.schema.json has it
	JUnit       Format = "junit"       // XML, for CI systems
	OpenMetrics Format = "openmetrics" // for systems that collect figures
	GitHub      Format = "github"      // annotations, as workflow commands
)

// Formats are all formats, in the order of the help text.
var Formats = []Format{Plain, InMarkdown, HTML, Object, JUnit, OpenMetrics, GitHub}

// Print writes the report in a format.
func Print(w io.Writer, run *archive.Run, f Format) error {
	if !slices.Contains(Formats, f) {
		var names []string
		for _, known := range Formats {
			names = append(names, string(known))
		}
		return fmt.Errorf("print the report: format %q; allowed: %s", f, strings.Join(names, ", "))
	}
	switch f {
	case Plain:
		return Text(w, run, TextOptions{Width: fileWidth})
	case InMarkdown:
		return Markdown(w, run)
	case Object:
		return JSON(w, run)
	}
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	switch f {
	case HTML:
		return page.Write(w, r, chart.All(r))
	case JUnit:
		return junit.Write(w, r)
	case OpenMetrics:
		return openmetrics.Write(w, r)
	default:
		return annotations.Write(w, r)
	}
}
