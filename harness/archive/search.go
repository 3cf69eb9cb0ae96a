package archive

import (
	"fmt"
	"time"

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
	Resolution float64       `json:"resolution"`     // width of the interval wanted, as a share of its lower end
	MaxRuns    int           `json:"max_runs"`
	Limit      time.Duration `json:"limit_ns,omitempty"` // for the whole search; 0: none
	// Slack is the share of the offered rate that a run of the search may fall short of it by, beside the claim's own
	// tolerance: in a short window the answers in flight at its edges weigh more.
	Slack  suite.Share   `json:"slack,omitempty"`
	Trials []SearchTrial `json:"trials"` // in the order in which they were made
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
	// Bottleneck is the resource that was short first.
	Bottleneck string `json:"bottleneck"`
}

// Known reports whether there is a capacity, or a bound on it from below.
func (f *Found) Known() bool { return f != nil && f.Capacity > 0 && !f.AtMost }

// interval is the capacity that was found; nil when none is known, or no search was made.
func (s *Search) interval() *judge.Interval {
	if s == nil || !s.Found.Known() {
		return nil
	}
	return &judge.Interval{Value: s.Found.Capacity, Low: s.Found.Low, High: s.Found.High, AtLeast: s.Found.AtLeast}
}

// Config is what the search was made with.
func (s Search) Config() capacity.Config {
	return capacity.Config{Start: s.Start, Most: s.Most, Resolution: s.Resolution, MaxRuns: s.MaxRuns}
}

// Outcome is what a trial of a search says, judged by the phase's claims at its own rate,
// with the reasons when it says nothing or a bound was missed.
func (r *Run) Outcome(phase suite.Phase, s Search, t SearchTrial) (capacity.Outcome, []string) {
	in := r.Input(phase)
	in.Phase.Shape = suite.Shape{}
	in.Phase.Rate, in.Claims = t.Offered, capacity.ClaimsAt(in.Claims, t.Offered, s.Slack)
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
		outcome, why := r.Outcome(phase, *s, *t)
		t.Outcome, t.Why = outcome.String(), why
		if err := search.Record(float64(t.Offered), outcome); err != nil {
			return fmt.Errorf("search of %s, run %d: %w", phase.Title(), i+1, err)
		}
		if outcome == capacity.Met {
			loads = append(loads, capacity.LoadOf(t.Window, t.Usage, phase.Workers, r.Host.Cores))
		}
	}
	found := search.Result()
	if _, more := search.Next(); more && s.Limit > 0 {
		found.Reason = fmt.Sprintf("the time for the search, %g s, was up", s.Limit.Seconds())
	}
	s.Found = &Found{
		Capacity: found.Capacity, Low: found.Low, High: found.High, Level: found.Level, AtLeast: found.AtLeast,
		AtMost: found.AtMost, Reason: found.Reason,
		Bottleneck: capacity.Bottleneck(capacity.Limits(loads, found.Capacity)),
	}
	return nil
}

// kind is a kind of trials.
type kind struct {
	name, letter string // letter is that of its files
	trials       []*Trial
}

// kinds are the trials of a phase by what they are for.
func (p *Phase) kinds() []kind {
	judged, searched := kind{name: "run", letter: "r"}, kind{name: "search run", letter: "s"}
	for i := range p.Trials {
		judged.trials = append(judged.trials, &p.Trials[i])
	}
	if p.Search != nil {
		for i := range p.Search.Trials {
			searched.trials = append(searched.trials, &p.Search.Trials[i].Trial)
		}
	}
	return []kind{judged, searched}
}

// all are the trials of a phase, those of its search included.
func (p *Phase) all() []*Trial {
	var all []*Trial
	for _, k := range p.kinds() {
		all = append(all, k.trials...)
	}
	return all
}
