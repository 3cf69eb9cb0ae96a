// Package bench drives each phase of the built-in suite by go test: TestPhases judges its claims, go test -bench
// reports its figures, both through the same pipeline as the command. It holds no logic of its own. What it prints
// tells benchstat the machine, the stores and which way each unit is better.
//
// The hot paths have micro-benchmarks beside their code, which make bench runs together with these:
// recording a sample (harness/measure: Recorder, HistogramRecord), the schedule and what a request costs the
// client (harness/load: Schedule, Drive), accepting connections and handing them over (clusterimpl:
// Distribution), each operation of the platform (clusterimpl/platform: Operation), and making its
// requests (clusterimpl/platform/traffic: Next).
package bench
