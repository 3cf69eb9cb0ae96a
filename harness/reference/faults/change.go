package faults

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// reload has all workers replaced, a quarter into the window.
func reload(d *fault) error {
	if err := d.moment(0.25); err != nil {
		return err
	}
	asked, before := time.Now(), d.workers()
	if err := d.command(d.Cluster.Reload); err != nil {
		return err
	}
	took, after, replaced := time.Since(asked), d.workers(), 0
	for _, w := range before {
		if !slices.Contains(after, w) {
			replaced++
		}
	}
	if len(after) != len(before) {
		return fmt.Errorf("there were %d workers, and there are %d", len(before), len(after))
	}
	d.note("%d workers were replaced within %.0f ms", replaced, milliseconds(took))
	d.set("replaced", float64(replaced))
	d.set("recovery", milliseconds(took))
	return nil
}

// scale halves the number of workers, doubles what there was, and goes back to it.
func scale(d *fault) error {
	if err := d.moment(0.2); err != nil {
		return err
	}
	n := d.spec.Phase.Workers
	var longest time.Duration
	for _, workers := range []int{max(1, n/2), 2 * n, n} {
		asked := time.Now()
		if err := d.command(func(ctx context.Context) error { return d.Cluster.Scale(ctx, workers) }); err != nil {
			return err
		}
		longest = max(longest, time.Since(asked))
		d.note("%d workers after %.0f ms", workers, milliseconds(time.Since(asked)))
		if now := len(d.workers()); now != workers {
			return fmt.Errorf("scaled to %d workers, and there are %d", workers, now)
		}
	}
	d.set("recovery", milliseconds(longest))
	return nil
}

// command gives the cluster a command and waits until it is carried out.
func (d *fault) command(do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(d.ctx, recoveryTimeout)
	defer cancel()
	return do(ctx)
}
