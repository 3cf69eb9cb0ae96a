package faults

import (
	"context"
	"errors"
	"syscall"

	"github.com/nameplate-dev/nameplate/clusterimpl"
)

// stop asks the cluster to stop in the middle of the window. It must finish what it has
// accepted, end with a status of 0 and leave no process.
func stop(f *fault) error {
	if err := f.moment(0.5); err != nil {
		return err
	}
	first := f.Cluster.Processes()
	f.mu.Lock()
	f.signal = f.now()
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(f.ctx, recoveryTimeout)
	defer cancel()
	if err := f.Cluster.Stop(ctx); err != nil {
		f.note("%v", err)
	}
	return f.ended(first, true)
}

// ended waits for the end of the cluster and counts what ended otherwise than it should,
// and what of it still runs.
func (f *fault) ended(processes []clusterimpl.Process, well bool) error {
	ok, err := f.until(func() bool {
		select {
		case <-f.Cluster.Done():
			return true
		default:
			return false
		}
	})
	if err != nil {
		return err
	}
	unclean, left := 0, 0
	if err := f.Cluster.Err(); !ok || (err == nil) != well {
		unclean = 1
		f.note("the cluster ended with: %v", err)
	}
	for _, p := range processes {
		if !errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH) {
			left++
			f.note("%s (pid %d) still runs", p.Name, p.PID)
		}
	}
	f.note("the cluster has ended")
	f.set("unclean", float64(unclean))
	f.set("orphan_processes", float64(left))
	return nil
}
