package primary

import (
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
)

// answer tells a worker what it was asked for.
func (p *primary) answer(m *member, ask ipc.Message) {
	reply := p.state(time.Now()).Answer(ask.Path)
	err := m.control.Send(ipc.Message{
		Kind: ipc.Answer, ID: ask.ID, Status: reply.Status, Type: reply.Type, Body: reply.Body,
	})
	if err != nil {
		p.log.Debug("answer was not taken", "worker", m.slot, "reason", err)
	}
}

// state is what is known of the cluster.
func (p *primary) state(now time.Time) inspect.State {
	s := inspect.State{
		Mode: true, Why: p.Config.ModeReason, Wanted: p.wanted, Limit: p.Config.Memory, Reason: p.unhealthy(),
	}
	s.Workers = p.report(now)
	for _, w := range s.Workers {
		var times health.Histogram
		if m := p.workers[w.Slot]; m != nil {
			times = m.times
		}
		s.Latencies = append(s.Latencies, times)
	}
	return s
}

// unhealthy is why the cluster is unhealthy whatever its workers do; "" when it is not.
func (p *primary) unhealthy() string {
	if p.sup.GaveUp() {
		return fmt.Sprintf("more than %d workers died within a minute: none is replaced any more",
			p.Config.RespawnLimit)
	}
	return ""
}

// report is what is known of every slot.
func (p *primary) report(now time.Time) []health.Worker {
	slots := p.sup.Slots()
	workers := make([]health.Worker, len(slots))
	for i, sl := range slots {
		w := health.Worker{Slot: sl.Number, State: string(sl.State), Restarts: sl.Restarts}
		if m := p.workers[sl.Number]; m != nil {
			w.PID, w.Stats = m.process.PID, m.stats
			if !sl.ReadyAt.IsZero() {
				w.Uptime = now.Sub(sl.ReadyAt).Seconds()
			}
		}
		workers[i] = w
	}
	return workers
}
