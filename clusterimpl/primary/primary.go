// Package primary is the process that starts the workers, gives them connections,
// watches them and replaces those that fail.
//
// One goroutine, [Run]'s, owns all state. Everything else (readers of the workers'
// messages, probes, the spreading of connections) tells it what happened. When a
// worker is to be replaced, package supervise decides.
package primary

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/cage"
	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/profile"
	"github.com/nameplate-dev/nameplate/clusterimpl/supervise"
)

// Options are what a primary needs.
type Options struct {
	Config       config.Config
	Listener     *net.TCPListener         // taken over
	Worker       func(slot int) *exec.Cmd // makes the command of a worker; its descriptors are added
	Shared       *os.File                 // memory that all workers inherit; nil for none
	Logs         *logging.Logs
	Notify       func(ipc.Event) // told what happens
	ReadyTimeout time.Duration   // for one worker to be ready
	Orphaned     <-chan struct{} // closed when whoever started this process is gone
	Commands     <-chan Command  // what the cluster is told while it runs
}

// tick is the time between two checks of the workers.
const tick = 100 * time.Millisecond

// Reasons for which a cluster ends without having been told to.
var (
	ErrOrphaned = errors.New("the process that started the cluster is gone")
	ErrNoWorker = errors.New("no worker is left, and none is replaced any more")
)

// primary is the state of one cluster.
type primary struct {
	Options
	log     *slog.Logger
	health  *slog.Logger
	sup     *supervise.Supervisor
	spread  handover.Spreader
	admin   *adminServer
	mode    handover.Mode
	cage    *cage.Cage      // nil where there can be none
	workers map[int]*member // by slot, those that have a process
	inbox   chan any        // message, ended, spread, probed, question
	done    chan struct{}   // closed when nobody reads the inbox any more
	helpers sync.WaitGroup  // whoever writes to the inbox

	serving  bool // all workers were ready at the same time, once
	draining bool // told to stop

	wanted   int       // workers
	change   *change   // of them, under way
	balanced time.Time // when the connections were last balanced

	spreads bool      // connections are being spread
	failure error     // why the cluster ends, or ended badly
	checked time.Time // the workers
}

// What the main loop is told.
type (
	message struct {
		from *member
		ipc.Message
	}
	ended  struct{ member *member }
	spread struct{ err error }
	probed struct {
		member *member
		err    error
	}
)

// Run serves until ctx is done, then drains. It returns nil when everything that was
// accepted was finished; whatever it returns, no worker is left.
func Run(ctx context.Context, o Options) (err error) {
	profiled, err := profile.Start(o.Config.Profile, profile.Primary)
	if err != nil {
		o.Listener.Close()
		return err
	}
	defer func() { err = errors.Join(err, profiled()) }()
	now := time.Now()
	p := &primary{
		Options: o,
		log:     o.Logs.For(logging.Cluster),
		health:  o.Logs.For(logging.Health),
		sup:     supervise.New(supervise.Default(o.Config.Workers, o.Config.RespawnLimit, rand.Float64), now),
		workers: map[int]*member{},
		inbox:   make(chan any),
		done:    make(chan struct{}),
		checked: now,
		wanted:  o.Config.Workers,
	}
	p.mode = p.distribution()
	if p.spread, err = handover.New(p.mode, o.Listener, o.Logs.For(logging.Conns)); err != nil {
		o.Listener.Close()
		return err
	}
	defer p.close()
	if p.cage, err = cage.Open(); err != nil {
		p.log.Debug("the memory of workers has no wall but the collector's limit and this process's checks",
			"reason", err)
	}
	p.admin = p.newAdminServer()
	p.spread.Aside(asks, p.admin.take)
	p.helpers.Go(func() { _ = p.admin.http.Serve(p.admin) }) // it ends when it is closed
	p.log.Debug("starting", "pid", os.Getpid(), "workers", o.Config.Workers, "distribution", p.mode)
	return p.loop(ctx)
}

// distribution is how connections are spread on this system.
func (p *primary) distribution() handover.Mode {
	if p.Config.Distribution != config.Auto {
		return handover.Mode(p.Config.Distribution)
	}
	mode, err := handover.Best()
	if err != nil {
		p.log.Warn("connections are spread in another way than the best", "distribution", mode, "reason", err)
	}
	return mode
}

func (p *primary) loop(ctx context.Context) error {
	stop := ctx.Done()
	orphaned := p.Orphaned
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if p.finished() {
			return p.failure
		}
		p.spawn(time.Now())
		timer.Reset(p.wait(time.Now()))
		select {
		case e := <-p.inbox:
			p.handle(e)
			p.advance(time.Now())
		case c := <-p.Commands:
			p.command(c)
		case <-timer.C:
			p.checkWorkers(time.Now())
		case <-stop:
			stop = nil
			p.drain()
		case <-orphaned:
			orphaned = nil
			p.fail(ErrOrphaned)
		}
	}
}

