package run

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Parts are what a suite is measured with.
type Parts struct {
	System    System
	Disturber Disturber // may be nil when no phase asks for it
	Workload  Workload
	Stores    Stores      // may be nil when no phase needs any
	Secrets   *secret.Set // that nothing printed or archived may hold; may be nil
}

// Options are what a caller says of a measurement beside its suite.
type Options struct {
	Ref      archive.SuiteRef // where the suite stands
	Override suite.Override   // what is wanted other than the suite has it
	// Parts are what is measured with, for the suite with the override applied.
	Parts   func(with *suite.Suite) (Parts, error)
	Build   archive.Build // of the program; the zero value: what it knows of itself
	Out     string        // folder in which the archive's folder is made
	Observe func(Event)   // progress; may be nil
	// Origin says when the load of a run is to start, at the earliest, and may wait; nil: at once.
	Origin func(ctx context.Context) time.Time
	// Keep is asked for what keeps the requests of a run, see [Config]; nil: nothing does.
	Keep func(phase suite.Phase, run int, url string) Keeper
	// Archived are those options that are neither the suite's plan nor the override: the stores that
	// were asked for, what is searched for, how the system was started. The others are filled in.
	Archived archive.Options
}

// Prepare makes the one invocation of the pipeline that a suite and the options ask for, on this host
// and by its clock. An error says what is wrong with the suite or the options; nothing was started.
func Prepare(s *suite.Suite, o Options) (Config, error) {
	with, err := s.With(o.Override)
	if err != nil {
		return Config{}, err
	}
	parts, err := o.Parts(with)
	if err != nil {
		return Config{}, err
	}
	if o.Build == (archive.Build{}) {
		o.Build = archive.ThisBuild()
	}
	return Config{
		Suite: with, Ref: o.Ref, Options: archived(with, o), Host: probe.HostInfo(), Build: o.Build,
		System: parts.System, Disturber: parts.Disturber, Workload: parts.Workload, Stores: parts.Stores,
		Secrets: parts.Secrets,
		Out:     o.Out, ID: archive.NewID(time.Now(), rand.Reader), Observe: o.Observe,
		Now: time.Now, Spin: probe.Spin, Settle: probe.Settle, Origin: o.Origin, Keep: o.Keep,
	}, nil
}

// archived are the options as the archive has them.
func archived(with *suite.Suite, o Options) archive.Options {
	a := o.Archived
	a.Runs, a.Duration, a.Seed = with.Plan.Runs, with.Plan.Duration, with.Plan.Seed
	a.Warmup, a.WarmupMost = with.Plan.Warmup.Least, with.Plan.Warmup.Most
	a.RateScale = 1
	if o.Override.RateScale != nil {
		a.RateScale = *o.Override.RateScale
	}
	if o.Override.Chaos != nil {
		a.Chaos = *o.Override.Chaos
	}
	a.Turns, a.Phases = o.Override.Turns, nil
	for _, p := range with.Phases {
		a.Phases = append(a.Phases, p.Number)
	}
	return a
}
