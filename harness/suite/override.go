package suite

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/suite/internal/form"
)

// Limits of an override's factor on the documented rates.
const (
	MinScale = 0.001
	MaxScale = 1000.0
)

// Override is what a caller wants other than the suite has it; nil keeps the suite's value.
type Override struct {
	Runs      *int
	Duration  *time.Duration
	Warmup    *Warmup
	RateScale *float64 // factor on the offered rates and on the claims on them, from [MinScale] to [MaxScale]
	Seed      *uint64
	Phases    []int   // numbers of the phases to keep, in any order; none: all
	Groups    []Group // groups of phases to keep; none: all
	// Chaos keeps the phases with [DisturbChaos] too, each with a measurement window of that length. Without it
	// they are kept only when Phases names them.
	Chaos *time.Duration
	// Turns has every phase loaded in turns with another build; nil: throughout.
	Turns *Turns
}

// FlagError says why an override cannot be applied.
type FlagError struct {
	Flag    string // as on the command line, e.g. "--runs"
	Message string
	Allowed string
}

// Error returns all parts in one line.
func (e *FlagError) Error() string { return e.Flag + ": " + e.Message + "; allowed: " + e.Allowed }

// With returns a copy of the suite with the override applied. Claims stay as documented,
// except that a rate scale scales the claimed rates along with the offered ones. The
// error joins a [*FlagError] for each thing that is wrong.
func (s *Suite) With(o Override) (*Suite, error) {
	c := s.clone()
	err := errors.Join(c.overridePlan(o), c.keep(o), c.scaleRates(o.RateScale))
	if err == nil {
		err = c.takeTurns(o.Turns)
	}
	if err == nil {
		err = c.enoughRequests(o)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// clone copies everything that an override may change.
func (s *Suite) clone() *Suite {
	c := *s
	c.Workloads = slices.Clone(s.Workloads)
	for i := range c.Workloads {
		c.Workloads[i].Mix = slices.Clone(c.Workloads[i].Mix)
	}
	c.Phases = slices.Clone(s.Phases)
	for i := range c.Phases {
		c.Phases[i].Stores = slices.Clone(c.Phases[i].Stores)
	}
	c.Claims = slices.Clone(s.Claims)
	return &c
}

func (s *Suite) overridePlan(o Override) error {
	var errs []error
	if o.Runs != nil {
		s.Plan.Runs = *o.Runs
		if *o.Runs < 1 || *o.Runs > MaxRuns {
			errs = append(errs,
				&FlagError{"--runs", fmt.Sprintf("%d is out of range", *o.Runs), fmt.Sprintf("from 1 to %d", MaxRuns)})
		}
	}
	if o.Duration != nil {
		s.Plan.Duration = *o.Duration
		errs = append(errs, flagDuration("--duration", *o.Duration, MinDuration, MaxDuration))
	}
	if o.Warmup != nil {
		s.Plan.Warmup = *o.Warmup
		err := flagDuration("--warmup", o.Warmup.Least, 0, MaxWarmup)
		if err == nil {
			err = flagDuration("--warmup", o.Warmup.Most, 0, MaxWarmup)
		}
		errs = append(errs, err)
		if o.Warmup.Most < o.Warmup.Least {
			errs = append(errs, &FlagError{
				"--warmup", fmt.Sprintf("from %v to %v is out of order", o.Warmup.Least, o.Warmup.Most),
				"most no shorter than least",
			})
		}
	}
	if o.Seed != nil {
		s.Plan.Seed = *o.Seed
	}
	return errors.Join(errs...)
}

func flagDuration(flag string, d, least, most time.Duration) error {
	if d < least || d > most {
		return &FlagError{flag, fmt.Sprintf("%v is out of range", d), fmt.Sprintf("from %v to %v", least, most)}
	}
	return nil
}

// keep drops the phases that are not wanted, with the claims on them.
func (s *Suite) keep(o Override) error {
	if err := s.checkGroups(o.Groups); err != nil {
		return err
	}
	var wanted []int
	chaos := false
	for i := range s.Phases {
		p := &s.Phases[i]
		named := slices.Contains(o.Phases, p.Number)
		grouped := (len(o.Groups) == 0 || slices.Contains(o.Groups, p.Group)) && (len(o.Phases) == 0 || named)
		if p.Disturb == DisturbChaos {
			if chaos, grouped = true, named; o.Chaos != nil {
				p.Duration, grouped = *o.Chaos, true
			}
		}
		if grouped {
			wanted = append(wanted, p.Number)
		}
	}
	if o.Chaos != nil {
		if !chaos {
			return &FlagError{"--chaos", "the suite has no phase with disturb: chaos",
				"a suite that has one, such as the built-in one"}
		}
		if err := flagDuration("--chaos", *o.Chaos, MinDuration, MaxDuration); err != nil {
			return err
		}
	}
	if err := s.checkPhases(o.Phases); err != nil {
		return err
	}
	return s.keepPhases(wanted)
}

// checkGroups refuses a group that the suite has no phase of.
func (s *Suite) checkGroups(wanted []Group) error {
	var has []Group
	for _, p := range s.Phases {
		if !slices.Contains(has, p.Group) {
			has = append(has, p.Group)
		}
	}
	for _, g := range wanted {
		if !slices.Contains(has, g) {
			return &FlagError{"--group", fmt.Sprintf("the suite has no phase of the group %s", form.Quote(string(g))),
				strings.Trim(fmt.Sprint(has), "[]")}
		}
	}
	return nil
}

// checkPhases refuses the number of a phase that the suite has not.
func (s *Suite) checkPhases(wanted []int) error {
	var known []string
	for _, p := range s.Phases {
		known = append(known, fmt.Sprint(p.Number))
	}
	allowed := strings.Join(known, ", ")
	var errs []error
	for i, number := range wanted {
		if _, ok := s.Phase(number); !ok {
			errs = append(errs, &FlagError{"--phase", fmt.Sprintf("the suite has no phase %d", number), allowed})
		}
		if slices.Contains(wanted[:i], number) {
			errs = append(errs,
				&FlagError{"--phase", fmt.Sprintf("phase %d is named twice", number), "each phase once"})
		}
	}
	return errors.Join(errs...)
}

// keepPhases drops all phases but the wanted ones, with the claims on them.
func (s *Suite) keepPhases(wanted []int) error {
	if len(wanted) == 0 {
		return &FlagError{"--phase", "no phase of the named groups has one of the named numbers",
			"a number of a phase of those groups"}
	}
	s.Phases = slices.DeleteFunc(s.Phases, func(p Phase) bool { return !slices.Contains(wanted, p.Number) })
	s.Claims = slices.DeleteFunc(s.Claims, func(c Claim) bool {
		return !slices.Contains(wanted, c.Phase) || (c.Over != 0 && !slices.Contains(wanted, c.Over))
	})
	return nil
}

// scaleRates multiplies the offered rates and the claims on the rate.
func (s *Suite) scaleRates(scale *float64) error {
	if scale == nil {
		return nil
	}
	allowed := fmt.Sprintf("from %sx to %sx", decimal(MinScale), decimal(MaxScale))
	if math.IsNaN(*scale) || *scale < MinScale || *scale > MaxScale {
		return &FlagError{"--rate", decimal(*scale) + "x is out of range", allowed}
	}
	var errs []error
	for i := range s.Phases {
		p := &s.Phases[i]
		p.Rate *= Rate(*scale)
		p.Shape = p.Shape.scaled(*scale)
		if p.Rate < MinRate || p.Rate > MaxRate {
			errs = append(errs, &FlagError{"--rate", fmt.Sprintf("phase %d would be offered %v", p.Number, p.Rate),
				fmt.Sprintf("a factor that leaves every rate from %v to %v", Rate(MinRate), Rate(MaxRate))})
		}
	}
	for i := range s.Claims {
		if s.Claims[i].Metric == Goodput && s.Claims[i].Over == 0 {
			s.Claims[i].Value.Value *= *scale
		}
	}
	return errors.Join(errs...)
}

// enoughRequests refuses an override that leaves a window without a request.
func (s *Suite) enoughRequests(o Override) error {
	flag := "--duration"
	if o.RateScale != nil {
		flag = "--rate"
	}
	var errs []error
	for _, p := range s.Phases {
		if err := enough(p.Shape.Mean(p.Rate), s.Plan.Duration); err != nil {
			errs = append(errs, &FlagError{flag, fmt.Sprintf("phase %d: %s", p.Number, err.Message), err.Allowed})
		}
	}
	return errors.Join(errs...)
}
