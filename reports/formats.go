package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/annotations"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/csv"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/hgrm"
	"github.com/nameplate-dev/nameplate/reports/junit"
	"github.com/nameplate-dev/nameplate/reports/markdown"
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
	GitHub      Format = "github"      // annotations, as workflow commands; see [WriteGitHub]
	CSV         Format = "csv"         // a row for each claim and run
	Prometheus  Format = "prometheus"  // OpenMetrics in the older form, for textfile collectors and gateways
	Benchmark   Format = "benchmark"   // the Go benchmark format, for benchstat
	Hgrm        Format = "hgrm"        // the distribution of response times, for HdrHistogram's plotter
)

// format is all that is known of a format.
type format struct {
	name  Format
	print func(w io.Writer, run *archive.Run) error
}

// formats are in the order of the help text.
var formats = []format{
	{Plain, func(w io.Writer, run *archive.Run) error { return Text(w, run, TextOptions{Width: fileWidth}) }},
	{InMarkdown, withFigures(markdown.Write)},
	{HTML, withFigures(func(w io.Writer, r *figures.Report) error { return page.Write(w, r, chart.All(r), nil) })},
	{Object, JSON},
	{JUnit, withFigures(junit.Write)},
	{OpenMetrics, withFigures(openmetrics.Write)},
	{GitHub, withFigures(annotations.Write)},
	{CSV, withFigures(csv.Write)},
	{Prometheus, withFigures(openmetrics.WritePrometheus)},
	{Benchmark, archive.WriteBench},
	{Hgrm, withFigures(hgrm.Write)},
}

func withFigures(write func(io.Writer, *figures.Report) error) func(io.Writer, *archive.Run) error {
	return func(w io.Writer, run *archive.Run) error {
		r, err := figures.Of(run)
		if err != nil {
			return fmt.Errorf("report run: %w", err)
		}
		return write(w, r)
	}
}

// FormatNames is the list of the formats, for people, in the order of the help text.
func FormatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, string(f.name))
	}
	return strings.Join(names, ", ")
}

// find is a format by its name; the error says which there are.
func find(name Format) (format, error) {
	at := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if strings.HasPrefix(string(name), "vegeta") {
		return format{}, fmt.Errorf("format %q: an archive has no single requests; allowed: %s, or nameplate load "+
			"--format %s while they are sent", name, FormatNames(), name)
	}
	if at < 0 {
		return format{}, fmt.Errorf("format %q; allowed: %s", name, FormatNames())
	}
	return formats[at], nil
}

// CheckFormat refuses a format that there is not.
func CheckFormat(name Format) error {
	_, err := find(name)
	return err
}

// Print writes the report in a format.
func Print(w io.Writer, run *archive.Run, name Format) error {
	f, err := find(name)
	if err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return f.print(w, run)
}
