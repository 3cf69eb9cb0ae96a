package inspect

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/internal/promtext"
)

// perWorker is a metric that every worker has.
type perWorker struct {
	name, help string
	read       func(health.Worker) float64
}

// ofWorkers are the metrics of each worker. Counters, whose names end in
// _total, begin anew with the process of a slot.
var ofWorkers = []perWorker{
	{"nameplate_worker_up", "Whether the worker takes requests.",
		func(w health.Worker) float64 { return truth(w.State == "ready") }},
	{"nameplate_worker_restarts_total", "Times that the worker of this slot was replaced.",
		func(w health.Worker) float64 { return float64(w.Restarts) }},
	{"nameplate_worker_uptime_seconds", "Time since the worker was ready.",
		func(w health.Worker) float64 { return w.Uptime }},
	{"nameplate_worker_cpu_seconds_total", "Processor time, user and system.",
		func(w health.Worker) float64 { return w.CPU.Seconds }},
	{"nameplate_worker_resident_memory_bytes", "Resident size.",
		func(w health.Worker) float64 { return float64(w.Memory.RSS) }},
	{"nameplate_worker_heap_bytes", "Objects on the heap, dead ones included until they are collected.",
		func(w health.Worker) float64 { return float64(w.Memory.Heap) }},
	{"nameplate_worker_memory_limit_bytes", "Memory limit.",
		func(w health.Worker) float64 { return float64(w.Memory.Limit) }},
	{"nameplate_worker_connections", "Open connections.",
		func(w health.Worker) float64 { return float64(w.Connections) }},
	{"nameplate_worker_requests_in_flight", "Requests that are being carried out.",
		func(w health.Worker) float64 { return float64(w.InFlight) }},
	{"nameplate_worker_requests_total", "Requests that were answered, but for those about the cluster itself.",
		func(w health.Worker) float64 { return float64(w.Requests) }},
	{"nameplate_worker_request_errors_total", "Requests that were answered with a status of 500 and up.",
		func(w health.Worker) float64 { return float64(w.Errors) }},
	{"nameplate_worker_request_panics_total", "Requests that were ended by a panic.",
		func(w health.Worker) float64 { return float64(w.Panics) }},
	{"nameplate_worker_requests_refused_total",
		"Requests that were refused at once, since they could not be served in time.",
		func(w health.Worker) float64 { return float64(w.Refused) }},
	{"nameplate_worker_database_connections", "Open connections to the database.",
		func(w health.Worker) float64 { return float64(w.Database.Open) }},
	{"nameplate_worker_database_connections_wanted", "Connections to the database that are kept open.",
		func(w health.Worker) float64 { return float64(w.Database.Size) }},
	{"nameplate_worker_database_connects_total", "Attempts to connect to the database.",
		func(w health.Worker) float64 { return float64(w.Database.Attempts) }},
	{"nameplate_worker_gc_cycles_total", "Garbage collections.",
		func(w health.Worker) float64 { return float64(w.GC.Cycles) }},
	{"nameplate_worker_gc_periodic_total", "Of these, the explicit ones of GC_INTERVAL.",
		func(w health.Worker) float64 { return float64(w.GC.Periodic) }},
	{"nameplate_worker_gc_freed_bytes", "What the latest explicit collection freed.",
		func(w health.Worker) float64 { return float64(w.GC.Freed) }},
}

// latency is the histogram of each worker.
const latency = "nameplate_worker_request_duration_seconds"

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// metrics are the state of one moment in the Prometheus format.
func (s State) metrics(sum health.Report) string {
	var body bytes.Buffer
	w := promtext.New(&body)
	for _, m := range []struct {
		name, help string
		value      int
	}{
		{"nameplate_workers", "Workers that there are to be.", sum.Cluster.Workers},
		{"nameplate_workers_active", "Workers that take requests.", sum.Cluster.Active},
	} {
		w.Family(m.name, "gauge", m.help)
		w.Sample(m.name, float64(m.value))
	}
	for _, m := range ofWorkers {
		kind := "gauge"
		if strings.HasSuffix(m.name, "_total") {
			kind = "counter"
		}
		w.Family(m.name, kind, m.help)
		for _, worker := range s.Workers {
			w.Sample(m.name, m.read(worker), "worker", strconv.Itoa(worker.Slot))
		}
	}
	w.Family(latency, "histogram", "Time in the worker; bounds are right within 3.2 %.")
	for i, h := range s.Latencies[:min(len(s.Latencies), len(s.Workers))] {
		var buckets []promtext.Bucket
		for j, count := range h.Below[:min(len(h.Below), len(health.Bounds))] {
			buckets = append(buckets, promtext.Bucket{Bound: health.Bounds[j], Count: count})
		}
		w.Histogram(latency, buckets, h.Count, h.Sum, "worker", strconv.Itoa(s.Workers[i].Slot))
	}
	_ = w.Flush() // a buffer takes everything
	return body.String()
}
