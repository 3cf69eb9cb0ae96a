package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"text/template"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// scalingCommand measures how the capacity grows with the workers.
type scalingCommand struct {
	Workers  []int   `help:"Numbers of workers." default:"1,2,3,4,6,8" placeholder:"N"`
	CPU      string  `help:"Processor time of a request." default:"7ms"`
	P99      string  `help:"Bound on the p99 of the response time." default:"100ms"`
	Duration *string `help:"Length of a run's window, e.g. 3s." default:"3s" placeholder:"TIME"`
	Warmup   *string `help:"Length of the warm-up before it, e.g. 1s." default:"1s" placeholder:"TIME"`
	Seed     *uint64 `help:"Seed of every random choice." placeholder:"N"`
	Out      string  `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	JSON     bool    `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool    `help:"Show no progress."`
}

// Run searches for the capacity at each number of workers, and fits the Universal
// Scalability Law to them.
func (k scalingCommand) Run(c console) error {
	text, err := k.suite()
	if err != nil {
		return usageError{err}
	}
	return verifyCommand{
		Duration: k.Duration, Warmup: k.Warmup, Stores: "auto", Seed: k.Seed, Out: k.Out, JSON: k.JSON, Quiet: k.Quiet, only: true, made: text,
	}.Run(c)
}

// suite is the suite of one phase for each number of workers.
func (k scalingCommand) suite() ([]byte, error) {
	cpu, err := durationFlag("--cpu", &k.CPU)
	if err != nil {
		return nil, err
	}
	p99, err := durationFlag("--p99", &k.P99)
	if err != nil {
		return nil, err
	}
	if *cpu <= 0 {
		return nil, fmt.Errorf("--cpu: %v leaves nothing to do; allowed: above 0", *cpu)
	}
	workers := slices.Clone(k.Workers)
	slices.Sort(workers)
	workers = slices.Compact(workers)
	if len(workers) < 2 || workers[0] < 1 || workers[len(workers)-1] > suite.MaxWorkers {
		return nil, fmt.Errorf("--workers: %v; allowed: two or more different numbers from 1 to %d", k.Workers, suite.MaxWorkers)
	}
	type row struct {
		Workers int
		Cluster bool
		Rate    string
	}
	var rows []row
	for _, n := range workers {
		// Half of what one core could do: it grows from there with the search.
		rows = append(rows, row{n, n > 1, fmt.Sprintf("%.3f", cmp.Or(0.5/cpu.Seconds(), 1))})
	}
	var b bytes.Buffer
	err = scalingSuite.Execute(&b, struct {
		CPU, P99 string
		Rows     []row
	}{suite.FormatDuration(max(*cpu, time.Microsecond)), suite.FormatDuration(*p99), rows})
	return b.Bytes(), err
}

var scalingSuite = template.Must(template.New("scaling").Parse(`version: 1
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
  validity: {lateness: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 1000, transactions: 5000}
workloads:
  - {name: calibrated, kind: calibrated, cpu: {{.CPU}}}
phases:
{{- range .Rows}}
  - {phase: {{.Workers}}, name: workers-{{.Workers}}, group: benchmarks, source: measured, cluster: {{.Cluster}}, workers: {{.Workers}}, memory: 512 MiB, stores: [], rate: {{.Rate}} req/s, workload: calibrated}
{{- end}}
claims:
{{- range .Rows}}
  - {id: W{{.Workers}}.rate, phase: {{.Workers}}, derived: what is searched for, metric: rate, op: ">=", value: {{.Rate}} req/s, tolerance: 1 %}
  - {id: W{{.Workers}}.p99, phase: {{.Workers}}, derived: the bound that was asked for, metric: p99, op: "<=", value: {{$.P99}}}
  - {id: W{{.Workers}}.errors, phase: {{.Workers}}, derived: one in a thousand is allowed, metric: errors, op: "<=", value: 0.1 %}
{{- end}}
`))
