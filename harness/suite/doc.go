// Package suite holds what is claimed and under which conditions: phases,
// workloads and claims, read strictly from one YAML file.
//
// It decodes, validates and explains a suite. It measures nothing, and imports
// no other package of this module.
//
// # The format
//
// A suite is one YAML document. This one claims that a system answers 100 requests a
// second, and most of them within 200 ms:
//
//	version: 1
//	name: example
//	title: An example
//	source: guide.md
//	plan:
//	  runs: 6
//	  warmup: {least: 2 s, most: 30 s}
//	  duration: 5 s
//	  timeout: 10 s
//	  seed: 1
//	  connections: 64
//	  arrivals: constant
//	  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
//	dataset: {accounts: 1000, transactions: 5000}
//	workloads:
//	  - name: reads
//	    kind: platform
//	    mix: {account: 90 %, transactions: 10 %}
//	phases:
//	  - phase: 1
//	    name: small
//	    source: guide.md#small
//	    cluster: false
//	    workers: 1
//	    memory: 512 MiB
//	    stores: []
//	    rate: 100 req/s
//	    workload: reads
//	claims:
//	  - {id: P1.rate, phase: 1, source: guide.md#small, metric: rate, op: ">=", value: 100 req/s, tolerance: 1 %}
//	  - {id: P1.p99, phase: 1, source: guide.md#small, metric: p99, op: "<=", value: 200 ms}
//
// Every key but a claim's tolerance and needs is required; a claim has either a source
// or, under derived, the reason why the document does not state the figure itself.
// [Metrics] and [Operations] are what claims and workloads can name. The built-in
// suite, [BuiltinYAML], explains each key; [Schema] describes all of them to editors.
//
// Values carry their units: durations (200 ms, 5 s), rates (100 req/s, or 6000 req/min),
// percentages (0.1 %) and sizes. In a size, MiB and GiB are powers of 1024, MB and GB
// powers of 1000. A number is written in plain digits with at most one point, and at
// most one space stands before the unit.
//
// [Parse] refuses what it does not know, and reports everything that is wrong with a
// file at once, as [Errors]. YAML's anchors, aliases, merges, tags and further documents
// are refused, and so is a file of more than [MaxFile] bytes.
package suite
