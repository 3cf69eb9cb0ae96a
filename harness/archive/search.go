package archive

import (
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/capacity"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Capacity is what is asked of a run beside the verdicts.
type Capacity string

// What can be asked.
const (
	CapacityNot  Capacity = ""     // no capacity
	CapacityAlso Capacity = "also" // the capacity of each phase, after its judged runs
	CapacityOnly Capacity = "only" // the capacity, and no verdict
)

// Search is the search for the highest rate that a phase sustains within its bounds.
type Search struct {
	Start      float64       `json:"start"`          // first rate, req/s
	Most       float64       `json:"most,omitempty"` // highest rate allowed, req/s; 0: 1024 times Start
	Resolution float64       `json:"resolution"`     // width of the interval that was wanted, as a share of its lower end
	MaxRuns    int           `json:"max_runs"`
	Trials     []SearchTrial `json:"trials"` // in the order in which they were made
	// Found is what came of the trials. It follows from them: see [Run.Judge].
	Found *Found `json:"found,omitempty"`
}

// SearchTrial is one run of a search.
type SearchTrial struct {
	Offered suite.Rate `json:"offered"`
	Outcome string     `json:"outcome"` // met, missed, generator-bound or void; follows from the trial
	Why     []string   `json:"why,omitempty"`
	Trial
}

// Found is a capacity.
type Found struct {
	Capacity float64 `json:"capacity"` // req/s; 0 when nothing is known
	Low      float64 `json:"low"`      // interval that holds it with the chance Level, req/s
	High     float64 `json:"high"`     // 0: no upper end
	Level    float64 `json:"level"`
	AtLeast  bool    `json:"at_least"` // it is this or more
	AtMost   bool    `json:"at_most"`  // it is below this
	Reason   string  `json:"reason"`   // why the search ended
	// Bottleneck says what was used up first.
	Bottleneck string `json:"bottleneck"`
}

// Known reports whether there is a capacity, or a bound on it from below.
func (f *Found) Known() bool { return f != nil && f.Capacity > 0 && !f.AtMost }

// Config is what the search was made with.
func (s Search) Config() capacity.Config {
	return capacity.Config{Start: s.Start, Most: s.Most, Resolution: s.Resolution, MaxRuns: s.MaxRuns}
}

// Outcome is what a trial of a search says, judged by the phase's claims at its own rate,
// with the reasons when it says nothing or a bound was missed.
func (r *Run) Outcome(phase suite.Phase, t SearchTrial) (capacity.Outcome, []string) {
	in := r.Input(phase)
	in.Phase.Shape = suite.Shape{}
	in.Phase.Rate, in.Claims = t.Offered, capacity.ClaimsAt(in.Claims, t.Offered)
	if t.Interrupted {
		return capacity.Void, []string{"interrupted"}
	}
	met, excluded, generator, reasons := judge.Once(in, t.evidence(phase.Workers))
	switch {
	case generator:
		return capacity.GeneratorBound, reasons
	case met:
		return capacity.Met, nil
	case excluded:
		return capacity.Void, reasons
	}
	return capacity.Missed, reasons
}

// find replays the search on its trials, and fills in what each says and what was found.
func (r *Run) find(phase suite.Phase, s *Search) error {
	search, err := capacity.New(s.Config())
	if err != nil {
		return err
	}
	var loads []capacity.Load
	for i := range s.Trials {
		t := &s.Trials[i]
		outcome, why := r.Outcome(phase, *t)
		t.Outcome, t.Why = outcome.String(), why
		if err := search.Record(float64(t.Offered), outcome); err != nil {
			return fmt.Errorf("search of %s, run %d: %w", phase.Title(), i+1, err)
		}
		if outcome == capacity.Met {
			loads = append(loads, capacity.LoadOf(t.Window, t.Usage, phase.Workers, r.Host.Cores))
		}
	}
	found := search.Result()
	s.Found = &Found{
		Capacity: found.Capacity, Low: found.Low, High: found.High, Level: found.Level, AtLeast: found.AtLeast, AtMost: found.AtMost,
		Reason: found.Reason, Bottleneck: capacity.Bottleneck(capacity.Limits(loads, found.Capacity)),
	}
	return nil
}

// all are the trials of a phase, those of its search included.
func (p *Phase) all() []*Trial {
	var all []*Trial
	for i := range p.Trials {
		all = append(all, &p.Trials[i])
	}
	if p.Search != nil {
		for i := range p.Search.Trials {
			all = append(all, &p.Search.Trials[i].Trial)
		}
	}
	return all
}
