package inspect

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

// perWorker is a metric that every worker has.
type perWorker struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	read func(health.Worker) float64
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("nameplate_"+name, help, labels, nil)
}

func gauge(name, help string, read func(health.Worker) float64) perWorker {
	return perWorker{describe(name, help, "worker"), prometheus.GaugeValue, read}
}

func counter(name, help string, read func(health.Worker) float64) perWorker {
	return perWorker{describe(name, help, "worker"), prometheus.CounterValue, read}
}

// ofWorkers are the metrics of each worker. Counters begin anew with the process of a slot.
var ofWorkers = []perWorker{
	gauge("worker_up", "Whether the worker takes requests.", func(w health.Worker) float64 { return truth(w.State == "ready") }),
	counter("worker_restarts_total", "Times that the worker of this slot was replaced.", func(w health.Worker) float64 { return float64(w.Restarts) }),
	gauge("worker_uptime_seconds", "Time since the worker was ready.", func(w health.Worker) float64 { return w.Uptime }),
	counter("worker_cpu_seconds_total", "Processor time, user and system.", func(w health.Worker) float64 { return w.CPU.Seconds }),
	gauge("worker_resident_memory_bytes", "Resident size.", func(w health.Worker) float64 { return float64(w.Memory.RSS) }),
	gauge("worker_heap_bytes", "Objects on the heap, dead ones included until they are collected.", func(w health.Worker) float64 { return float64(w.Memory.Heap) }),
	gauge("worker_memory_limit_bytes", "Memory limit.", func(w health.Worker) float64 { return float64(w.Memory.Limit) }),
	gauge("worker_connections", "Open connections.", func(w health.Worker) float64 { return float64(w.Connections) }),
	gauge("worker_requests_in_flight", "Requests that are being carried out.", func(w health.Worker) float64 { return float64(w.InFlight) }),
	counter("worker_requests_total", "Requests that were answered, but for those about the cluster itself.", func(w health.Worker) float64 { return float64(w.Requests) }),
	counter("worker_request_errors_total", "Requests that were answered with a status of 500 and up.", func(w health.Worker) float64 { return float64(w.Errors) }),
	counter("worker_request_panics_total", "Requests that were ended by a panic.", func(w health.Worker) float64 { return float64(w.Panics) }),
	counter("worker_requests_refused_total", "Requests that were refused at once, since they could not be served in time.", func(w health.Worker) float64 { return float64(w.Refused) }),
	gauge("worker_database_connections", "Open connections to the database.", func(w health.Worker) float64 { return float64(w.Database.Open) }),
	gauge("worker_database_connections_wanted", "Connections to the database that are kept open.", func(w health.Worker) float64 { return float64(w.Database.Size) }),
	counter("worker_database_connects_total", "Attempts to connect to the database.", func(w health.Worker) float64 { return float64(w.Database.Attempts) }),
	counter("worker_gc_cycles_total", "Garbage collections.", func(w health.Worker) float64 { return float64(w.GC.Cycles) }),
	counter("worker_gc_periodic_total", "Of these, the explicit ones of GC_INTERVAL.", func(w health.Worker) float64 { return float64(w.GC.Periodic) }),
	gauge("worker_gc_freed_bytes", "What the latest explicit collection freed.", func(w health.Worker) float64 { return float64(w.GC.Freed) }),
}

// Metrics of the whole cluster, and the histogram of each worker.
var (
	workersWanted = describe("workers", "Workers that there are to be.")
	workersActive = describe("workers_active", "Workers that take requests.")
	latency       = describe("worker_request_duration_seconds", "Time in the worker; bounds are right within 3.2 %.", "worker")
)

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// collector tells the state of one moment.
type collector struct {
	state State
	sum   health.Report
}

// Describe implements prometheus.Collector.
func (c collector) Describe(into chan<- *prometheus.Desc) {
	into <- workersWanted
	into <- workersActive
	into <- latency
	for _, m := range ofWorkers {
		into <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(into chan<- prometheus.Metric) {
	into <- prometheus.MustNewConstMetric(workersWanted, prometheus.GaugeValue, float64(c.sum.Cluster.Workers))
	into <- prometheus.MustNewConstMetric(workersActive, prometheus.GaugeValue, float64(c.sum.Cluster.Active))
	for i, w := range c.state.Workers {
		name := strconv.Itoa(w.Slot)
		for _, m := range ofWorkers {
			into <- prometheus.MustNewConstMetric(m.desc, m.kind, m.read(w), name)
		}
		if i < len(c.state.Latencies) {
			h := c.state.Latencies[i]
			into <- prometheus.MustNewConstHistogram(latency, h.Count, h.Sum, h.Buckets(), name)
		}
	}
}
