package faults

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// reload has all workers replaced, a quarter into the window.
func reload(f *fault) error {
	if err := f.moment(0.25); err != nil {
		return err
	}
	asked, before := time.Now(), f.workers()
	if err := f.command(f.Cluster.Reload); err != nil {
		return err
	}
	took, after, replaced := time.Since(asked), f.workers(), 0
	for _, w := range before {
		if !slices.Contains(after, w) {
			replaced++
		}
	}
	if len(after) != len(before) {
		return fmt.Errorf("there were %d workers, and there are %d", len(before), len(after))
	}
	f.note("%d workers were replaced within %.0f ms", replaced, milliseconds(took))
	f.set("replaced", float64(replaced))
	f.set("recovery", milliseconds(took))
	return nil
}

// scale halves the number of workers, doubles what there was, and goes back to it.
func scale(f *fault) error {
	if err := f.moment(0.2); err != nil {
		return err
	}
	n := f.spec.Phase.Workers
	var longest time.Duration
	for _, workers := range []int{max(1, n/2), 2 * n, n} {
		asked := time.Now()
		if err := f.scaleTo(workers); err != nil {
			return err
		}
		longest = max(longest, time.Since(asked))
		f.note("%d workers after %.0f ms", workers, milliseconds(time.Since(asked)))
		if now := len(f.workers()); now != workers {
			return fmt.Errorf("scaled to %d workers, and there are %d", workers, now)
		}
	}
	f.set("recovery", milliseconds(longest))
	return nil
}

// scaleTo has the cluster run so many workers.
func (f *fault) scaleTo(workers int) error {
	return f.command(func(ctx context.Context) error { return f.Cluster.Scale(ctx, workers) })
}

// command gives the cluster a command and waits until it is carried out.
func (f *fault) command(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(f.ctx, recoveryTimeout)
	defer cancel()
	return do(ctx)
}
