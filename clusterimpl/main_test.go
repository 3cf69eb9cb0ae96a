package clusterimpl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// Environment of the test's own processes.
const (
	envStart  = "TEST_START"  // what goes wrong at the start of a worker
	envParent = "TEST_PARENT" // this process starts a cluster and waits to be killed
)

func TestMain(m *testing.M) {
	clusterimpl.HookWith(newKit)
	if mode := os.Getenv(envParent); mode != "" {
		os.Exit(parent(mode))
	}
	// These tests mostly wait for processes: more of them than there are cores run side by side.
	effort.SideBySide(4)
	goleak.VerifyTestMain(m)
}

// kit is an application with everything that a test needs.
type kit struct{ *http.ServeMux }

func (kit) Close() error { return nil }

func newKit(ctx context.Context, _ config.Config, _ *os.File, log *slog.Logger) (worker.Handler, error) {
	switch os.Getenv(envStart) {
	case "error":
		return nil, errors.New("the store does not answer")
	case "exit":
		fmt.Fprintln(os.Stderr, "something terrible happened")
		os.Exit(3)
	case "hang":
		log.Info("waiting for godot")
		<-ctx.Done()
		return nil, ctx.Err()
	case "hang 2":
		if os.Getenv(process.EnvSlot) == "2" {
			log.Info("waiting for godot")
			<-ctx.Done()
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello\n") })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(r.FormValue("for"))
		time.Sleep(d)
		_, _ = io.WriteString(w, "done\n")
	})
	mux.HandleFunc("/hold", func(w http.ResponseWriter, r *http.Request) { // answers once a file is there
		for _, err := os.Stat(r.FormValue("until")); err != nil; _, err = os.Stat(r.FormValue("until")) {
			time.Sleep(time.Millisecond)
		}
		_, _ = io.WriteString(w, "done\n")
	})
	mux.HandleFunc("/burn", func(w http.ResponseWriter, r *http.Request) {
		d, _ := time.ParseDuration(r.FormValue("for"))
		for until := time.Now().Add(d); time.Now().Before(until); {
		}
	})
	mux.HandleFunc("POST /count", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.OpenFile(r.FormValue("in"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err == nil {
			_, err = f.WriteString(r.FormValue("id") + "\n")
			f.Close()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
		time.Sleep(5 * time.Millisecond)
		_, _ = io.WriteString(w, "counted\n")
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("as asked") })
	mux.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
		panic("in the middle")
	})
	mux.HandleFunc("/exit", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		os.Exit(code)
	})
	return kit{mux}, nil
}
