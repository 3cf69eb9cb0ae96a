// Package openmetrics writes a report as OpenMetrics text, for systems that scrape or push
// figures (https://prometheus.io/docs/specs/om/open_metrics_spec/).
package openmetrics

import (
	"fmt"
	"io"
	"slices"
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
	m := writer{promtext.New(w), r, false}
	m.all()
	m.End()
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}

// WritePrometheus writes the report in the older form, which textfile collectors and push gateways read. It has no
// types of its own for information and states: they are gauges there.
func WritePrometheus(w io.Writer, r *figures.Report) error {
	m := writer{promtext.New(w), r, true}
	m.all()
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write Prometheus text: %w", err)
	}
	return nil
}

// writer writes a report, in the older form or in that of OpenMetrics.
type writer struct {
	*promtext.Writer
	r     *figures.Report
	older bool
}

func (m writer) family(name, kind, help string) {
	switch {
	case m.older && kind == "info": // whose samples have a name of their own in OpenMetrics
		m.Family(name+"_info", "gauge", help)
	case m.older && kind == "stateset":
		m.Family(name, "gauge", help)
	default:
		m.Family(name, kind, help)
	}
}

// sample writes a value with the suite and other labels.
func (m writer) sample(name string, value float64, labels ...string) {
	labels = append([]string{"suite", m.r.Run.Suite.Name}, labels...)
	for i := 1; i < len(labels); i += 2 {
		labels[i] = figures.Clean(labels[i])
	}
	m.Sample(name, value, labels...)
}

func (m writer) all() {
	run := m.r.Run
	m.family("nameplate_run", "info", "The run that the figures are of.")
	m.sample("nameplate_run_info", 1, "run", run.ID, "revision", run.Build.Revision, "stores", m.r.Stores())
	if !run.Started.IsZero() {
		m.family("nameplate_run_started_timestamp_seconds", "gauge", "When the run began, in seconds since 1970.")
		m.sample("nameplate_run_started_timestamp_seconds", float64(run.Started.UnixMilli())/1000)
	}
	m.family("nameplate_exit_status", "gauge", "Exit status of the run.")
	m.sample("nameplate_exit_status", float64(run.ExitStatus))

	m.family("nameplate_claim_verdict", "stateset", "Verdict on a claim.")
	for _, result := range run.Results {
		for _, v := range verdicts {
			is := 0.0
			if result.Verdict == v {
				is = 1
			}
			m.sample("nameplate_claim_verdict", is, "claim", result.Claim, "nameplate_claim_verdict", v.String())
		}
	}
	for _, f := range ofClaims {
		m.family(f.name, "gauge", f.help)
		for _, result := range run.Results {
			if v, known := f.read(result); known {
				labels := []string{"claim", result.Claim}
				if !f.ratio {
					labels = append(labels, "unit", string(result.Unit))
				}
				m.sample(f.name, v, labels...)
			}
		}
	}
	m.family("nameplate_capacity_rate", "gauge", "Highest rate that met the bounds, in requests per second.")
	for _, p := range m.r.Phases {
		if p.Search != nil && p.Search.Found.Known() {
			m.sample("nameplate_capacity_rate", p.Search.Found.Capacity, "phase", strconv.Itoa(p.Number))
		}
	}
}

// ofClaims are the figures of each claim; one that is not known is left out.
var ofClaims = []struct {
	name, help string
	ratio      bool // it has no unit
	read       func(judge.Result) (float64, bool)
}{
	{"nameplate_claim_documented", "Documented figure of a claim, in its unit.", false,
		func(r judge.Result) (float64, bool) { return r.Value, true }},
	{"nameplate_claim_bound", "What the runs are compared with: the documented figure with its tolerance, in its unit.",
		false, func(r judge.Result) (float64, bool) { return r.Bound, true }},
	{"nameplate_claim_measured", "Median over the runs that count, in the claim's unit.", false,
		func(r judge.Result) (float64, bool) { return stats.Median(r.Measured), len(r.Measured) > 0 }},
	{"nameplate_claim_measured_lowest", "Smallest of the runs that count, in the claim's unit.", false,
		of(slices.Min[[]float64])},
	{"nameplate_claim_measured_highest", "Largest of the runs that count, in the claim's unit.", false,
		of(slices.Max[[]float64])},
	{"nameplate_claim_headroom_ratio", "Of a rate the capacity over the documented rate, of others how far the " +
		"median lies on the good side of the bound; above 1 is good.", true,
		func(r judge.Result) (float64, bool) {
			return r.Headroom, len(r.Measured) > 0 && (r.Headroom > 0 || r.Metric != suite.Goodput)
		}},
}

// of reads a figure of the runs, of which there may be none.
func of(read func([]float64) float64) func(judge.Result) (float64, bool) {
	return func(r judge.Result) (float64, bool) {
		if len(r.Measured) == 0 {
			return 0, false
		}
		return read(r.Measured), true
	}
}
