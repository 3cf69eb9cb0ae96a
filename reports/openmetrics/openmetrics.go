// Package openmetrics writes a report as OpenMetrics text, for systems that scrape or push
// figures (https://prometheus.io/docs/specs/om/open_metrics_spec/).
package openmetrics

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// verdicts that a claim can have; one of them is 1, the others 0.
var verdicts = []judge.Verdict{judge.Verified, judge.Refuted, judge.Inconclusive, judge.Invalid, judge.Untestable}

// Write writes the report.
func Write(w io.Writer, r *figures.Report) error {
	b := bufio.NewWriter(w)
	family := func(name, kind, help string) { fmt.Fprintf(b, "# TYPE %s %s\n# HELP %s %s\n", name, kind, name, help) }

	family("nameplate_run", "info", "The run that the figures are of.")
	fmt.Fprintf(b, "nameplate_run_info%s 1\n", labels("run", r.Run.ID, "suite", r.Run.Suite.Name, "revision", r.Run.Build.Revision, "stores", r.Stores()))
	family("nameplate_exit_status", "gauge", "Exit status of the run.")
	fmt.Fprintf(b, "nameplate_exit_status %d\n", r.Run.ExitStatus)

	family("nameplate_claim_verdict", "stateset", "Verdict on a claim.")
	for _, result := range r.Run.Results {
		for _, v := range verdicts {
			is := 0
			if result.Verdict == v {
				is = 1
			}
			fmt.Fprintf(b, "nameplate_claim_verdict%s %d\n", labels("claim", result.Claim, "nameplate_claim_verdict", v.String()), is)
		}
	}
	family("nameplate_claim_documented", "gauge", "Documented figure of a claim, in its unit.")
	for _, result := range r.Run.Results {
		fmt.Fprintf(b, "nameplate_claim_documented%s %s\n", labels("claim", result.Claim, "unit", string(result.Unit)), number(result.Value))
	}
	family("nameplate_claim_measured", "gauge", "Median over the runs that count, in the claim's unit.")
	for _, result := range r.Run.Results {
		if len(result.Measured) > 0 {
			fmt.Fprintf(b, "nameplate_claim_measured%s %s\n", labels("claim", result.Claim, "unit", string(result.Unit)), number(stats.Median(result.Measured)))
		}
	}
	family("nameplate_claim_headroom_ratio", "gauge", "Of a rate the capacity over the documented rate, of others how far the median lies on the good side of the bound; above 1 is good.")
	for _, result := range r.Run.Results {
		if len(result.Measured) > 0 && (result.Headroom > 0 || result.Metric != suite.Goodput) {
			fmt.Fprintf(b, "nameplate_claim_headroom_ratio%s %s\n", labels("claim", result.Claim), number(result.Headroom))
		}
	}
	family("nameplate_capacity_rate", "gauge", "Highest rate that met the bounds, in requests per second.")
	for _, p := range r.Phases {
		if p.Search != nil && p.Search.Found.Known() {
			fmt.Fprintf(b, "nameplate_capacity_rate%s %s\n", labels("phase", strconv.Itoa(p.Number)), number(p.Search.Found.Capacity))
		}
	}
	fmt.Fprint(b, "# EOF\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}

// labels writes names and values in turn.
func labels(pairs ...string) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, pairs[i]+`="`+escaped.Replace(figures.Clean(pairs[i+1]))+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
