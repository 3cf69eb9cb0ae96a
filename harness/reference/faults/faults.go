// Package faults does to the reference cluster, under load, what its guide promises that
// it withstands, and counts what becomes of it. It judges nothing: each disturbance yields
// figures, and the suite's claims say what they must be.
package faults

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

const (
	// recoveryTimeout is how long a cluster is given to become well again. What takes longer
	// counts as that long.
	recoveryTimeout = 60 * time.Second
	// pollEvery is the time between two looks at what the cluster has told.
	pollEvery = 2 * time.Millisecond
)

// Target is the cluster that is disturbed.
type Target struct {
	Cluster *clusterimpl.Cluster
	Dataset dataset.Spec    // what the platform holds
	Mix     []traffic.Share // of the phase's requests
}

// Begin starts the disturbance that the spec names.
func Begin(ctx context.Context, target Target, spec run.DisturbSpec) run.Disturbance {
	return begin(ctx, target, spec, wall{spec.Origin})
}

func begin(ctx context.Context, target Target, spec run.DisturbSpec, c clock) run.Disturbance {
	f := &fault{
		Target: target, spec: spec, ctx: ctx, clock: c, values: map[string]float64{},
		done: make(chan struct{}), unloaded: make(chan struct{}),
	}
	act, ok := acts[spec.Kind]
	switch {
	case target.Cluster == nil:
		act = func(*fault) error { return errors.New("only the reference cluster can be disturbed") }
	case !ok:
		act = func(f *fault) error { return fmt.Errorf("the reference cluster knows no disturbance %q", spec.Kind) }
	}
	go func() {
		defer close(f.done)
		if err := act(f); err != nil {
			f.err = fmt.Errorf("%s: %w", spec.Kind, err)
		}
	}()
	return f
}

// acts are the disturbances there are.
var acts = map[suite.Disturb]func(*fault) error{
	suite.DisturbStop:      stop,
	suite.DisturbKill:      func(f *fault) error { return strike(f, syscall.SIGKILL) },
	suite.DisturbHang:      func(f *fault) error { return strike(f, syscall.SIGSTOP) },
	suite.DisturbExhaust:   exhaust,
	suite.DisturbHealth:    watchHealth,
	suite.DisturbSessions:  useSession,
	suite.DisturbCollect:   collect,
	suite.DisturbLeak:      watchLeak,
	suite.DisturbReload:    reload,
	suite.DisturbScale:     scale,
	suite.DisturbConfigure: configure,
	suite.DisturbDebug:     debug,
	suite.DisturbOverload:  theCourse.overload,
	suite.DisturbChaos:     chaos,
}

// clock tells where in the window a disturbance is. Tests have one of their own, so that what is
// done in a window does not depend on the speed of the machine.
type clock interface {
	now() time.Duration                               // since the origin
	sleep(ctx context.Context, t time.Duration) error // fails when the context ends
}

// wall is the clock of a load that runs.
type wall struct{ origin time.Time }

func (w wall) now() time.Duration { return time.Since(w.origin) }

func (w wall) sleep(ctx context.Context, t time.Duration) error { return pause(ctx, t) }

// pause waits for a time, or for the end of the context.
func pause(ctx context.Context, t time.Duration) error {
	select {
	case <-time.After(t):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fault is a disturbance that is under way.
type fault struct {
	Target
	spec     run.DisturbSpec
	ctx      context.Context
	clock    clock
	done     chan struct{} // closed when the act has ended
	unloaded chan struct{} // closed when the load has ended

	mu     sync.Mutex
	signal time.Duration // of a stop, since the origin; 0 before it
	lost   int           // requests that were sent before it and failed
	values map[string]float64
	seen   []string
	err    error
}

// Observe counts, for a stop, the requests that were on their way when it came.
func (f *fault) Observe(s measure.Sample) {
	if s.Unsent || s.Err == nil || f.spec.Kind != suite.DisturbStop {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s.Scheduled >= f.spec.Start && (f.signal == 0 || s.Sent < f.signal) {
		f.lost++
	}
}

// End waits for the end of the act.
func (f *fault) End() run.Disturbed {
	close(f.unloaded)
	<-f.done
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.spec.Kind == suite.DisturbStop {
		f.values["lost"] = float64(f.lost)
	}
	return run.Disturbed{Values: f.values, Seen: f.seen, Err: f.err}
}

// now is the time since the origin.
func (f *fault) now() time.Duration { return f.clock.now() }

// note keeps a line for the reader, with its moment.
func (f *fault) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, fmt.Sprintf("%.3f s: %s", f.now().Seconds(), fmt.Sprintf(format, args...)))
}

// count adds an error, if it is one, to those that there were, and notes the first so many.
func (f *fault) count(errs *int, noted int, err error) {
	if err == nil {
		return
	}
	if *errs++; *errs <= noted {
		f.note("%v", err)
	}
}

// set keeps a metric's value.
func (f *fault) set(metric string, v float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[metric] = v
}

// moment waits for a share of the measurement window, e.g. 0.25.
func (f *fault) moment(share float64) error {
	at := f.spec.Start + time.Duration(share*float64(f.spec.End-f.spec.Start))
	return f.wait(at - f.now())
}

// wait waits for a time of the window.
func (f *fault) wait(t time.Duration) error { return f.clock.sleep(f.ctx, t) }

// until looks until the condition holds; false when recoveryTimeout has run out.
func (f *fault) until(holds func() bool) (bool, error) {
	for limit := time.Now().Add(recoveryTimeout); time.Now().Before(limit); {
		if holds() {
			return true, nil
		}
		if err := pause(f.ctx, pollEvery); err != nil {
			return false, err
		}
	}
	return false, nil
}

// milliseconds of a time.
func milliseconds(t time.Duration) float64 { return float64(t) / float64(time.Millisecond) }
