// Package health is what a cluster says about itself: the bodies of GET /health and
// GET /health/workers, and the statistics that a worker reports.
package health

import (
	"fmt"
	"net/http"
)

// Status sums a cluster up.
type Status string

// The sums there are.
const (
	Healthy   Status = "healthy"   // all workers take requests
	Degraded  Status = "degraded"  // some do
	Unhealthy Status = "unhealthy" // none does, or failed workers are not replaced any more
)

// Code is the HTTP status of an answer with this status.
func (s Status) Code() int {
	if s == Unhealthy {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// Report is the body of GET /health.
type Report struct {
	Status  Status  `json:"status"`
	Cluster Cluster `json:"cluster"`
	Reason  string  `json:"reason,omitempty"` // why it is not healthy
}

// Cluster is the cluster's part of a report.
type Cluster struct {
	Mode    bool   `json:"mode"`                  // with worker processes
	Why     string `json:"mode_reason,omitempty"` // of the mode, where it was left to the host
	Workers int    `json:"workers"`
	Active  int    `json:"active"` // of these, take requests
	Memory  Memory `json:"memory"`
}

// Memory is written in MiB, e.g. "2048MB".
type Memory struct {
	Total string `json:"total"` // limits of all workers
	Used  string `json:"used"`  // resident sizes of all workers
}

// Workers is the body of GET /health/workers.
type Workers struct {
	Status  Status   `json:"status"`
	Workers []Worker `json:"workers"` // by slot
}

// Worker is what is known of one worker.
type Worker struct {
	Slot     int     `json:"worker"`   // 1 and up
	PID      int     `json:"pid"`      // 0 while there is no process
	State    string  `json:"state"`    // starting, ready, draining or failed
	Uptime   float64 `json:"uptime_s"` // since it was ready, in seconds
	Restarts int     `json:"restarts"` // of this slot
	Stats
}

// Stats is what a worker counts, since its start.
type Stats struct {
	CPU         CPU      `json:"cpu"`
	Memory      Usage    `json:"memory"`
	Connections int64    `json:"connections"` // open now
	Requests    uint64   `json:"requests"`    // answered; those for health are not counted
	InFlight    int64    `json:"in_flight"`
	Errors      uint64   `json:"errors"`  // of the requests, answered with a status of 500 and up
	Panics      uint64   `json:"panics"`  // of the requests, ended by a panic
	Refused     uint64   `json:"refused"` // of the requests, at once, since they could not be served in time
	Database    Database `json:"database"`
	Response    Response `json:"response_ms"`
	GC          GC       `json:"gc"`
}

// Database is what a worker keeps open to its database; zero without a server.
type Database struct {
	Size     int    `json:"pool_size"` // connections that it keeps
	Open     int    `json:"open"`      // that it has now
	Attempts uint64 `json:"attempts"`  // to connect, successful or not
	Opened   uint64 `json:"opened"`    // of the attempts, succeeded
	Aborted  uint64 `json:"aborted"`   // connections given up because nothing came from them
}

// CPU is processor time, user and system.
type CPU struct {
	Seconds float64 `json:"seconds"`
	Cores   float64 `json:"cores"` // used between the two latest reports
}

// Usage is memory in bytes.
type Usage struct {
	RSS   int64 `json:"rss_bytes"`
	Heap  int64 `json:"heap_bytes"` // objects, dead ones included until they are collected
	Limit int64 `json:"limit_bytes"`
}

// Response is how long requests took in the worker, in milliseconds, within 3.2 %.
type Response struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// GC is what the periodic collections did.
type GC struct {
	Cycles   uint64  `json:"cycles"`       // of the collector, periodic ones included
	Periodic uint64  `json:"periodic"`     // by GC_INTERVAL
	Freed    int64   `json:"freed_bytes"`  // by the latest periodic one
	Took     float64 `json:"took_ms"`      // the latest periodic one
	PauseP99 float64 `json:"pause_p99_ms"` // of all cycles
}

// Sum makes the report of a cluster whose workers are given. A reason makes it
// unhealthy whatever its workers do.
func Sum(mode bool, limit int64, workers []Worker, reason string) Report {
	r := Report{Status: Healthy, Cluster: Cluster{Mode: mode, Workers: len(workers)}}
	var used int64
	for _, w := range workers {
		used += w.Memory.RSS
		if w.State == "ready" {
			r.Cluster.Active++
			continue
		}
		if r.Reason == "" {
			r.Reason = fmt.Sprintf("worker %d is %s", w.Slot, w.State)
		}
	}
	r.Cluster.Memory = Memory{Total: megabytes(limit * int64(len(workers))), Used: megabytes(used)}
	switch {
	case reason != "":
		r.Status, r.Reason = Unhealthy, reason
	case r.Cluster.Active == 0:
		r.Status = Unhealthy
	case r.Cluster.Active < len(workers):
		r.Status = Degraded
	}
	return r
}

// megabytes rounds up, so that something used is never shown as nothing.
func megabytes(bytes int64) string { return fmt.Sprintf("%dMB", (bytes+1<<20-1)>>20) }
