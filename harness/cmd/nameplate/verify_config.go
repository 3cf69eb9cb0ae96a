package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// config combines suite and flags, and refuses what is wrong before anything starts.
func (k verifyCommand) config(c console, templates *fixtures.Templates, observe func(run.Event)) (run.Config, error) {
	s, ref, err := k.suite()
	if err != nil {
		return run.Config{}, err
	}
	override, overrideErr := k.override(s)
	slowdown, slowdownErr := k.slowdown()
	if err := errors.Join(overrideErr, slowdownErr, k.suits(s, override, slowdown)); err != nil {
		return run.Config{}, usageError{errors.Join(err, fixtures.CheckWant(k.Stores))}
	}
	setup := reference.Setup{
		Dir: filepath.Dir(k.Suite), IOwn: k.IOwn, Env: c.getenv, Stores: k.Stores, Templates: templates,
		Cluster: reference.Cluster{Slowdown: slowdown, Profile: k.Profile},
	}
	config, err := run.Prepare(s, run.Options{
		Ref: ref, Override: override, Parts: setup.Parts, Build: buildInfo(), Out: k.Out, Observe: observe,
		Origin: k.origin(),
		Archived: archive.Options{
			Stores: k.Stores, Strict: k.Strict, Capacity: k.capacity(), Headroom: k.headroom(s), UpTo: k.upTo,
			Slowdown: slowdown, Profiled: k.Profile != "",
		},
	})
	if err != nil {
		return run.Config{}, usageError{err}
	}
	if k.Profile != "" {
		if err := os.MkdirAll(k.Profile, 0o755); err != nil {
			return run.Config{}, &run.EnvironmentError{Where: "make the folder of profiles", Err: err}
		}
	}
	return config, nil
}

// suits refuses what must not, or cannot, be done to the suite's system.
func (k verifyCommand) suits(s *suite.Suite, o suite.Override, slowdown time.Duration) error {
	system := s.System.Traits()
	switch {
	case !system.Reference && slowdown > 0:
		return errors.New(
			"--slowdown: only the reference cluster can be slowed down; allowed: a suite without a system",
		)
	case !system.Reference && k.Profile != "":
		return errors.New("--profile: only the reference cluster writes profiles; allowed: a suite without a system")
	case !system.Started && o.RateScale != nil && *o.RateScale > 1:
		return errors.New(
			"--rate: rates above the suite's are refused on a system that runs already; allowed: at most 1x",
		)
	case !system.Started && k.capacity() != archive.CapacityNot && k.upTo == 0:
		return errors.New(
			"a capacity is searched for at rates above the suite's, which are refused on a system that runs already",
		)
	}
	return nil
}

func (k verifyCommand) suite() (*suite.Suite, archive.SuiteRef, error) {
	if k.made != nil {
		return parseSuite("made for this run", k.made)
	}
	return readSuite(k.Suite)
}

func (k verifyCommand) slowdown() (time.Duration, error) {
	d, err := durationFlag("--slowdown", k.Slowdown)
	switch {
	case err != nil || d == nil:
		return 0, err
	case *d > time.Second:
		return 0, fmt.Errorf("--slowdown: %v is out of range; allowed: 0 s to 1 s", *d)
	}
	return *d, nil
}

func (k verifyCommand) capacity() archive.Capacity {
	switch {
	case k.only:
		return archive.CapacityOnly
	case k.Capacity:
		return archive.CapacityAlso
	}
	return archive.CapacityNot
}

// headroom reports whether the capacity of each phase is searched for in a short time. It is not where that would load
// a system that runs already beyond the suite's rates, nor where it would mix with what is profiled, nor beside a
// thorough search.
func (k verifyCommand) headroom(s *suite.Suite) bool {
	return k.Headroom && s.System.Traits().Started && k.Profile == "" && k.capacity() == archive.CapacityNot
}
