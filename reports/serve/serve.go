// Package serve shows the runs of a folder in a browser: the index, the page of each run, and a live view of the run
// that is going on. It only reads, and nothing but the folder.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/nameplate-dev/nameplate/reports/index"
)

// Bounds of what is served.
const (
	mostViewers  = 16               // of the live view at once
	mostRequests = 256              // at once, those of viewers with them
	headTime     = 5 * time.Second  // for a request's header
	writeTime    = 2 * time.Minute  // for an answer, but the events of the live view
	eventTime    = 10 * time.Second // for one event
	idleTime     = time.Minute
	mostHeader   = 16 << 10 // bytes
	endTime      = time.Second
)

// server serves one folder.
type server struct {
	folder    fs.FS
	addressed func(host string) bool
	runs      index.Reader
	pages     pages
	live      follower
	viewers   *semaphore.Weighted
}

// Handler serves the folder. It answers requests that are addressed to this machine by number or as localhost, or to
// host, which may be "", and no others: a page of somebody else that has its name lead here reads nothing.
func Handler(folder *os.Root, host string) http.Handler {
	return newServer(folder.FS(), host).handler()
}

func newServer(folder fs.FS, host string) *server {
	s := &server{
		folder: folder, addressed: addressed(host), viewers: semaphore.NewWeighted(mostViewers),
		live: follower{folder: folder, now: time.Now},
	}
	s.pages.folder = folder
	return s
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /run/{run}/{$}", s.page)
	mux.HandleFunc("GET /run/{run}/report.html", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "./", http.StatusFound)
	})
	mux.HandleFunc("GET /run/{run}/charts/{file}", s.chart)
	mux.HandleFunc("GET /run/{run}/{file}", s.file)
	mux.HandleFunc("GET /live", s.livePage)
	mux.HandleFunc("GET /live/events", s.events)
	return s.guard(mux)
}

// Serve serves the folder on a listener until ctx ends, which ends it at once: it returns nil then. It closes the
// listener.
func Serve(ctx context.Context, listener net.Listener, folder *os.Root, host string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	running := semaphore.NewWeighted(mostRequests)
	handler := Handler(folder, host)
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !running.TryAcquire(1) {
				http.Error(w, "Too many requests at once.", http.StatusServiceUnavailable)
				return
			}
			defer running.Release(1)
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headTime, ReadTimeout: headTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: mostHeader, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: log.New(io.Discard, "", 0), // what clients do wrong is theirs
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // what is broken off, its client asks for again
	defer stop()
	err := server.Serve(listener)
	cancel()
	ended, done := context.WithTimeout(context.Background(), endTime) // a page that is being drawn is not waited for
	defer done()
	_ = running.Acquire(ended, mostRequests)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}
