package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// overrideOf is what the flags that several commands have want other than the suite has it.
func overrideOf(seed *uint64, duration, warmup *string) (suite.Override, error) {
	o := suite.Override{Seed: seed}
	var err error
	if o.Duration, err = durationFlag("--duration", duration); err != nil {
		return o, err
	}
	fixed, err := durationFlag("--warmup", warmup)
	if fixed != nil {
		w := suite.FixedWarmup(*fixed)
		o.Warmup = &w
	}
	return o, err
}

// choose wants the phases and the groups that flags name; where they name none, the group of phases, if there is one.
func choose(o *suite.Override, s *suite.Suite, phases []int, groups []string) {
	o.Phases = phases
	if !slices.Contains(groups, "all") {
		for _, name := range groups {
			o.Groups = append(o.Groups, suite.Group(name))
		}
	}
	if len(groups) == 0 && len(phases) == 0 && hasGroup(s, suite.GroupPhases) {
		o.Groups = []suite.Group{suite.GroupPhases}
	}
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
