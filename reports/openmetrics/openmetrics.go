// Package openmetrics writes a report as OpenMetrics text, for systems that scrape or push
// figures (https://prometheus.io/docs/specs/om/open_metrics_spec/).
package openmetrics

import (
	"fmt"
	"io"
	"strconv"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/promtext"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// verdicts that a claim can have; one of them is 1, the others 0.
var verdicts = []judge.Verdict{judge.Verified, judge.Refuted, judge.Inconclusive, judge.Invalid, judge.Untestable}

// Write writes the report.
func Write(w io.Writer, r *figures.Report) error {
	m := promtext.New(w)
	sample := func(name string, value float64, labels ...string) {
		for i := 1; i < len(labels); i += 2 {
			labels[i] = figures.Clean(labels[i])
		}
		m.Sample(name, value, labels...)
	}

	m.Family("nameplate_run", "info", "The run that the figures are of.")
	sample("nameplate_run_info", 1, "run", r.Run.ID, "suite", r.Run.Suite.Name, "revision", r.Run.Build.Revision,
		"stores", r.Stores())
	m.Family("nameplate_exit_status", "gauge", "Exit status of the run.")
	sample("nameplate_exit_status", float64(r.Run.ExitStatus))

	m.Family("nameplate_claim_verdict", "stateset", "Verdict on a claim.")
	for _, result := range r.Run.Results {
		for _, v := range verdicts {
			is := 0.0
			if result.Verdict == v {
				is = 1
			}
			sample("nameplate_claim_verdict", is, "claim", result.Claim, "nameplate_claim_verdict", v.String())
		}
	}
	m.Family("nameplate_claim_documented", "gauge", "Documented figure of a claim, in its unit.")
	for _, result := range r.Run.Results {
		sample("nameplate_claim_documented", result.Value, "claim", result.Claim, "unit", string(result.Unit))
	}
	m.Family("nameplate_claim_measured", "gauge", "Median over the runs that count, in the claim's unit.")
	for _, result := range r.Run.Results {
		if len(result.Measured) > 0 {
			sample("nameplate_claim_measured", stats.Median(result.Measured), "claim", result.Claim, "unit",
				string(result.Unit))
		}
	}
	m.Family(
		"nameplate_claim_headroom_ratio", "gauge",
		"Of a rate the capacity over the documented rate, of others how far the median lies on the good side of the "+
			"bound; above 1 is good.",
	)
	for _, result := range r.Run.Results {
		if len(result.Measured) > 0 && (result.Headroom > 0 || result.Metric != suite.Goodput) {
			sample("nameplate_claim_headroom_ratio", result.Headroom, "claim", result.Claim)
		}
	}
	m.Family("nameplate_capacity_rate", "gauge", "Highest rate that met the bounds, in requests per second.")
	for _, p := range r.Phases {
		if p.Search != nil && p.Search.Found.Known() {
			sample("nameplate_capacity_rate", p.Search.Found.Capacity, "phase", strconv.Itoa(p.Number))
		}
	}
	m.End()
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}
