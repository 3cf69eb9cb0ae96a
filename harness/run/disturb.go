package run

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// A Disturber does something to a running system, and sees what becomes of it.
type Disturber interface {
	// Begin starts a disturbance of an instance under load, shortly before the measurement window. It returns at once.
	Begin(ctx context.Context, spec DisturbSpec) Disturbance
}

// DisturbSpec says what is to be disturbed, and when.
type DisturbSpec struct {
	Kind     suite.Disturb
	Phase    suite.Phase
	Instance Instance
	Workload suite.Workload // of the phase
	Dataset  suite.Dataset
	Seed     uint64        // of the data set
	Choices  uint64        // seed of what is left to chance
	Origin   time.Time     // of the schedule
	Start    time.Duration // of the measurement window, since the origin
	End      time.Duration // of the measurement window
}

// A Disturbance is under way.
type Disturbance interface {
	// Observe takes every sample of the load from then on, some of the warm-up's last among them; by several
	// goroutines at once.
	Observe(measure.Sample)
	// End waits until what was disturbed is well again, or is given up, and says what was
	// seen. It is called once, after the load has ended.
	End() Disturbed
}

// Disturbed is what became of a disturbance.
type Disturbed struct {
	Values map[string]float64 // metrics by name, in their unit
	Seen   []string           // what was done and seen, one line each
	Err    error              // why nothing can be said; nil otherwise
}

// disturbance is a trial's disturbance, of a phase that has one.
type disturbance struct {
	begin func(origin time.Time, start, end time.Duration) Disturbance
	under atomic.Pointer[Disturbance] // nil before the measurement window is known
}

// disturbed prepares the disturbance of a phase; nil when it has none.
func (p *pipeline) disturbed(ctx context.Context, phase suite.Phase, instance Instance, choices uint64) *disturbance {
	if phase.Disturb == "" {
		return nil
	}
	workload, _ := p.Suite.Workload(phase.Workload)
	return &disturbance{begin: func(origin time.Time, start, end time.Duration) Disturbance {
		return p.Disturber.Begin(ctx, DisturbSpec{
			Kind: phase.Disturb, Phase: phase, Instance: instance, Workload: workload, Dataset: p.Suite.Dataset,
			Seed: p.Options.Seed, Choices: choices, Origin: origin, Start: start, End: end,
		})
	}}
}

// start starts it when the measurement window is known.
func (d *disturbance) start(origin time.Time, start, end time.Duration) {
	if d != nil {
		under := d.begin(origin, start, end)
		d.under.Store(&under)
	}
}

// observe is what takes the samples of the load; nil when nothing does.
func (d *disturbance) observe() func(measure.Sample) {
	if d == nil {
		return nil
	}
	return func(s measure.Sample) {
		if under := d.under.Load(); under != nil {
			(*under).Observe(s)
		}
	}
}

// end fills the trial with what was seen. A disturbance that failed by itself is a fault of
// the run.
func (d *disturbance) end(t *archive.Trial) {
	if d == nil || d.under.Load() == nil {
		return
	}
	done := (*d.under.Load()).End()
	t.Values, t.Disturbed = done.Values, done.Seen
	if done.Err != nil {
		t.Faults = append(t.Faults, fmt.Sprintf("the disturbance failed: %v", done.Err))
	}
}
