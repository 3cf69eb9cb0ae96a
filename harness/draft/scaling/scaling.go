// Package scaling writes the suite by which is measured how the capacity grows with the workers.
package scaling

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"text/template"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// row is the phase of one number of workers.
type row struct {
	Workers int
	Cluster bool
	Rate    string
}

// Suite is the suite of one phase for each number of workers, with requests of the given processor time and a bound on
// their p99. Its errors name the flags that are wrong.
func Suite(numbers []int, cpu, p99 time.Duration) ([]byte, error) {
	if cpu <= 0 {
		return nil, fmt.Errorf("--cpu: %v leaves nothing to do; allowed: above 0", cpu)
	}
	workers := slices.Clone(numbers)
	slices.Sort(workers)
	workers = slices.Compact(workers)
	if len(workers) < 2 || workers[0] < 1 || workers[len(workers)-1] > suite.MaxWorkers {
		return nil, fmt.Errorf("--workers: %v; allowed: two or more different numbers from 1 to %d",
			numbers, suite.MaxWorkers)
	}
	var rows []row
	for _, n := range workers {
		// Half of what one core could do: it grows from there with the search.
		rows = append(rows, row{n, n > 1, fmt.Sprintf("%.3f", cmp.Or(0.5/cpu.Seconds(), 1))})
	}
	var b bytes.Buffer
	err := layout.Execute(&b, struct {
		CPU, P99 string
		Rows     []row
	}{suite.FormatDuration(max(cpu, time.Microsecond)), suite.FormatDuration(p99), rows})
	return b.Bytes(), err
}

// layout is the suite with its rows in it.
var layout = template.Must(template.New("scaling").Parse(`version: 1
name: scaling
title: How the capacity grows with the workers
source: measured
plan:
  runs: 6
  warmup: 1 s
  duration: 3 s
  timeout: 10 s
  seed: 1
  connections: 256
  arrivals: constant
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 1000, transactions: 5000}
workloads:
  - {name: calibrated, kind: calibrated, cpu: {{.CPU}}}
phases:
{{- range .Rows}}
  - {phase: {{.Workers}}, name: workers-{{.Workers}}, group: benchmarks, source: measured, {{/* on the same line */ -}}
    cluster: {{.Cluster}}, workers: {{.Workers}}, memory: 512 MiB, stores: [], {{/* on the same line */ -}}
    rate: {{.Rate}} req/s, workload: calibrated}
{{- end}}
claims:
{{- range .Rows}}
  - {id: W{{.Workers}}.rate, phase: {{.Workers}}, derived: what is searched for, {{/* on the same line */ -}}
    metric: rate, op: ">=", value: {{.Rate}} req/s, tolerance: 1 %}
  - {id: W{{.Workers}}.p99, phase: {{.Workers}}, derived: the bound that was asked for, {{/* on the same line */ -}}
    metric: p99, op: "<=", value: {{$.P99}}}
  - {id: W{{.Workers}}.errors, phase: {{.Workers}}, derived: one in a thousand is allowed, {{/* on the same line */ -}}
    metric: errors, op: "<=", value: 0.1 %}
{{- end}}
`))
