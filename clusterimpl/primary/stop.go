package primary

import "time"

// drain lets the workers finish and takes no more connections.
func (p *primary) drain() {
	if p.draining {
		return
	}
	p.log.Info("draining", "workers", len(p.workers))
	now := time.Now()
	p.draining = true
	p.sup.Drain()
	p.spread.Finish()
	for _, m := range p.workers {
		if m.ready && p.serving {
			p.retire(m, now, false)
		} else {
			m.process.Kill() // it has no connection yet
		}
	}
}

// fail ends the cluster at once, with everything in it.
func (p *primary) fail(err error) {
	p.blame(err)
	if !p.draining {
		p.draining = true
		p.sup.Drain()
		p.spread.Finish()
	}
	for _, m := range p.workers {
		m.process.Kill()
	}
}

// blame keeps the first reason why the cluster does not end well.
func (p *primary) blame(err error) {
	if p.failure == nil {
		p.failure = err
	}
}

// close waits for everyone and releases everything; no worker is left by then.
func (p *primary) close() {
	close(p.done)
	p.spread.Finish()
	p.admin.http.Close()
	p.helpers.Wait()
	if p.cage != nil {
		if err := p.cage.Close(); err != nil {
			p.log.Warn("remove the control groups", "reason", err)
		}
	}
	if err := p.spread.Close(); err != nil {
		p.log.Warn("release the connections", "reason", err)
	}
}
