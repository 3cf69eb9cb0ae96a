package primary

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/handover"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// checkWorkers kills the workers that are late: to be ready, to show a sign of life, to drain.
func (p *primary) checkWorkers(now time.Time) {
	if gap := now.Sub(p.checked); gap > 3*tick {
		// This process itself had no processor: signs of life wait to be read.
		for _, m := range p.workers {
			m.beat = m.beat.Add(gap)
		}
	}
	p.checked = now
	p.spread.Collect()
	p.lookAside(now)
	if p.serving && !p.draining && now.Sub(p.balanced) >= balanceInterval {
		p.balance()
	}
	for _, m := range p.workers {
		switch {
		case !m.deadline.IsZero():
			p.checkLeaving(m, now)
		case !m.ready:
			p.checkStarting(m, now)
		case p.overLimit(m, now):
		default:
			if !p.killIfHung(m, now) && p.serving && !m.probing && now.Sub(m.probe) >= p.Config.HealthCheck {
				p.check(m, now)
			}
		}
	}
}

// checkStarting kills a worker that takes too long to be ready, or that somebody has stopped before it was.
func (p *primary) checkStarting(m *member, now time.Time) {
	switch starting := now.Sub(m.started); {
	case starting > p.ReadyTimeout:
		p.kill(m, fmt.Sprintf("not ready within %v", p.ReadyTimeout))
	case starting >= silenceSuspect && examine(m.process.PID).stopped:
		p.kill(m, fmt.Sprintf("not ready after %v: the process is stopped", starting.Round(time.Millisecond)))
	}
}

// checkLeaving kills a worker that takes too long to drain, or hangs before it has.
func (p *primary) checkLeaving(m *member, now time.Time) {
	if now.After(m.deadline) {
		p.kill(m, fmt.Sprintf("not drained within %v", worker.DrainTimeout))
	} else if !m.drained {
		p.killIfHung(m, now)
	}
}

// killIfHung kills a worker that is stopped or does nothing at all, so that others get what it has.
func (p *primary) killIfHung(m *member, now time.Time) bool {
	reason := m.suspect.hung(now, now.Sub(m.beat), p.Config.HealthCheck,
		func() vitals { return examine(m.process.PID) })
	if reason != "" {
		p.kill(m, reason)
	}
	return reason != ""
}

// wall is the multiple of its memory limit at which a worker is killed instead of drained.
const wall = 1.5

// overLimit replaces a worker that has grown beyond its memory limit: it finishes what it has
// accepted first, unless it grows so fast that the machine is in danger.
func (p *primary) overLimit(m *member, now time.Time) bool {
	resident, ok := process.Resident(m.process.PID)
	if !ok || p.Config.Memory <= 0 || resident <= p.Config.Memory {
		return false
	}
	reason := fmt.Sprintf("over its memory limit: %d MiB of %d MiB", resident>>20, p.Config.Memory>>20)
	if float64(resident) > wall*float64(p.Config.Memory) {
		p.kill(m, reason)
		return true
	}
	p.log.Warn("worker is drained and replaced", "worker", m.slot, "pid", m.process.PID, "reason", reason)
	m.reason = reason
	p.sup.Retire(m.slot)
	p.spread.Retire(m.slot)
	p.retire(m, now, true)
	return true
}

// check sends a request to a worker, past the listening socket, and tells the main
// loop what came of it.
func (p *primary) check(m *member, now time.Time) {
	m.probe = now
	conn, err := p.spread.Dial(m.slot)
	if errors.Is(err, handover.ErrUnsupported) {
		return
	}
	m.probing = true
	p.health.Debug("health check", "worker", m.slot, "pid", m.process.PID, "in_flight", m.stats.InFlight)
	p.helpers.Go(func() {
		if err == nil {
			err = p.request(conn, m)
		}
		p.tell(probed{m, err})
	})
}

// request is one request over a connection, which it closes; it ends early with the
// worker, or with the cluster.
func (p *primary) request(conn net.Conn, m *member) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.Config.HealthCheck)
	defer cancel()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	}}
	defer conn.Close()
	go func() {
		defer cancel()
		select {
		case <-m.process.Done():
		case <-p.done:
		case <-ctx.Done():
		}
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://worker"+worker.LivePath, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}
