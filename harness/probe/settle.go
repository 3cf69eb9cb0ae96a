package probe

import (
	"context"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// How long the processes of a run are waited for, and what counts as idle.
const (
	settleWithin = 3 * time.Second
	settleEvery  = 100 * time.Millisecond
	// idleShare is the part of a core that idle processes may use: the stores' own housekeeping.
	idleShare = 0.05
)

// Settle waits until the processes, and the kernel's threads that work for them, are idle: until they
// use less than a twentieth of one core over a tenth of a second. It gives up after three seconds, and when ctx
// ends: the result says so. The host's speed is only to be read once they are idle, since it is
// the host's that is asked for.
func Settle(ctx context.Context, processes func() []measure.Process) measure.Quiet {
	return settle(ctx, processes, thisHost())
}

func settle(ctx context.Context, processes func() []measure.Process, from source) measure.Quiet {
	r := newUsageReader(Config{Processes: processes}, from)
	defer r.close()
	began := time.Now()
	r.baseline(0)
	if !r.series[0].Known {
		return measure.Quiet{} // no such kernel
	}
	ticker := time.NewTicker(settleEvery)
	defer ticker.Stop()
	q := measure.Quiet{Known: true}
	for before := r.at; ; before = q.Waited {
		select {
		case <-ctx.Done():
			return q
		case <-ticker.C:
		}
		q.Waited = time.Since(began)
		used := r.take(q.Waited, false)
		q.Busy = used.Seconds() / (q.Waited - before).Seconds()
		q.Idle = q.Busy <= idleShare
		if q.Idle || q.Waited >= settleWithin {
			return q
		}
	}
}
