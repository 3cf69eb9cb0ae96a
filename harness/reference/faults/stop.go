package faults

import (
	"context"
	"errors"
	"syscall"

	"github.com/nameplate-dev/nameplate/clusterimpl"
)

// stop asks the cluster to stop in the middle of the window. It must finish what it has
// accepted, end with a status of 0 and leave no process.
func stop(d *fault) error {
	if err := d.moment(0.5); err != nil {
		return err
	}
	first := d.Cluster.Processes()
	d.mu.Lock()
	d.signal = d.now()
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(d.ctx, recoveryTimeout)
	defer cancel()
	if err := d.Cluster.Stop(ctx); err != nil {
		d.note("%v", err)
	}
	return d.ended(first, true)
}

// ended waits for the end of the cluster and counts what ended otherwise than it should,
// and what of it still runs.
func (d *fault) ended(processes []clusterimpl.Process, well bool) error {
	ok, err := d.until(func() bool {
		select {
		case <-d.Cluster.Done():
			return true
		default:
			return false
		}
	})
	if err != nil {
		return err
	}
	unclean, left := 0, 0
	if err := d.Cluster.Err(); !ok || (err == nil) != well {
		unclean = 1
		d.note("the cluster ended with: %v", err)
	}
	for _, p := range processes {
		if !errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH) {
			left++
			d.note("%s (pid %d) still runs", p.Name, p.PID)
		}
	}
	d.note("the cluster has ended")
	d.set("unclean", float64(unclean))
	d.set("orphan_processes", float64(left))
	return nil
}
