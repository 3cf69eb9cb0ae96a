package run

import (
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// driving reports the progress of a run that is under load.
type driving struct {
	*pipeline
	event    Event // without stage and figures
	instance Instance
	began    atomic.Int64 // start of the measurement window, since the schedule's origin
}

func (p *pipeline) driving(e Event, instance Instance) *driving {
	d := &driving{pipeline: p, event: e, instance: instance}
	d.began.Store(int64(load.Never))
	return d
}

// at reports the time since the origin.
func (d *driving) at(at time.Duration) { d.report(d.event, at) }

// live reports what became of requests.
func (d *driving) live(l measure.Live) {
	l.Workers = workers(d.instance)
	e := d.event
	e.Live = &l
	d.report(e, l.At)
}

func (d *driving) report(e Event, at time.Duration) {
	e.Stage = StageMeasure
	if int64(at) < d.began.Load() {
		e.Stage = StageWarmup
	}
	d.observe(e)
}

// workers is how many workers an instance has now; nil when it does not tell.
func workers(instance Instance) *int {
	n := 0
	for _, p := range instance.Processes() {
		if p.Role == measure.RoleWorker {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &n
}
