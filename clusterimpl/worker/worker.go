// Package worker is the process that serves: one of several under a primary ([Run]),
// or the only one ([Single]).
//
// It knows how to answer HTTP, count, report, collect garbage and drain. What is
// served is a handler that it is given; how connections reach it is the matter of
// package handover. Plain requests are served by package lean, and a connection's first
// that is not plain, with all that follow it, by net/http. So a request's context ends
// when the worker ends, and as a rule not when its client goes away: a handler has to
// bound its own time.
package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/profile"
)

// BeatInterval is the time between two signs of life, which carry the statistics.
const BeatInterval = 200 * time.Millisecond

// DrainTimeout is how long a process may take to finish what it has accepted.
const DrainTimeout = 10 * time.Second

// memoryShare of the memory limit is where the collector starts to work harder; the
// rest is for what it does not manage.
const memoryShare = 0.9

// Handler is what a worker serves.
type Handler interface {
	http.Handler
	io.Closer
}

// NewHandler makes it; the worker takes connections once it has returned. shared is memory
// that all workers of the cluster have; nil where there is none. It is the
// handler's to close.
type NewHandler func(ctx context.Context, c config.Config, shared *os.File, log *slog.Logger) (Handler, error)

// errOrphan says that the process that started this one has gone.
var errOrphan = errors.New("the primary is gone")

// growth is how much a worker's heap may grow between two collections, in percent of what is in use. Its heap is a few
// MiB, which at the usual 100 are collected every second under load; the memory limit makes collections more frequent
// where the heap is large.
const growth = 400

// limit makes this process one core's worth, within its memory.
func limit(c config.Config) {
	runtime.GOMAXPROCS(1)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(growth)
	}
	debug.SetMemoryLimit(int64(float64(c.Memory) * memoryShare))
}

// worker is one process under a primary.
type worker struct {
	config   config.Config
	control  *ipc.Conn
	log      *slog.Logger // of package ipc's namespace
	counters counters
	gauge    *gauge
	drain    chan bool // told by the primary, once: whether connections are kept
	shed     chan int  // connections to be given back

	mu      sync.Mutex
	asked   uint64
	answers map[uint64]chan<- ipc.Message
}

// Run is the life of a worker process, up to its exit status. Its descriptors are the
// control connection and what package handover needs.
func Run(c config.Config, newHandler NewHandler, logs *logging.Logs) int {
	slot, err := strconv.Atoi(os.Getenv(process.EnvSlot))
	if err != nil {
		logs.For(logging.Cluster).Error("worker has no slot", "reason", err)
		return 1
	}
	logs = logs.With("worker", slot, "pid", os.Getpid())
	limit(c)
	signal.Ignore(os.Interrupt, syscall.SIGHUP) // a terminal sends them to all; the primary decides
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)

	w := &worker{
		config: c, log: logs.For(logging.IPC), drain: make(chan bool, 1), shed: make(chan int, 1),
		answers: map[uint64]chan<- ipc.Message{},
	}
	w.gauge = newGauge(&w.counters, c.Memory)
	if w.control, err = ipc.Open(process.Inherited(process.FirstFile, "control")[0]); err == nil {
		err = w.run(slot, newHandler, logs, term)
	}
	if err != nil {
		logs.For(logging.Cluster).Error("worker ends", "reason", err)
		return 1
	}
	_ = w.control.Send(ipc.Message{Kind: ipc.Drained}) // else the primary is gone, or takes the silence for a hang
	return 0
}