// finished says whether nothing is left to do.
func (p *primary) finished() bool {
	if len(p.workers) > 0 {
		return false
	}
	if p.sup.GaveUp() && p.failure == nil {
		p.fail(ErrNoWorker)
	}
	return p.draining && !p.spreads
}

// wait is the time until there is something to do that no event brings.
func (p *primary) wait(now time.Time) time.Duration {
	wait := p.checked.Add(tick).Sub(now)
	if due, ok := p.sup.Next(); ok {
		wait = min(wait, due.Sub(now))
	}
	return max(0, wait)
}

// handle takes in one event.
func (p *primary) handle(e any) {
	switch e := e.(type) {
	case message:
		if p.workers[e.from.slot] == e.from {
			p.message(e.from, e.Message)
		}
	case ended:
		p.ended(e.member)
	case question:
		e.answer <- p.state(time.Now()).Answer(e.path)
	case spread:
		p.spreads = false
		if e.err != nil {
			p.fail(e.err)
		}
	case probed:
		e.member.probing = false
		if e.err != nil {
			p.kill(e.member, fmt.Sprintf("the health check got no answer: %v", e.err))
		}
	}
}

// message takes in what a worker says.
func (p *primary) message(m *member, msg ipc.Message) {
	now := time.Now()
	switch msg.Kind {
	case ipc.Beat:
		m.beat = now
		defer p.lookAside(now)
		if msg.Stats != nil {
			if msg.Stats.Refused > m.stats.Refused {
				m.refused = now
			}
			m.stats = *msg.Stats
		}
		if msg.Times != nil {
			m.times = *msg.Times
		}
	case ipc.Ready:
		if p.draining || m.killed { // too late: it has no connection, and ends
			return
		}
		m.beat, m.ready = now, true
		p.ready(m, now)
	case ipc.Failed:
		m.reason = msg.Error
	case ipc.Retiring:
		p.log.Info("worker was told to stop", "worker", m.slot, "pid", m.process.PID)
		p.sup.Retire(m.slot)
		p.spread.Retire(m.slot)
		p.retire(m, now, true)
	case ipc.Drained:
		m.drained = true
	case ipc.Back:
		p.spread.Collect()
	case ipc.Ask:
		p.answer(m, msg)
	}
}

// ready lets a worker take connections. Those of a new cluster begin together.
func (p *primary) ready(m *member, now time.Time) {
	p.sup.Ready(m.slot, now)
	p.log.Debug("worker is ready", "worker", m.slot, "pid", m.process.PID, "after", now.Sub(m.started))
	p.Notify(ipc.Event{Kind: ipc.WorkerReady, Worker: m.slot, PID: m.process.PID})
	if p.serving {
		p.spread.Open(m.slot)
		p.balance()
		return
	}
	if p.sup.Active() < p.Config.Workers {
		return
	}
	p.serving, p.spreads = true, true
	for slot := range p.workers {
		p.spread.Open(slot)
	}
	p.helpers.Go(func() { p.tell(spread{p.spread.Serve()}) })
	url := "http://" + p.Listener.Addr().String()
	p.log.Info("serving", "url", url, "workers", p.Config.Workers, "distribution", p.mode)
	p.Notify(ipc.Event{Kind: ipc.Serving, URL: url})
}

// ended takes in the end of a worker's process.
func (p *primary) ended(m *member) {
	delete(p.workers, m.slot)
	p.spread.Gone(m.slot, m.crashed())
	failed := m.process.Err() != nil && (m.ready || m.reason != "")
	if p.draining && (m.killed || failed) {
		p.blame(fmt.Errorf("worker %d did not drain: %s", m.slot, m.end()))
	}
	p.died(m.slot, m.process.PID, m.end())
	p.spareDied(m.slot, m.end())
}

// died says what follows from the end of a worker, or from one that could not start.
func (p *primary) died(slot, pid int, how string) {
	planned := p.sup.Planned(slot)
	gaveUp := p.sup.Died(slot, time.Now())
	replaced := p.serving && p.sup.Replaces(slot)
	p.Notify(ipc.Event{
		Kind: ipc.WorkerEnded, Worker: slot, PID: pid, Detail: how, Replaced: replaced, Planned: planned,
	})
	switch {
	case p.draining:
		p.log.Debug("worker has ended", "worker", slot, "pid", pid, "how", how)
	case !p.serving:
		p.fail(fmt.Errorf("worker %d ended before the cluster was ready: %s", slot, how))
	case gaveUp:
		p.log.Error("giving up: no worker is replaced any more", "worker", slot, "how", how,
			"limit", p.Config.RespawnLimit, "left", p.sup.Alive())
		p.Notify(ipc.Event{Kind: ipc.GaveUp, Worker: slot, Detail: p.unhealthy()})
	case planned:
		p.log.Debug("worker has left", "worker", slot, "pid", pid, "replaced", replaced)
	default:
		p.log.Warn("worker has ended", "worker", slot, "pid", pid, "how", how, "replaced", replaced)
	}
}

// tell gives the main loop an event, unless that has ended.
func (p *primary) tell(e any) {
	select {
	case p.inbox <- e:
	case <-p.done:
	}
}
