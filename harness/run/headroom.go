package run

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/warmup"
)

// The short search for a phase's capacity, from which its headroom follows. Its windows hold some
// stepRequests, so that the p99 of each is told by ten of them.
const (
	headroomTime       = 7 * time.Second // for all of it, start and stop of the system included
	headroomReserve    = time.Second     // of that, for stopping
	headroomResolution = 0.15
	headroomRuns       = 12
	headroomSlack      = 0.04 // of the rate: answers in flight at the edges of a short window

	stepRequests  = 1000
	stepLeast     = 500 * time.Millisecond
	stepMost      = time.Second
	stepSettle    = 300 * time.Millisecond // under load, before the window
	stepWarmLeast = time.Second            // instead of it, in the first step, whose instance is fresh: at least,
	stepWarmMost  = 4 * time.Second        // and at most
	headroomMost  = 16                     // times the documented rate: more is not told apart
	stepDrain     = 700 * time.Millisecond // more, after a step that left requests unanswered
	stepTimeout   = time.Second            // at least, and twice the tightest bound on response times
)

// seeksHeadroom reports whether a short search follows the runs of a phase.
func (p *pipeline) seeksHeadroom(phase suite.Phase) bool {
	return p.Options.Headroom && seekable(phase)
}

// seekable reports whether a phase's rate is one that can be searched above: documented, sustained and undisturbed.
func seekable(phase suite.Phase) bool {
	return phase.Disturb == "" && phase.Shape.Kind == "" && phase.Group == suite.GroupPhases
}

// headroom searches for the phase's capacity within [headroomTime]: short steps of the rate, on one fresh
// instance that is kept up. A search that cannot be made is noted, and takes nothing away from the runs.
func (p *pipeline) headroom(ctx context.Context, phase suite.Phase, memory suite.Size, stores *phaseStores) error {
	err := p.seekHeadroom(ctx, phase, memory, stores)
	p.left.sought()
	switch {
	case ctx.Err() != nil:
		return ErrInterrupted
	case err != nil:
		p.note("%s: no headroom was searched for: %v", phase.Title(), err)
	}
	return nil
}

func (p *pipeline) seekHeadroom(
	ctx context.Context, phase suite.Phase, memory suite.Size, stores *phaseStores,
) (err error) {
	began := p.Now()
	if err := stores.ready(ctx, p.record()); err != nil {
		return err
	}
	name := filepath.Join("logs", fmt.Sprintf("p%d-headroom.log", phase.Number)) // below the archive's folder
	log, err := p.openLog(name)
	if err != nil {
		return err
	}
	defer log.Close()
	hidden := p.Secrets.Writer(log)
	defer hidden.Close()
	instance, err := p.System.Start(ctx, Spec{
		Phase: phase, Memory: memory, Dataset: p.Suite.Dataset, Seed: p.Options.Seed, Env: stores.info().Env,
		Log: hidden,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop(instance)) }()
	steps := &steps{
		pipeline: p, instance: instance, stores: stores, log: name,
		until: began.Add(headroomTime - headroomReserve), timeout: p.stepTimeout(phase),
		// Nothing of ours works yet. It is not read again: what a step leaves behind is no noise of the host's.
		spin: p.Spin(), frequency: probe.Frequency(),
	}
	search := &archive.Search{
		Start: float64(phase.Rate), Most: headroomMost * float64(phase.Rate), Resolution: headroomResolution,
		MaxRuns: headroomRuns, Limit: headroomTime, Slack: headroomSlack,
	}
	return p.seek(phase, search,
		func(at suite.Phase, number int) (*archive.Trial, error) { return steps.step(ctx, at, number) })
}

// stepTimeout is how long a request of a step may take. One that misses the phase's bounds is not waited for much
// longer.
func (p *pipeline) stepTimeout(phase suite.Phase) time.Duration {
	bound := time.Duration(0)
	for _, c := range p.Suite.ClaimsOf(phase.Number) {
		if c.Over != 0 || c.Of().Figure != suite.OfResponse {
			continue
		}
		if b := time.Duration(c.Bound() * float64(time.Millisecond)); bound == 0 || b < bound {
			bound = b
		}
	}
	return min(p.Suite.Plan.Timeout, max(stepTimeout, 2*bound))
}

// steps are the steps of a short search, on one instance.
type steps struct {
	*pipeline
	instance  Instance
	stores    *phaseStores
	log       string
	until     time.Time
	timeout   time.Duration
	longest   time.Duration // of the steps so far, but for the first, which warms up
	faults    int           // of the instance, that belong to a step before
	behind    bool          // the step before left requests unanswered, which the system may still work on
	spin      time.Duration
	frequency float64
}

// stepWarmup is what is offered before a step's window: in the first step until the instance is warm.
func stepWarmup(rate float64, number int, settle time.Duration) load.Warmup {
	if number > 1 {
		return load.Warmup{Bounds: warmup.Bounds{Least: settle, Most: settle}, Schedule: load.Constant(rate)}
	}
	ramp := stepWarmLeast / 2
	return load.Warmup{
		Bounds: warmup.Bounds{Ramp: ramp, Least: stepWarmLeast, Most: stepWarmMost},
		Schedule: load.Shaped(load.Piece{Length: ramp, From: rampFrom * rate, To: rate},
			load.Piece{Length: stepWarmMost, From: rate, To: rate}),
	}
}

// step offers one rate for a short time; [errEnough] when there is no time left for it.
func (s *steps) step(ctx context.Context, at suite.Phase, number int) (*archive.Trial, error) {
	window := min(max(time.Duration(stepRequests/float64(at.Rate)*float64(time.Second)), stepLeast), stepMost)
	began := s.Now()
	if left := s.until.Sub(began); left < max(s.longest, stepSettle+window+s.timeout/2) {
		return nil, errEnough
	}
	t := &archive.Trial{
		Number: number, Seed: trialSeed(s.Options.Seed, at.Number, kindSearch, number), Started: began.UTC(),
		Log: s.log,
	}
	t.Noise.SpinBefore, t.Noise.MHzBefore = s.spin, s.frequency
	settle := stepSettle
	if s.behind {
		settle += stepDrain
	}
	err := s.drive(ctx, at, t, s.instance, s.stores, offer{
		schedule: s.schedule(at, t.Seed, window),
		warmup:   stepWarmup(float64(at.Rate), number, settle),
		window:   window, timeout: s.timeout, search: true,
	})
	t.Noise.SpinAfter, t.Noise.MHzAfter, t.Warm = s.spin, s.frequency, nil
	all := s.instance.Faults()
	t.Faults = all[min(s.faults, len(all)):]
	s.faults = len(all)
	if number > 1 {
		s.longest = max(s.longest, s.Now().Sub(began))
	}
	if t.Window == nil {
		return nil, err
	}
	s.behind = t.Window.Succeeded < t.Window.Offered
	if err == nil && len(t.Faults) > 0 {
		err = errEnough // a system that broke is not asked for more
	}
	return t, err
}
