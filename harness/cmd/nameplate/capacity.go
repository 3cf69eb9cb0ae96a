package main

import (
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
)

// capacityCommand searches for capacities.
type capacityCommand struct {
	Suite    string  `arg:"" optional:"" help:"Suite file; the built-in suite when none is named."`
	Phase    []int   `help:"Only these phases, by number." placeholder:"N"`
	Duration *string `help:"Length of a run's window, e.g. 5s." placeholder:"TIME"`
	Warmup   *string `help:"Length of the warm-up before it, e.g. 2s." placeholder:"TIME"`
	Stores   string  `help:"Stores to use, as for verify." default:"auto" env:"NAMEPLATE_STORES"`
	Seed     *uint64 `help:"Seed of every random choice." placeholder:"N"`
	Out      string  `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	JSON     bool    `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool    `help:"Show no progress."`
}

// Run searches for the highest rate at which each phase meets its claims. The status is 0
// when every phase's capacity, or a lower bound on it, was found, else 3.
func (k capacityCommand) Run(c console) error {
	s, ref, err := readSuite(k.Suite)
	if err != nil {
		return err
	}
	override, err := overrideOf(k.Seed, k.Duration, k.Warmup)
	choose(&override, s, k.Phase, nil)
	return drive(c, driveOptions{
		suite: s, ref: ref, dir: filepath.Dir(k.Suite), override: override, wrong: err,
		archived: archive.Options{Stores: k.Stores, Capacity: archive.CapacityOnly},
		out:      k.Out, json: k.JSON, quiet: k.Quiet,
	})
}
