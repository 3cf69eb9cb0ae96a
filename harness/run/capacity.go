package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/capacity"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// How a capacity is searched for.
const (
	searchResolution = 0.1
	searchRuns       = 16
)

// search looks for the highest rate at which a phase still meets its claims, from the
// documented rate on, with fresh processes for every run. Each run is archived as it ends.
func (p *pipeline) search(ctx context.Context, phase suite.Phase, memory suite.Size, stores *phaseStores) error {
	s := &archive.Search{
		Start: float64(phase.Rate), Most: p.Options.UpTo, Resolution: searchResolution, MaxRuns: searchRuns,
	}
	return p.seek(phase, s, func(at suite.Phase, number int) (*archive.Trial, error) {
		if err := stores.ready(ctx, p.record()); err != nil {
			return nil, err
		}
		return p.trial(ctx, at, kindSearch, number, memory, stores)
	})
}

// errEnough ends a search before it has come to its own end.
var errEnough = errors.New("enough")

// seek makes the runs of a search, and archives each as it ends. The search ends by itself, or when try fails;
// with [errEnough] that is no failure.
func (p *pipeline) seek(
	phase suite.Phase, s *archive.Search, try func(at suite.Phase, number int) (*archive.Trial, error),
) error {
	searching, err := capacity.New(s.Config())
	if err != nil {
		return fmt.Errorf("%s: %w", phase.Title(), err)
	}
	p.record().Search = s
	for number := 1; ; number++ {
		rate, more := searching.Next()
		if !more {
			return p.save()
		}
		at := phase
		at.Rate, at.Shape = suite.Rate(rate), suite.Shape{} // a capacity is a rate that is sustained
		p.observe(Event{
			Stage: StageStart, Phase: at, Search: true, Message: fmt.Sprintf("capacity: trying %.0f req/s", rate),
		})
		trial, err := try(at, number)
		if trial != nil {
			t := archive.SearchTrial{Offered: at.Rate, Trial: *trial}
			outcome, why := p.run.Outcome(phase, *s, t)
			t.Outcome, t.Why = outcome.String(), why
			s.Trials = append(s.Trials, t)
			p.observe(Event{
				Stage: StageTried, Phase: at, Search: true, Trial: &t.Trial, Message: t.Outcome, Invalid: why,
			})
			if saveErr := p.save(); saveErr != nil {
				return saveErr
			}
			if err == nil {
				err = searching.Record(rate, outcome)
			}
		}
		switch {
		case errors.Is(err, errEnough):
			return p.save()
		case err != nil:
			return err
		}
	}
}
