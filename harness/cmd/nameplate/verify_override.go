package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// override is what the flags change of the suite.
func (k verifyCommand) override(s *suite.Suite) (suite.Override, error) {
	o := suite.Override{Runs: k.Runs, Seed: k.Seed, Phases: k.Phase, Turns: k.turns()}
	if !slices.Contains(k.Group, "all") {
		for _, name := range k.Group {
			o.Groups = append(o.Groups, suite.Group(name))
		}
	}
	if len(k.Group) == 0 && len(k.Phase) == 0 && hasGroup(s, suite.GroupPhases) {
		o.Groups = []suite.Group{suite.GroupPhases}
	}
	var err error
	if o.Duration, err = durationFlag("--duration", k.Duration); err != nil {
		return o, err
	}
	warmup, err := durationFlag("--warmup", k.Warmup)
	if err != nil {
		return o, err
	}
	if warmup != nil {
		fixed := suite.FixedWarmup(*warmup)
		o.Warmup = &fixed
	}
	if o.Chaos, err = durationFlag("--chaos", k.Chaos); err != nil {
		return o, err
	}
	if k.Rate != nil {
		scale, err := suite.ParseScale(*k.Rate)
		if err != nil {
			return o, fmt.Errorf("--rate: %w", err)
		}
		o.RateScale = &scale
	}
	return o, nil
}

func hasGroup(s *suite.Suite, g suite.Group) bool {
	return slices.ContainsFunc(s.Phases, func(p suite.Phase) bool { return p.Group == g })
}

func durationFlag(name string, text *string) (*time.Duration, error) {
	if text == nil {
		return nil, nil
	}
	d, err := suite.ParseDuration(*text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &d, nil
}
