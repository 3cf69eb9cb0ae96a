package main

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
	return verifyCommand{
		Suite: k.Suite, Phase: k.Phase, Duration: k.Duration, Warmup: k.Warmup, Stores: k.Stores, Seed: k.Seed,
		Out: k.Out, JSON: k.JSON, Quiet: k.Quiet, only: true,
	}.Run(c)
}
