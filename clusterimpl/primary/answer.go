package primary

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// answer tells a worker what it was asked for.
func (p *primary) answer(m *member, ask ipc.Message) {
	workers := p.report(time.Now())
	sum := health.Sum(true, p.Config.Memory, workers, p.unhealthy())
	var body any = sum
	if ask.Path == worker.WorkersPath {
		body = health.Workers{Status: sum.Status, Workers: workers}
	}
	reply := ipc.Message{Kind: ipc.Answer, ID: ask.ID, Status: sum.Status.Code()}
	var err error
	if reply.Body, err = json.Marshal(body); err != nil {
		p.log.Error("health cannot be told", "reason", err)
		reply.Status = http.StatusInternalServerError
	}
	if err := m.control.Send(reply); err != nil {
		p.log.Debug("answer was not taken", "worker", m.slot, "reason", err)
	}
}

// unhealthy is why the cluster is unhealthy whatever its workers do; "" when it is not.
func (p *primary) unhealthy() string {
	if p.sup.GaveUp() {
		return fmt.Sprintf("more than %d workers died within a minute: none is replaced any more", p.Config.RespawnLimit)
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