func (w *worker) run(slot int, newHandler NewHandler, logs *logging.Logs, term <-chan os.Signal) (err error) {
	profiled, err := profile.Start(w.config.Profile, profile.Worker)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiled()) }()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	go func() { cancel(w.listen()) }()

	server, app, err := w.build(ctx, slot, newHandler, logs)
	if err != nil {
		_ = w.control.Send(ipc.Message{Kind: ipc.Failed, Error: err.Error()}) // the exit status says it too
		return err
	}
	defer app.Close()
	server.returned = w.back
	served := make(chan error, 1)
	go func() { served <- server.serve() }()
	go every(ctx, w.config.GC, w.gauge.collect)
	go every(ctx, BeatInterval, w.beat)
	w.beat()
	if err := w.control.Send(ipc.Message{Kind: ipc.Ready}); err != nil {
		return err
	}
	for {
		select {
		case <-term:
			if err := w.control.Send(ipc.Message{Kind: ipc.Retiring}); err != nil {
				return err
			}
		case keep := <-w.drain:
			return server.drain(ctx, keep)
		case count := <-w.shed:
			server.shed(count)
		case err := <-served:
			if err != nil {
				return err
			}
			served = nil // the last connection came before the word to drain
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// build makes everything that can fail before the worker is ready.
func (w *worker) build(
	ctx context.Context, slot int, newHandler NewHandler, logs *logging.Logs,
) (*server, Handler, error) {
	mode := handover.Mode(os.Getenv(process.EnvMode))
	names := handover.Names(mode)
	receiver, err := handover.Receive(mode, slot, process.Inherited(process.FirstFile+1, names...))
	if err != nil {
		return nil, nil, err
	}
	var shared *os.File
	if os.Getenv(process.EnvShared) != "" {
		shared = process.Inherited(process.FirstFile+1+len(names), "shared")[0]
	}
	app, err := newHandler(ctx, w.config, shared, logs.For(logging.App))
	if err != nil {
		return nil, nil, fmt.Errorf("make the application: %w", err)
	}
	s := newServer(
		strconv.Itoa(slot), receiver, w.gauge.gated(app), healthHandler(w), &w.counters, logs.For(logging.HTTP),
	)
	return s, app, nil
}

// listen reads what the primary says until it is gone.
func (w *worker) listen() error {
	told := false
	for {
		m, err := w.control.Receive()
		if err != nil {
			return errOrphan
		}
		w.log.Debug("received", "kind", m.Kind)
		switch m.Kind {
		case ipc.Drain:
			if !told {
				w.drain <- m.Keep
				told = true
			}
		case ipc.Shed:
			select {
			case w.shed <- m.Count:
			default: // one at a time; the primary asks again
			}
		case ipc.Answer:
			w.mu.Lock()
			answer := w.answers[m.ID]
			delete(w.answers, m.ID)
			w.mu.Unlock()
			if answer != nil {
				answer <- m // has room for it
			}
		}
	}
}

// back tells the primary that connections were given back.
func (w *worker) back() {
	if err := w.control.Send(ipc.Message{Kind: ipc.Back}); err != nil {
		w.log.Debug("no word that connections were given back", "reason", err)
	}
}

// beat tells the primary that this worker lives, and how.
func (w *worker) beat() {
	stats, times := w.gauge.read(), w.counters.latencies.histogram()
	if err := w.control.Send(ipc.Message{Kind: ipc.Beat, Stats: &stats, Times: &times}); err != nil {
		w.log.Debug("no beat", "reason", err)
	}
}

// ask implements source: the primary knows.
func (w *worker) ask(ctx context.Context, path string) (inspect.Reply, error) {
	answer := make(chan ipc.Message, 1)
	w.mu.Lock()
	w.asked++
	id := w.asked
	w.answers[id] = answer
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.answers, id)
	}()
	if err := w.control.Send(ipc.Message{Kind: ipc.Ask, ID: id, Path: path}); err != nil {
		return inspect.Reply{}, err
	}
	select {
	case m := <-answer:
		return inspect.Reply{Status: m.Status, Type: m.Type, Body: m.Body}, nil
	case <-ctx.Done():
		return inspect.Reply{}, errors.New("the primary does not answer")
	}
}

// every calls f again and again until ctx is done; never for an interval of 0.
func every(ctx context.Context, interval time.Duration, f func()) {
	if interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			f()
		case <-ctx.Done():
			return
		}
	}
}
