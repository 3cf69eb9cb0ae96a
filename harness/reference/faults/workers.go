package faults

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
)

// worker is one worker process.
type worker struct{ slot, pid int }

// workers are the worker processes that there are now.
func (f *fault) workers() []worker {
	var all []worker
	for _, p := range f.Cluster.Processes() {
		if p.Role == clusterimpl.RoleWorker {
			all = append(all, worker{p.Worker, p.PID})
		}
	}
	return all
}

// strike signals a worker a quarter into the window, and waits until another has taken its place.
func strike(f *fault, signal syscall.Signal) error {
	if err := f.moment(0.25); err != nil {
		return err
	}
	all := f.workers()
	if len(all) == 0 {
		return errors.New("there is no worker process")
	}
	victim, struck := all[0], time.Now()
	if err := syscall.Kill(victim.pid, signal); err != nil {
		return fmt.Errorf("signal worker %d (pid %d): %w", victim.slot, victim.pid, err)
	}
	f.note("worker %d (pid %d) got %v", victim.slot, victim.pid, signal)
	return f.recovered(struck, victim)
}

// recovered waits until a worker that was struck is replaced, and says how long it took.
func (f *fault) recovered(struck time.Time, victim worker) error {
	var ready time.Time
	ok, err := f.until(func() bool {
		for _, e := range f.Cluster.Events() {
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
	for _, e := range f.Cluster.Events() {
		if e.Kind == ipc.WorkerEnded && e.At.After(struck) {
			replaced++
			f.note("%v", e)
		}
	}
	if !ok {
		ready = struck.Add(recoveryTimeout)
		replaced = 0
		f.note("worker %d is not replaced", victim.slot)
	} else {
		f.note("worker %d is ready again after %.0f ms", victim.slot, milliseconds(ready.Sub(struck)))
	}
	f.set("recovery", milliseconds(ready.Sub(struck)))
	f.set("replaced", float64(replaced))
	return nil
}

// exhaust kills workers, one after the other, until the cluster replaces them no more; then
// the rest, which must end it with a failure.
func exhaust(f *fault) error {
	if err := f.moment(0.1); err != nil {
		return err
	}
	first := f.Cluster.Processes()
	killed := 0
	for i := 0; !f.gaveUp(); i++ {
		all := f.workers()
		if len(all) == 0 || killed > 1000 {
			return fmt.Errorf("after %d kills the cluster has neither given up nor workers", killed)
		}
		victim := all[i%len(all)]
		if syscall.Kill(victim.pid, syscall.SIGKILL) == nil {
			killed++
		}
		if ok, err := f.until(func() bool { return f.gaveUp() || f.noticed(victim) }); !ok || err != nil {
			return errors.Join(err,
				fmt.Errorf("the death of worker %d (pid %d) went unnoticed", victim.slot, victim.pid))
		}
	}
	f.note("gave up after %d deaths", killed)
	wrong := 0
	if len(f.workers()) > 0 {
		if report, err := f.health(); err != nil || report.Status != "unhealthy" {
			f.note("with its limit passed, the health is %q (%v), want unhealthy", report.Status, err)
			wrong = 1
		}
	}
	f.set("wrong", float64(wrong))
	for _, w := range f.workers() {
		_ = syscall.Kill(w.pid, syscall.SIGKILL)
	}
	return f.ended(first, false)
}

func (f *fault) gaveUp() bool {
	return slices.ContainsFunc(f.Cluster.Events(), func(e clusterimpl.Event) bool { return e.Kind == ipc.GaveUp })
}

// noticed reports whether a worker's end was told and its place is taken again.
func (f *fault) noticed(victim worker) bool {
	ready := false
	for _, e := range f.Cluster.Events() {
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
func watchLeak(f *fault) error {
	if err := f.moment(1); err != nil {
		return err
	}
	var longest time.Duration
	replaced := 0
	gone := map[int]time.Time{}
	for _, e := range f.Cluster.Events() {
		switch e.Kind {
		case ipc.WorkerEnded:
			gone[e.Worker] = e.At
			f.note("%v", e)
		case ipc.WorkerReady:
			if at, ok := gone[e.Worker]; ok {
				replaced++
				longest = max(longest, e.At.Sub(at))
				delete(gone, e.Worker)
			}
		}
	}
	f.set("replaced", float64(replaced))
	f.set("recovery", milliseconds(longest))
	return nil
}
