package run

import (
	"context"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// closing is how long stopping a system or its stores may take after everything else
// has ended, also when the run was interrupted.
const closing = 30 * time.Second

// memoryShare is the part of the host's memory that a phase's workers may be given together.
const memoryShare = 0.75

// phase makes the runs of one phase, with fresh stores, and archives each as it ends.
func (p *pipeline) phase(ctx context.Context, phase suite.Phase) error {
	memory := p.memoryLimit(phase)
	p.run.Phases = append(p.run.Phases, archive.Phase{
		Number: phase.Number, Name: phase.Name, Group: phase.Group, Disturb: phase.Disturb, System: phase.System,
		Workers: phase.Workers, MemoryLimit: memory, Documented: phase.Memory, Offered: phase.Rate, Shape: phase.Shape,
	})
	if judge.Lacking(p.run.Input(phase)) {
		p.left.runDone(p.Options.Runs)
		p.note("%s: skipped, host requirements not met", phase.Title())
		return nil
	}
	stores := &phaseStores{pipeline: p, phase: phase}
	defer stores.close()
	if p.Options.Capacity == archive.CapacityOnly {
		return p.search(ctx, phase, memory, stores)
	}
	plan := &plan{runs: p.Options.Runs}
	for number := 1; plan.more(); number++ {
		if err := stores.ready(ctx, p.record()); err != nil {
			return err
		}
		trial, err := p.trial(ctx, phase, kindJudged, number, memory, stores)
		if trial != nil {
			p.record().Trials = append(p.record().Trials, *trial)
			invalid := p.invalid(phase, trial)
			plan.made(p.planned(phase))
			p.observe(Event{
				Stage: StageRunDone, Phase: phase, Run: number, Runs: plan.runs, Trial: trial, Invalid: invalid,
			})
			if saveErr := p.save(); saveErr != nil {
				return saveErr
			}
		}
		if err != nil {
			return err
		}
		if p.fixed(phase, plan) {
			p.left.runDone(plan.skip())
			p.note("%s: stopped after %d of %d runs, no further run could change a verdict", phase.Title(), number,
				plan.runs)
			break
		}
		p.left.runDone(0)
	}
	if drift := judge.SpeedChanged(p.spins(), p.Suite.Plan.Validity.HostNoise); !drift.None() {
		p.note("%s: over all its runs %s", phase.Title(), drift)
	}
	p.observe(Event{Stage: StageDone, Phase: phase, Runs: plan.runs})
	switch {
	case p.Options.Capacity == archive.CapacityAlso && phase.Disturb == "":
		return p.search(ctx, phase, memory, stores)
	case p.seeksHeadroom(phase):
		return p.headroom(ctx, phase, memory, stores)
	}
	return nil
}

// spins are the times that the fixed piece of work took before and after the phase's runs.
func (p *pipeline) spins() []time.Duration {
	var all []time.Duration
	for _, t := range p.record().Trials {
		all = append(all, t.Noise.SpinBefore, t.Noise.SpinAfter)
	}
	return all
}

// record is the archived side of the phase under way.
func (p *pipeline) record() *archive.Phase { return &p.run.Phases[len(p.run.Phases)-1] }

// invalid says why a trial is no evidence.
func (p *pipeline) invalid(phase suite.Phase, t *archive.Trial) []string {
	if t.Interrupted {
		return []string{"interrupted"}
	}
	in := p.run.Input(phase)
	for _, e := range in.Runs {
		if e.Run == t.Number {
			return judge.Texts(judge.Exclusion(in, e))
		}
	}
	return nil
}

// planned is how many runs the phase is to have as things stand.
func (p *pipeline) planned(phase suite.Phase) int { return judge.Runs(p.run.Input(phase)) }

// fixed reports whether the runs still to come can change no verdict of the phase.
func (p *pipeline) fixed(phase suite.Phase, plan *plan) bool {
	in := p.run.Input(phase)
	in.Planned = plan.runs
	return plan.more() && judge.Fixed(in)
}

// memoryLimit is what each worker of the phase is given: the documented limit, or its part
// of what the host has.
func (p *pipeline) memoryLimit(phase suite.Phase) suite.Size {
	most := suite.Size(float64(p.Host.Memory)*memoryShare) / suite.Size(phase.Workers)
	if p.Host.Memory <= 0 || phase.Memory <= most {
		return phase.Memory
	}
	most -= most % suite.MiB
	p.note("%s: %d workers x %v is more than %.0f %% of this host's %v; each worker runs under %v",
		phase.Title(), phase.Workers, phase.Memory, memoryShare*100, suite.Size(p.Host.Memory)/suite.MiB*suite.MiB,
		most)
	return most
}

// plan counts the runs of a phase. Some are re-run, and some are added: see [judge.Runs].
type plan struct {
	done int
	runs int // there will be, as things stand
}

// made notes a run, and how many there are to be now.
func (p *plan) made(total int) { p.done, p.runs = p.done+1, total }

func (p *plan) more() bool { return p.done < p.runs }

// skip is the number of runs that are not made when the phase ends now.
func (p *plan) skip() int { return p.runs - p.done }

// phaseStores are the stores of a phase. They are brought up before its first run, and
// again when they fell over.
type phaseStores struct {
	*pipeline
	phase suite.Phase
	set   StoreSet
}

// ready brings the stores up, or back to the data set as it was loaded.
func (s *phaseStores) ready(ctx context.Context, record *archive.Phase) error {
	if len(s.phase.Stores) == 0 {
		return nil
	}
	if s.set != nil {
		if s.set.Reset(ctx) == nil {
			return nil
		}
		s.close() // what cannot be reset is replaced
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.observe(Event{Stage: StageStores, Phase: s.phase, Runs: s.Options.Runs})
	set, err := s.Stores.Up(ctx, StoreNeed{
		Stores: s.phase.Stores, Limits: s.Suite.Stores, Dataset: s.Suite.Dataset, Seed: s.Options.Seed,
		Progress: func(message string) {
			s.observe(Event{Stage: StageStores, Phase: s.phase, Runs: s.Options.Runs, Message: message})
		},
	})
	if err != nil {
		return &EnvironmentError{s.phase.Title() + ": bring up the stores", err}
	}
	s.set = set
	record.Providers = set.Info().Providers
	s.left.storesUp()
	return nil
}

func (s *phaseStores) info() StoreInfo {
	if s.set == nil {
		return StoreInfo{}
	}
	return s.set.Info()
}

// fault says what is wrong with the stores after a run; "" when nothing is.
func (s *phaseStores) fault() string {
	if s.set == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	if err := s.set.Check(ctx); err != nil {
		return "a store fell over: " + err.Error()
	}
	return ""
}

func (s *phaseStores) close() {
	if s.set == nil {
		return
	}
	if err := s.set.Close(); err != nil {
		s.note("%s: close the stores: %v", s.phase.Title(), err)
	}
	s.set = nil
}
