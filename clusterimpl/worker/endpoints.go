package worker

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// LivePath answers without asking anyone: the primary's probe.
const LivePath = "/health/live"

// Paths of what the cluster says about itself.
const (
	HealthPath  = "/health"
	WorkersPath = "/health/workers"
)

// askTimeout is how long an answer about the whole cluster may take.
const askTimeout = 2 * time.Second

// A source knows the answers about the whole cluster.
type source interface {
	// ask returns the status and body of the answer to a GET of a path.
	ask(ctx context.Context, path string) (status int, body []byte, err error)
}

// healthHandler answers for the cluster, whichever of its workers is asked.
func healthHandler(s source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+LivePath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	whole := func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
		defer cancel()
		status, body, err := s.ask(ctx, r.URL.Path)
		if err != nil {
			status = http.StatusServiceUnavailable
			body, _ = json.Marshal(map[string]string{"status": "unhealthy", "reason": err.Error()}) // strings always encode
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(append(body, '\n')) // the client has gone: nobody to tell
	}
	mux.HandleFunc("GET "+HealthPath, whole)
	mux.HandleFunc("GET "+WorkersPath, whole)
	return mux
}
