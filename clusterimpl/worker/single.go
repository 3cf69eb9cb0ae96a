package worker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/profile"
)

// Single serves from this process alone until ctx is done, and then drains. It takes
// over the listening socket.
func Single(
	ctx context.Context, c config.Config, ln *net.TCPListener, newHandler NewHandler, logs *logging.Logs,
	notify func(ipc.Event),
) (err error) {
	defer ln.Close()
	limit(c)
	profiled, err := profile.Start(c.Profile, profile.Worker)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, profiled()) }()
	notify(ipc.Event{Kind: ipc.WorkerStarted, Worker: 1, PID: os.Getpid()})
	app, err := newHandler(ctx, c, nil, logs.For(logging.App))
	if err != nil {
		return fmt.Errorf("make the application: %w", err)
	}
	defer app.Close()

	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var n counters
	a := &alone{limit: c.Memory, why: c.ModeReason, gauge: newGauge(&n, c.Memory), since: time.Now()}
	go every(running, c.GC, a.gauge.collect)
	s := newServer("1", handover.Direct(ln), a.gauge.gated(app), healthHandler(a), &n, logs.For(logging.HTTP))
	served := make(chan error, 1)
	go func() { served <- s.serve() }()
	notify(ipc.Event{Kind: ipc.WorkerReady, Worker: 1, PID: os.Getpid()})
	notify(ipc.Event{Kind: ipc.Serving, URL: "http://" + ln.Addr().String()})
	logs.For(logging.Cluster).Info("serving", "url", "http://"+ln.Addr().String(), "workers", 1)
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(running, DrainTimeout)
	defer cancel()
	logs.For(logging.Cluster).Info("draining")
	return s.drain(deadline, false)
}

// alone is the source of a cluster that is one process.
type alone struct {
	limit int64
	why   string // of the mode
	gauge *gauge
	since time.Time
}

func (a *alone) ask(_ context.Context, path string) (inspect.Reply, error) {
	state := inspect.State{
		Why: a.why, Wanted: 1, Limit: a.limit,
		Workers: []health.Worker{{
			Slot: 1, PID: os.Getpid(), State: "ready", Uptime: time.Since(a.since).Seconds(), Stats: a.gauge.read(),
		}},
		Latencies: []health.Histogram{a.gauge.counters.latencies.histogram()},
	}
	return state.Answer(path), nil
}
