package peers

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// app is the application of the comparison, as node/server.js has it.
type app struct{}

func newApp(context.Context, config.Config, *os.File, *slog.Logger) (worker.Handler, error) {
	return app{}, nil
}

type account struct {
	ID      int    `json:"id"`
	Owner   string `json:"owner"`
	Balance int    `json:"balance"`
}

// ServeHTTP answers GET /accounts/N.
func (app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/accounts/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	body, _ := json.Marshal(account{id, "owner " + strconv.Itoa(id), id * 7919 % 10000})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body)
}

// Close has nothing to close.
func (app) Close() error { return nil }
