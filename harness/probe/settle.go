package probe

import (
	"context"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// How long the processes of a run are waited for, and what counts as idle.
const (
	settleWithin = 3 * time.Second
	settleEvery  = 100 * time.Millisecond
	// idleShare is the part of a core that idle processes may use: the stores' own housekeeping.
	idleShare = 0.05
	// idleKernel is the part of a core that the kernel's threads may use besides: what they do of their own accord,
	// such as watching the memory, was seen to take 0.025 to 0.05 of a core on a host where nothing else works.
	idleKernel = 0.1
)

// Settle waits until the processes, and the kernel's threads that work for them, are idle: until the ones
// use less than a twentieth of one core over a tenth of a second, and the others less than a tenth. It gives up after
// three seconds, and when ctx ends: the result says so. The host's speed is only to be read once they are idle, since
// it is the host's that is asked for.
func Settle(ctx context.Context, processes func() []measure.Process) measure.Quiet {
	return settle(ctx, processes, thisHost())
}

func settle(ctx context.Context, processes func() []measure.Process, from source) measure.Quiet {
	from.self = 0 // all that this process does meanwhile is to read the others, a hundred of them ten times a second
	others := func() []measure.Process {
		return slices.DeleteFunc(slices.Clone(processes()), func(p measure.Process) bool {
			return p.Role == measure.RoleGenerator
		})
	}
	r := newUsageReader(Config{Processes: others}, from)
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
		elapsed := (q.Waited - before).Seconds()
		kernel := r.kernel.Seconds() / elapsed
		q.Busy = used.Seconds() / elapsed
		q.Idle = q.Busy-kernel <= idleShare && kernel <= idleKernel
		if q.Idle || q.Waited >= settleWithin {
			return q
		}
	}
}
