package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// verifyCommand drives a suite.
type verifyCommand struct {
	Suite    string   `arg:"" optional:"" help:"Suite file; the built-in suite when none is named."`
	Phase    []int    `help:"Only these phases, by number." placeholder:"N"`
	Group    []string `help:"Only phases of these groups: phases, benchmarks, behaviour or all; phases when neither group nor phase is named." placeholder:"GROUP"`
	Runs     *int     `help:"Independent runs a phase; fewer than 5 give no verdict." placeholder:"N"`
	Duration *string  `help:"Length of a run's measurement window, e.g. 5s." placeholder:"TIME"`
	Warmup   *string  `help:"Fixed length of the warm-up before it, e.g. 2s, instead of until the system is warm." placeholder:"TIME"`
	Rate     *string  `help:"Scale the documented rates, e.g. 0.5x or 20x." placeholder:"FACTOR"`
	Stores   string   `help:"Stores to use: auto, external, containers, local or embedded, or one for each, e.g. postgres=local,redis=embedded." default:"auto" env:"NAMEPLATE_STORES"`
	Seed     *uint64  `help:"Seed of every random choice." placeholder:"N"`
	IOwn     []string `help:"A host other than this machine that you may load." placeholder:"HOST" name:"i-own"`
	Out      string   `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	Capacity bool     `help:"Also search for the highest rate that meets the bounds, for each phase."`
	Headroom bool     `help:"Search for each phase's capacity in a short time after its runs (at most 10 s), for its headroom." default:"true" negatable:"" env:"NAMEPLATE_HEADROOM"`
	Chaos    *string  `help:"Also the phases with chaos (workers killed and stopped, the cluster reloaded and scaled, at random), each run that long, e.g. 60s." placeholder:"TIME"`
	Slowdown *string  `help:"Let the reference cluster burn that much processor time per request beside its work, to see what notices." placeholder:"TIME"`
	Profile  string   `help:"Profile the processor time of the reference cluster's processes, show it as flame graphs in the report, and copy the profiles into this folder, for go tool pprof." type:"path" placeholder:"FOLDER"`
	Strict   bool     `help:"End with 3 also when a claim cannot be tested on this host."`
	JSON     bool     `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool     `help:"Show no progress."`

	turnFlags
}

// Run measures, judges, archives and reports, and ends with the run's exit status.
func (k verifyCommand) Run(c console) error {
	s, ref, err := readSuite(k.Suite)
	if err != nil {
		return err
	}
	override, overrideErr := k.override(s)
	slowdown, slowdownErr := k.slowdown()
	return drive(c, driveOptions{
		suite: s, ref: ref, dir: filepath.Dir(k.Suite),
		override: override, origin: k.origin(), wrong: errors.Join(overrideErr, slowdownErr),
		archived: archive.Options{
			Stores: k.Stores, Strict: k.Strict, Capacity: k.capacity(), Headroom: k.headroom(s), Slowdown: slowdown,
		},
		iOwn: k.IOwn, profile: k.Profile, out: k.Out, json: k.JSON, quiet: k.Quiet,
	})
}

func (k verifyCommand) override(s *suite.Suite) (suite.Override, error) {
	o, err := overrideOf(k.Seed, k.Duration, k.Warmup)
	choose(&o, s, k.Phase, k.Group)
	o.Runs, o.Turns = k.Runs, k.turns()
	if err != nil {
		return o, err
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
	if k.Capacity {
		return archive.CapacityAlso
	}
	return archive.CapacityNot
}

// headroom reports whether the capacity of each phase is searched for in a short time. It is not where that would load
// a system that runs already beyond the suite's rates, nor where it would mix with what is profiled, nor beside a
// thorough search.
func (k verifyCommand) headroom(s *suite.Suite) bool {
	return k.Headroom && s.System.Traits().Started && k.Profile == "" && !k.Capacity
}
