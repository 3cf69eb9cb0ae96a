// Package figures works out, once for all renditions, what a report says of a run: the
// figures of each phase pooled over the runs that count, and how numbers and foreign
// text are written. It draws nothing and judges nothing anew.
package figures

import (
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Report is a run with everything that its renditions show.
type Report struct {
	Run    *archive.Run
	Phases []Phase // in the order of the suite; also those that were never started
}

// Phase is one phase with its verdicts and its runs.
type Phase struct {
	archive.Phase
	Source  string         // where the document describes it; "" when unknown
	Results []judge.Result // in the order of the suite
	Verdict judge.Verdict  // of the results together; the zero value when there are none
	Runs    []Run
	Pool    *Pool // of the runs that count; nil when none does
	// Excluded are the excluded runs taken together, where no run counts; else nil.
	Excluded *Pool
}

// Shown are the figures to show of the phase, and whether they are those of excluded runs, since none counts.
func (p Phase) Shown() (pool *Pool, excluded bool) {
	if p.Pool == nil && p.Excluded != nil {
		return p.Excluded, true
	}
	return p.Pool, false
}

// Run is one independent run of a phase.
type Run struct {
	archive.Trial
	Reasons []judge.Reason // why it is excluded; none when it counts
	Pool    *Pool          // of this run alone; nil when it has no window
}

// Counts reports whether the run is evidence.
func (r Run) Counts() bool { return len(r.Reasons) == 0 }

// Of works out the report on a judged run. The run is not changed.
func Of(run *archive.Run) (*Report, error) {
	report := &Report{Run: run}
	for _, number := range phaseNumbers(run) {
		p := Phase{Phase: archive.Phase{Number: number}}
		if run.Parsed != nil {
			if documented, ok := run.Parsed.Phase(number); ok {
				p.Phase = archive.Phase{
					Number: number, Name: documented.Name, Group: documented.Group, Disturb: documented.Disturb,
					System: documented.System, Workers: documented.Workers, Documented: documented.Memory,
					Offered: documented.Rate, Shape: documented.Shape,
				}
				p.Source = documented.Source
			}
		}
		for _, measured := range run.Phases {
			if measured.Number == number {
				p.Phase = measured
			}
		}
		if err := p.fill(run); err != nil {
			return nil, err
		}
		report.Phases = append(report.Phases, p)
	}
	return report, nil
}

// fill adds the results, the runs and their pool.
func (p *Phase) fill(run *archive.Run) error {
	var verdicts []judge.Verdict
	for _, r := range run.Results {
		if r.Phase == p.Number {
			p.Results, verdicts = append(p.Results, r), append(verdicts, r.Verdict)
		}
	}
	if len(verdicts) > 0 {
		p.Verdict = judge.Compose(verdicts...)
	}
	var counted []archive.Trial
	for _, t := range p.Trials {
		r := Run{Trial: t, Reasons: reasons(run, p.Phase, t)}
		var err error
		if r.Pool, err = pool([]archive.Trial{t}, p.Workers); err != nil {
			return err
		}
		if r.Counts() {
			counted = append(counted, t)
		}
		p.Runs = append(p.Runs, r)
	}
	var err error
	if p.Pool, err = pool(counted, p.Workers); err == nil && p.Pool == nil {
		p.Excluded, err = pool(p.Trials, p.Workers)
	}
	return err
}

// phaseNumbers are the phases that the suite, the measurements and the results name.
func phaseNumbers(run *archive.Run) []int {
	var numbers []int
	add := func(n int) {
		if !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	if run.Parsed != nil {
		for _, p := range run.Parsed.Phases {
			add(p.Number)
		}
	}
	for _, p := range run.Phases {
		add(p.Number)
	}
	for _, r := range run.Results {
		add(r.Phase)
	}
	return numbers
}

// reasons says why a run is no evidence, by the guards that the verdicts rest on.
func reasons(run *archive.Run, p archive.Phase, t archive.Trial) []judge.Reason {
	switch {
	case t.Interrupted:
		return []judge.Reason{{Code: judge.Interrupted}}
	case t.Window == nil || t.Window.Response == nil:
		return []judge.Reason{{Code: judge.NoSamples}}
	case run.Parsed == nil:
		return nil
	}
	documented, ok := run.Parsed.Phase(p.Number)
	if !ok {
		return nil
	}
	in := run.Input(documented)
	for _, e := range in.Runs {
		if e.Run == t.Number {
			return judge.Exclusion(in, e)
		}
	}
	return nil
}

// Counted is how many runs are evidence.
func (p Phase) Counted() int {
	n := 0
	for _, r := range p.Runs {
		if r.Counts() {
			n++
		}
	}
	return n
}

// Result is the verdict on the phase's first claim on a metric.
func (p Phase) Result(metric string) (judge.Result, bool) {
	for _, r := range p.Results {
		if r.Metric == metric {
			return r, true
		}
	}
	return judge.Result{}, false
}

// Provider is what one kind of store ran on, over all phases.
type Provider struct {
	archive.Provider
	Phases []int // that ran on it
}

// String is the provider in one line, e.g. "local PostgreSQL 17.2".
func (p Provider) String() string { return ProviderName(p.Provider) }

// ProviderName is a provider in one line, e.g. "local PostgreSQL 17.2".
func ProviderName(p archive.Provider) string {
	return Clean(strings.Join(strings.Fields(p.Provider+" "+p.Product+" "+p.Version), " "))
}

// Providers lists what the stores of all phases ran on, each once.
func (r *Report) Providers() []Provider {
	var all []Provider
	for _, p := range r.Phases {
		for _, on := range p.Providers {
			i := slices.IndexFunc(all, func(o Provider) bool {
				return o.Store == on.Store && ProviderName(o.Provider) == ProviderName(on)
			})
			if i < 0 {
				all = append(all, Provider{Provider: on})
				i = len(all) - 1
			}
			all[i].Phases = append(all[i].Phases, p.Number)
		}
	}
	return all
}

// Excluded is a run that is no evidence.
type Excluded struct {
	Phase   string // e.g. "phase 2"
	Run     int
	Reasons []string
}

// Excluded lists the runs that are no evidence, in the order of the phases.
func (r *Report) Excluded() []Excluded {
	var all []Excluded
	for _, p := range r.Phases {
		for _, t := range p.Runs {
			if !t.Counts() {
				all = append(all, Excluded{p.Title(), t.Number, CleanAll(judge.Texts(t.Reasons))})
			}
		}
	}
	return all
}

// Notes is everything that a reader of the figures must know, each line once.
func (r *Report) Notes() []string {
	var notes []string
	add := func(note string) {
		if note = Clean(note); note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	for _, n := range r.Run.Notes {
		add(n)
	}
	if scale := r.Run.Options.RateScale; scale != 0 && scale != 1 {
		add("the rates were " + Number(scale) + " times the documented ones")
	}
	for _, p := range r.Providers() {
		for _, n := range p.Notes {
			add(string(p.Store) + ", " + p.String() + ": " + n)
		}
		for _, s := range p.Skipped {
			add(string(p.Store) + ", " + p.String() + ": not " + s)
		}
	}
	return notes
}

// Why is a result's reasons without what a table shows beside them: the median, and
// the runs that are excluded.
func Why(r judge.Result) []string {
	var why []string
	for _, reason := range r.Whys {
		switch reason.Code {
		case judge.WhyMedian, judge.WhyScaled, judge.WhyRun:
		default:
			why = append(why, Clean(reason.Text))
		}
	}
	return why
}

// Symbol is the sign of a comparison: ≥ or ≤.
func Symbol(op suite.Op) string {
	if op == suite.AtLeast {
		return "≥"
	}
	return "≤"
}
