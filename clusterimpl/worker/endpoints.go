package worker

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
)

// LivePath answers without asking anyone: the primary's probe.
const LivePath = "/health/live"

// askTimeout is how long an answer about the whole cluster may take.
const askTimeout = 2 * time.Second

// A source knows the answers about the whole cluster.
type source interface {
	// ask returns the answer to a GET of a path.
	ask(ctx context.Context, path string) (inspect.Reply, error)
}

// ownPath says whether a path is about the cluster, and not the application's.
func ownPath(path string) bool {
	return path == inspect.Metrics || path == inspect.Health || strings.HasPrefix(path, inspect.Health+"/")
}

// healthHandler answers for the cluster, whichever of its workers is asked.
func healthHandler(s source) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+LivePath,
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	whole := func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
		defer cancel()
		reply, err := s.ask(ctx, r.URL.Path)
		if err != nil {
			// strings always encode
			body, _ := json.Marshal(map[string]string{"status": "unhealthy", "reason": err.Error()})
			reply = inspect.Reply{
				Status: http.StatusServiceUnavailable, Type: "application/json", Body: string(body) + "\n",
			}
		}
		w.Header().Set("Content-Type", reply.Type)
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(reply.Status)
		_, _ = io.WriteString(w, reply.Body) // the client has gone: nobody to tell
	}
	for _, path := range []string{inspect.Health, inspect.Workers, inspect.Metrics} {
		mux.HandleFunc("GET "+path, whole)
	}
	return mux
}
