package main

import (
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/draft/scaling"
)

// scalingCommand measures how the capacity grows with the workers.
type scalingCommand struct {
	Workers  []int   `help:"Numbers of workers." default:"1,2,3,4,6,8" placeholder:"N"`
	CPU      string  `help:"Processor time of a request." default:"7ms"`
	P99      string  `help:"Bound on the p99 of the response time." default:"100ms"`
	Duration *string `help:"Length of a run's window, e.g. 3s." default:"3s" placeholder:"TIME"`
	Warmup   *string `help:"Length of the warm-up before it, e.g. 1s." default:"1s" placeholder:"TIME"`
	Seed     *uint64 `help:"Seed of every random choice." placeholder:"N"`
	Out      string  `help:"Folder in which the run's folder is made." default:"nameplate-out" type:"path"`
	JSON     bool    `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool    `help:"Show no progress."`
}

// Run searches for the capacity at each number of workers, and fits the Universal
// Scalability Law to them.
func (k scalingCommand) Run(c console) error {
	text, err := k.suite()
	if err != nil {
		return usageError{err}
	}
	s, ref, err := parseSuite(madeName, text)
	if err != nil {
		return err
	}
	override, err := overrideOf(k.Seed, k.Duration, k.Warmup)
	return drive(c, driveOptions{
		suite: s, ref: ref, dir: ".", override: override, wrong: err,
		archived: archive.Options{Stores: "auto", Capacity: archive.CapacityOnly},
		out:      k.Out, json: k.JSON, quiet: k.Quiet,
	})
}

func (k scalingCommand) suite() ([]byte, error) {
	cpu, err := durationFlag("--cpu", &k.CPU)
	if err != nil {
		return nil, err
	}
	p99, err := durationFlag("--p99", &k.P99)
	if err != nil {
		return nil, err
	}
	return scaling.Suite(k.Workers, *cpu, *p99)
}
