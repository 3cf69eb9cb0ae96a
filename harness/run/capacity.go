package run

import (
	"context"
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/capacity"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// How a capacity is searched for.
const (
	searchResolution = 0.1
	searchRuns       = 16
	// searchNumber is where the numbers of a search's runs start, beyond those of judged runs.
	searchNumber = suite.MaxRuns + 1
)

// search looks for the highest rate at which a phase still meets its claims, from the
// documented rate on. Each of its runs is archived as it ends.
func (p *pipeline) search(ctx context.Context, phase suite.Phase, memory suite.Size, stores *phaseStores) error {
	s := &archive.Search{Start: float64(phase.Rate), Most: p.Options.UpTo, Resolution: searchResolution, MaxRuns: searchRuns}
	searching, err := capacity.New(s.Config())
	if err != nil {
		return fmt.Errorf("%s: %w", phase.Title(), err)
	}
	p.record().Search = s
	for number := searchNumber; ; number++ {
		rate, more := searching.Next()
		if !more {
			return p.save()
		}
		at := phase
		at.Rate, at.Shape = suite.Rate(rate), suite.Shape{} // a capacity is a rate that is sustained
		p.observe(Event{Stage: StageStart, Phase: at, Message: fmt.Sprintf("capacity: trying %.0f req/s", rate)})
		if err := stores.ready(ctx, p.record()); err != nil {
			return err
		}
		trial, err := p.trial(ctx, at, number, memory, stores)
		if trial != nil {
			t := archive.SearchTrial{Offered: at.Rate, Trial: *trial}
			outcome, why := p.run.Outcome(phase, t)
			t.Outcome, t.Why = outcome.String(), why
			p.record().Search.Trials = append(p.record().Search.Trials, t)
			p.observe(Event{Stage: StageTried, Phase: at, Trial: &t.Trial, Message: t.Outcome, Invalid: why})
			if saveErr := p.save(); saveErr != nil {
				return saveErr
			}
			if err == nil {
				err = searching.Record(rate, outcome)
			}
		}
		if err != nil {
			return err
		}
	}
}
