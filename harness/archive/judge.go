package archive

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Judge fills Results, Verdict and ExitStatus from what the run measured and from
// Parsed, the suite with the run's options applied. It uses nothing else, and [Load]
// gives the same two, so that an archive judged again gives the same results.
//
// Interrupted trials are never evidence. A claim on a phase without a finished trial is
// inconclusive. The exit status follows from the verdicts (see [judge.Exit]), unless
// the run failed, which is 4 whatever was judged until then, or was interrupted, which
// is 130 before all: an interrupt is often what fails the rest.
func (r *Run) Judge() error {
	if r.Parsed == nil {
		return errors.New("judge run: it has no suite")
	}
	for _, p := range r.Phases {
		if _, ok := r.Parsed.Phase(p.Number); !ok {
			return fmt.Errorf("judge run: phase %d was measured and is not among the phases of suite %q", p.Number,
				r.Parsed.Name)
		}
	}
	for i := range r.Phases {
		if phase, _ := r.Parsed.Phase(r.Phases[i].Number); r.Phases[i].Search != nil {
			if err := r.find(phase, r.Phases[i].Search); err != nil {
				return fmt.Errorf("judge run: %w", err)
			}
		}
	}
	results := []judge.Result{}
	var verdicts []judge.Verdict
	for _, p := range r.Parsed.Phases {
		if r.Options.Capacity == CapacityOnly {
			break
		}
		for _, result := range judge.Phase(r.Input(p)) {
			if scale := r.Options.scale(); scale != 1 {
				result.Because(judge.Why{
					Code: judge.WhyScaled, Text: fmt.Sprintf("judged at %v times the documented rates", scale),
				})
			}
			results = append(results, result)
			verdicts = append(verdicts, result.Verdict)
		}
	}
	r.Results, r.Verdict, r.ExitStatus = results, judge.Compose(verdicts...), judge.Exit(verdicts...)
	if r.Options.Capacity == CapacityOnly {
		r.Verdict, r.ExitStatus = 0, r.capacityExit()
	}
	if r.Options.Strict && r.Options.Capacity != CapacityOnly {
		r.ExitStatus = judge.ExitCode(r.Verdict)
	}
	switch {
	case r.Interrupted:
		r.ExitStatus = exitcode.Interrupted
	case r.Failure != "":
		r.ExitStatus = exitcode.Environment
	}
	return nil
}

// Excluded reports whether a run of the first phase is no evidence.
func (r *Run) Excluded(run int) bool {
	if r.Parsed == nil || len(r.Phases) == 0 {
		return true
	}
	phase, ok := r.Parsed.Phase(r.Phases[0].Number)
	in := r.Input(phase)
	at := slices.IndexFunc(in.Runs, func(e judge.Evidence) bool { return e.Run == run })
	return !ok || at < 0 || len(judge.Exclusion(in, in.Runs[at])) > 0
}

// capacityExit is the exit status of a run that was to find capacities and nothing else.
func (r *Run) capacityExit() int {
	if len(r.Phases) == 0 {
		return exitcode.NoVerdict
	}
	for _, p := range r.Phases {
		if p.Search == nil || !p.Search.Found.Known() {
			return exitcode.NoVerdict
		}
	}
	return exitcode.Verified
}

// Input is everything that the verdicts on one phase of the run rest on.
func (r *Run) Input(phase suite.Phase) judge.Input {
	in := judge.Input{
		Phase: phase, Claims: r.Parsed.ClaimsOf(phase.Number), Validity: r.Parsed.Plan.Validity,
		Host:    judge.Host{Cores: r.Host.Cores, Online: r.Host.OnlineCores, Memory: suite.Size(r.Host.Memory)},
		Planned: r.Options.Runs,
	}
	for _, p := range r.Phases {
		if p.Number != phase.Number {
			continue
		}
		in.Phase.Rate, in.Memory, in.Capacity = p.Offered, p.MemoryLimit, p.Search.interval()
	}
	in.Runs = r.evidenceOf(phase.Number)
	for _, c := range in.Claims {
		other, ok := r.Parsed.Phase(c.Over) // which stands before this one, and so on: the suite is checked
		if c.Over == 0 || !ok {
			continue
		}
		if in.Over == nil {
			in.Over = map[int]judge.Input{}
		}
		if _, done := in.Over[c.Over]; !done {
			in.Over[c.Over] = r.Input(other)
		}
	}
	in.Like = r.like(phase, in)
	return in
}

// like is what was measured of another phase with the same work, of the fewest workers, if
// some claim on this phase cannot be tested on the host; nil when there is none.
func (r *Run) like(phase suite.Phase, in judge.Input) *judge.Input {
	if !slices.ContainsFunc(in.Claims, func(c suite.Claim) bool { return !judge.Testable(in.Host, c) }) {
		return nil
	}
	var best *judge.Input
	for _, other := range r.Parsed.Phases {
		if other.Number == phase.Number || !other.SameWork(phase) || other.Group == suite.GroupBehaviour {
			continue
		}
		candidate := judge.Input{
			Phase: other, Claims: r.Parsed.ClaimsOf(other.Number), Validity: in.Validity, Host: in.Host,
			Runs: r.evidenceOf(other.Number),
		}
		if len(candidate.Runs) > 0 && (best == nil || other.Workers < best.Phase.Workers) {
			best = &candidate
		}
	}
	return best
}

// evidenceOf is what the finished runs of a phase yielded.
func (r *Run) evidenceOf(number int) []judge.Evidence {
	var all []judge.Evidence
	for _, p := range r.Phases {
		if p.Number != number {
			continue
		}
		for _, t := range p.Trials {
			if !t.Interrupted {
				all = append(all, t.evidence(p.Workers))
			}
		}
	}
	return all
}

// scale is the factor on the documented rates.
func (o Options) scale() float64 {
	if o.RateScale == 0 {
		return 1
	}
	return o.RateScale
}

// WarmupBounds are the bounds of the warm-up.
func (o Options) WarmupBounds() suite.Warmup {
	return suite.Warmup{Least: o.Warmup, Most: max(o.Warmup, o.WarmupMost)}
}

// override is what the options change of the suite.
func (o Options) override() suite.Override {
	warmup := o.WarmupBounds()
	over := suite.Override{Warmup: &warmup, Seed: &o.Seed, Phases: o.Phases, Turns: o.Turns}
	if o.Runs != 0 {
		over.Runs = &o.Runs
	}
	if o.Duration != 0 {
		over.Duration = &o.Duration
	}
	if o.Chaos != 0 {
		over.Chaos = &o.Chaos
	}
	if scale := o.scale(); scale != 1 {
		over.RateScale = &scale
	}
	if len(o.Phases) == 0 {
		over.Phases = nil
	}
	return over
}

// evidence is what the trial yielded.
func (t Trial) evidence(workers int) judge.Evidence {
	return judge.Evidence{
		Run: t.Number, Workers: workers, Window: t.Window, Usage: t.Usage, Noise: t.Noise, Values: t.values(),
		Faults: t.Faults,
	}
}

// values are the metrics that the trial yielded beside its window, by name and in the metric's unit.
func (t Trial) values() map[string]float64 {
	if t.Warm == nil || t.Warm.Steady == 0 && !t.Warm.Ended.Never() {
		return t.Values
	}
	all := maps.Clone(t.Values)
	if all == nil {
		all = map[string]float64{}
	}
	steady := t.Warm.Steady
	if t.Warm.Ended.Never() {
		steady = suite.MaxWarmup // as long as any warm-up can take: what never becomes steady misses every bound
	}
	all[suite.TimeToSteady] = float64(steady) / float64(time.Millisecond)
	return all
}
