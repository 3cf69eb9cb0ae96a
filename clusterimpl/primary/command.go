package primary

import (
	"errors"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/control"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// Command is something that a cluster is told while it runs.
type Command struct {
	control.Request
	Done func(error) // called once, and must not wait
}

// most is the highest number of workers.
const most = 256

// change is a command that is being carried out.
type change struct {
	Command
	renewing int // while reloading, the slot whose worker is being replaced; 0 before the first
}

// errChanging refuses a command.
var errChanging = errors.New("another change is under way: wait for its end")

// command begins to carry out a command.
func (p *primary) command(c Command) {
	now := time.Now()
	switch {
	case !p.serving || p.draining || p.sup.GaveUp():
		c.Done(errors.New("the cluster takes no commands: it is starting, ending, or has given up"))
	case p.change != nil:
		c.Done(errChanging)
	case c.Do == control.Scale && (c.Workers < 1 || c.Workers > most):
		c.Done(fmt.Errorf("%d workers are not possible: want 1 to %d", c.Workers, most))
	case c.Do == control.Scale:
		p.log.Info("scaling", "from", p.wanted, "to", c.Workers)
		p.change = &change{Command: c}
		p.wanted = c.Workers
		p.resize(c.Workers, now)
	case c.Do == control.Reload:
		// One more worker first: what serves never gets less, and if a new worker
		// cannot start, the old ones stay.
		p.log.Info("reloading", "workers", p.wanted)
		p.change = &change{Command: c}
		p.resize(p.wanted+1, now)
	default:
		c.Done(fmt.Errorf("%q is not known: want %s or %s", c.Do, control.Reload, control.Scale))
	}
}

// resize changes the number of slots; workers that are too many give back what they have.
func (p *primary) resize(slots int, now time.Time) {
	for _, slot := range p.sup.Resize(slots, now) {
		if m := p.workers[slot]; m != nil && m.deadline.IsZero() {
			p.leave(m, now)
		}
	}
}

// leave tells a worker to end, and other workers get its connections.
func (p *primary) leave(m *member, now time.Time) {
	if !m.ready {
		p.kill(m, "it is not needed any more")
		return
	}
	p.spread.Retire(m.slot)
	p.retire(m, now, true)
}

// advance goes on with a change as far as the workers' states allow.
func (p *primary) advance(now time.Time) {
	c := p.change
	switch {
	case c == nil:
		return
	case p.sup.GaveUp() || p.draining:
		p.finish(errors.New("the cluster has given up or ends"))
	case c.Do == control.Scale:
		if p.settled(p.wanted) {
			p.finish(nil)
		}
	case c.renewing > p.wanted:
		if p.settled(p.wanted) {
			p.finish(nil)
		}
	case p.renewed(c.renewing):
		p.renew(now)
	}
}

// settled says whether there are so many workers, all ready, and no others.
func (p *primary) settled(workers int) bool {
	return p.sup.Active() == workers && len(p.sup.Slots()) == workers
}

// renewed says whether the worker that a reload waits for is ready: the additional one
// at first, then each new one.
func (p *primary) renewed(slot int) bool {
	if slot == 0 {
		slot = p.wanted + 1
	}
	m := p.workers[slot]
	return m != nil && m.ready && m.deadline.IsZero() && !m.killed
}

// renew replaces the next worker; after the last, the additional one is not needed.
func (p *primary) renew(now time.Time) {
	p.change.renewing++
	slot := p.change.renewing
	if slot > p.wanted {
		p.resize(p.wanted, now)
		return
	}
	p.sup.Renew(slot)
	if m := p.workers[slot]; m != nil && m.deadline.IsZero() && !m.killed {
		p.leave(m, now)
	}
}

// spareDied ends a reload whose first new worker could not start.
func (p *primary) spareDied(slot int, how string) {
	if c := p.change; c != nil && c.Do == control.Reload && c.renewing == 0 && slot == p.wanted+1 {
		p.resize(p.wanted, time.Now())
		p.finish(fmt.Errorf("a new worker could not start, the old ones stay: %s", how))
	}
}

// finish ends a change.
func (p *primary) finish(err error) {
	c := p.change
	p.change = nil
	if err != nil {
		p.log.Error("the change has failed", "change", c.Do, "reason", err)
	} else {
		p.log.Info("the change is done", "change", c.Do, "workers", p.wanted)
	}
	c.Done(err)
}

// balance asks workers that have more connections than others to give some back, so
// that a worker that is new gets its share of those that stay open.
func (p *primary) balance() {
	p.balanced = time.Now()
	for slot, count := range p.spread.Excess() {
		m := p.workers[slot]
		if m == nil || !m.ready || !m.deadline.IsZero() {
			continue
		}
		if err := m.control.Send(ipc.Message{Kind: ipc.Shed, Count: count}); err != nil {
			p.log.Debug("connections stay where they are", "worker", slot, "reason", err)
		}
	}
}

// balanceInterval is the time between two looks at who has how many connections.
const balanceInterval = 5 * worker.BeatInterval
