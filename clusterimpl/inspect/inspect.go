// Package inspect answers what a cluster is asked about itself: GET /health, GET
// /health/workers, and GET /metrics in the Prometheus format.
package inspect

import (
	"encoding/json"
	"net/http"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/internal/promtext"
)

// The paths that are answered.
const (
	Health  = "/health"
	Workers = "/health/workers"
	Metrics = "/metrics"
)

// Answers says whether a path is one of them.
func Answers(path string) bool { return path == Health || path == Workers || path == Metrics }

// State is what is known of a cluster.
type State struct {
	Mode      bool   // with worker processes
	Why       string // of the mode, where it was left to the host
	Wanted    int    // workers
	Limit     int64
	Workers   []health.Worker    // by slot; those above Wanted leave
	Latencies []health.Histogram // of the workers, in the same order
	Reason    string             // why it is unhealthy whatever its workers do
}

// Reply is an answer.
type Reply struct {
	Status int
	Type   string // of its content
	Body   string
}

// Answer is the answer to a GET of a path.
func (s State) Answer(path string) Reply {
	sum := health.Sum(s.Mode, s.Limit, s.Workers[:min(len(s.Workers), s.Wanted)], s.Reason)
	sum.Cluster.Why = s.Why
	if path == Metrics {
		return Reply{http.StatusOK, promtext.ContentType, s.metrics(sum)}
	}
	var body any = sum
	if path == Workers {
		body = health.Workers{Status: sum.Status, Workers: s.Workers}
	}
	encoded, err := json.Marshal(body)
	if err != nil {
		return Reply{http.StatusInternalServerError, "text/plain; charset=utf-8", err.Error() + "\n"}
	}
	return Reply{sum.Status.Code(), "application/json", string(encoded) + "\n"}
}
