package suite_test

import (
	"fmt"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

const example = `version: 1
name: example
title: An example
source: guide.md
plan:
  runs: 6
  warmup: 2 s
  duration: 5 s
  timeout: 10 s
  seed: 1
  connections: 64
  arrivals: constant
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 1000, transactions: 5000}
workloads:
  - name: reads
    kind: platform
    mix: {account: 90 %, transactions: 10 %}
phases:
  - phase: 1
    name: small
    source: guide.md#small
    cluster: false
    workers: 1
    memory: 512 MiB
    stores: []
    rate: 100 req/s
    workload: reads
claims:
  - {id: P1.rate, phase: 1, source: guide.md#small, metric: rate, op: ">=", value: 100 req/s, tolerance: 1 %}
  - {id: P1.p99, phase: 1, source: guide.md#small, metric: p99, op: "<=", value: 200 ms}
`

func ExampleParse() {
	s, err := suite.Parse("example.yaml", []byte(example))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range s.Phases {
		fmt.Printf("phase %d offers %v to %d worker of %v\n", p.Number, p.Rate, p.Workers, p.Memory)
	}
	for _, c := range s.Claims {
		fmt.Printf("%s: %s %s %v\n", c.ID, c.Metric, c.Op, c.Value)
	}
	// Output:
	// phase 1 offers 100 req/s to 1 worker of 512 MiB
	// P1.rate: rate >= 100 req/s
	// P1.p99: p99 <= 200 ms
}

func ExampleParse_mistakes() {
	mistakes := strings.NewReplacer("kind: platform", "kind: platfrom", "rate: 100 req/s", "rate: 100", "<=", "=<")
	_, err := suite.Parse("example.yaml", []byte(mistakes.Replace(example)))
	fmt.Println(err)
	// Output:
	// example.yaml:17:11: kind: "platfrom" is not a kind of workload, did you mean "platform"?
	//    17 |     kind: platfrom
	//       |           ^
	//   allowed: platform, calibrated, http
	//
	// example.yaml:27:11: rate: "100" has no unit
	//    27 |     rate: 100
	//       |           ^
	//   allowed: a number with req/s or req/min, e.g. 100 req/s
	//
	// example.yaml:31:69: op: "=<" is not an operator, did you mean "<="?
	//    31 |   - {id: P1.p99, phase: 1, source: guide.md#small, metric: p99, op: "=<", value: 200 ms}
	//       |                                                                     ^
	//   allowed: >=, <=
	//
	// example.yaml: 3 problems
}

func ExampleSuite_With() {
	s, err := suite.Parse("example.yaml", []byte(example))
	if err != nil {
		fmt.Println(err)
		return
	}
	twice := 2.0
	scaled, err := s.With(suite.Override{RateScale: &twice})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scaled.Phases[0].Rate, scaled.Claims[0].Value, scaled.Claims[1].Value)
	// Output: 200 req/s 200 req/s 200 ms
}
