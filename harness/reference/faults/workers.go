package faults

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
)

// worker is one worker process.
type worker struct{ slot, pid int }

// workers are the worker processes that there are now.
func (d *fault) workers() []worker {
	var all []worker
	for _, p := range d.Cluster.Processes() {
		if p.Role == clusterimpl.RoleWorker {
			all = append(all, worker{p.Worker, p.PID})
		}
	}
	return all
}

// strike signals a worker a quarter into the window, and waits until another has taken its place.
func strike(d *fault, signal syscall.Signal) error {
	if err := d.moment(0.25); err != nil {
		return err
	}
	all := d.workers()
	if len(all) == 0 {
		return errors.New("there is no worker process")
	}
	return d.replaced(all[0], signal)
}

// replaced signals a worker and waits until another has taken its place.
func (d *fault) replaced(victim worker, signal syscall.Signal) error {
	struck := time.Now()
	if err := syscall.Kill(victim.pid, signal); err != nil {
		return fmt.Errorf("signal worker %d (pid %d): %w", victim.slot, victim.pid, err)
	}
	d.note("worker %d (pid %d) got %v", victim.slot, victim.pid, signal)
	return d.recovered(struck, victim)
}

// recovered waits until a worker that was struck is replaced, and says how long it took.
func (d *fault) recovered(struck time.Time, victim worker) error {
	var ready time.Time
	ok, err := d.until(func() bool {
		for _, e := range d.Cluster.Events() {
			if e.Kind == ipc.WorkerReady && e.Worker == victim.slot && e.PID != victim.pid && e.At.After(struck) {
				ready = e.At
				return true
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	replaced := 0
	for _, e := range d.Cluster.Events() {
		if e.Kind == ipc.WorkerEnded && e.At.After(struck) {
			replaced++
			d.note("%v", e)
		}
	}
	if !ok {
		ready = struck.Add(recoveryTimeout)
		replaced = 0
		d.note("worker %d is not replaced", victim.slot)
	} else {
		d.note("worker %d is ready again after %.0f ms", victim.slot, milliseconds(ready.Sub(struck)))
	}
	d.set("recovery", milliseconds(ready.Sub(struck)))
	d.set("replaced", float64(replaced))
	return nil
}

// exhaust kills workers, one after the other, until the cluster replaces them no more; then
// the rest, which must end it with a failure.
func exhaust(d *fault) error {
	if err := d.moment(0.1); err != nil {
		return err
	}
	first := d.Cluster.Processes()
	killed := 0
	for i := 0; !d.gaveUp(); i++ {
		all := d.workers()
		if len(all) == 0 || killed > 1000 {
			return fmt.Errorf("after %d kills the cluster has neither given up nor workers", killed)
		}
		victim := all[i%len(all)]
		if syscall.Kill(victim.pid, syscall.SIGKILL) == nil {
			killed++
		}
		if ok, err := d.until(func() bool { return d.gaveUp() || d.noticed(victim) }); !ok || err != nil {
			return errors.Join(err,
				fmt.Errorf("the death of worker %d (pid %d) went unnoticed", victim.slot, victim.pid))
		}
	}
	d.note("gave up after %d deaths", killed)
	wrong := 0
	if len(d.workers()) > 0 {
		if report, err := d.health(); err != nil || report.Status != "unhealthy" {
			d.note("with its limit passed, the health is %q (%v), want unhealthy", report.Status, err)
			wrong = 1
		}
	}
	d.set("wrong", float64(wrong))
	for _, w := range d.workers() {
		_ = syscall.Kill(w.pid, syscall.SIGKILL)
	}
	return d.ended(first, false)
}

func (d *fault) gaveUp() bool {
	for _, e := range d.Cluster.Events() {
		if e.Kind == ipc.GaveUp {
			return true
		}
	}
	return false
}

// noticed reports whether a worker's end was told and its place is taken again.
func (d *fault) noticed(victim worker) bool {
	ready := false
	for _, e := range d.Cluster.Events() {
		switch {
		case e.Worker != victim.slot:
		case e.Kind == ipc.WorkerEnded && e.PID == victim.pid:
			ready = false
		case e.Kind == ipc.WorkerReady:
			ready = e.PID != victim.pid
		}
	}
	return ready
}

// watchLeak lets the workers leak, as they were started to, and counts those that are replaced for
// it until the end of the window, and the longest time that one was missing.
func watchLeak(d *fault) error {
	if err := d.moment(1); err != nil {
		return err
	}
	var longest time.Duration
	replaced := 0
	gone := map[int]time.Time{}
	for _, e := range d.Cluster.Events() {
		switch e.Kind {
		case ipc.WorkerEnded:
			gone[e.Worker] = e.At
			d.note("%v", e)
		case ipc.WorkerReady:
			if at, ok := gone[e.Worker]; ok {
				replaced++
				longest = max(longest, e.At.Sub(at))
				delete(gone, e.Worker)
			}
		}
	}
	d.set("replaced", float64(replaced))
	d.set("recovery", milliseconds(longest))
	return nil
}
