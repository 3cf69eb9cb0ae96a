package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
	"github.com/nameplate-dev/nameplate/harness/regress/commits"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// bisectCommand finds the commit that made a figure worse.
type bisectCommand struct {
	Good string `arg:"" help:"Revision at which the figure was good, an ancestor of the bad one."`
	Bad  string `arg:"" help:"Revision at which it is worse."`

	Claim    string        `required:"" help:"Claim of the built-in suite whose figure it is." placeholder:"ID"`
	Least    float64       `help:"Smallest relative change that matters." default:"0.05"`
	Risk     float64       `help:"Chance of a wrong answer." default:"0.05"`
	Most     int           `help:"Most pairs of runs for one commit." default:"40"`
	Duration string        `help:"How long a run is loaded." default:"5s"`
	Warmup   string        `help:"How long it is loaded before that." default:"1s"`
	Turn     time.Duration `help:"Both builds are up at once and loaded in turns of that length; 0s: one is measured after the other." default:"500ms" placeholder:"TIME"`
	Stores   string        `help:"Stores to use, as for verify." default:"auto" env:"NAMEPLATE_STORES"`
	Out      string        `help:"Folder that keeps what was measured, so that a search that was broken off goes on." default:"nameplate-out/bisect" type:"path"`
	Restart  bool          `help:"Forget what the folder keeps of another search."`
	Flame    string        `help:"Page to write, of the differential flame graph of the commit that is found and the one before it, which are profiled for it." type:"path" placeholder:"FILE"`
	JSON     bool          `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool          `help:"Show no progress."`
}

// Run searches, and ends with 0 when the commit is found, with 3 when it cannot be told.
func (k bisectCommand) Run(c console) error {
	claim, err := commits.Claim(k.Claim)
	if err != nil {
		return usageError{err}
	}
	tools := bisectTools{apart: map[int]bool{}, console: c, compare: compareCommand{
		Phase: []int{claim.Phase}, Duration: k.Duration, Warmup: k.Warmup, Turn: k.Turn, Stores: k.Stores,
		Quiet: k.Quiet,
	}}
	hunt, err := commits.Begin(tools, commits.Options{
		Good: k.Good, Bad: k.Bad, Claim: claim, Bisect: bisect.Options{Least: k.Least, Risk: k.Risk, Most: k.Most},
		Duration: k.Duration, Warmup: k.Warmup, Turn: k.Turn.String(), Stores: k.Stores, Out: k.Out, Restart: k.Restart,
	})
	if environment := (*run.EnvironmentError)(nil); errors.As(err, &environment) {
		return err
	} else if err != nil {
		return usageError{err}
	}
	defer hunt.Close()
	found, err := hunt.Run()
	if err != nil {
		return err
	}
	if k.JSON {
		err = indented(c.stdout, found)
	} else {
		err = text.Bisect(c.stdout, found)
	}
	if err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	if len(found.Suspects) != 1 {
		return exitWith(exitcode.NoVerdict)
	}
	if k.Flame != "" {
		return k.flames(c, tools.compare, found.Suspects[0])
	}
	return nil
}

// bisectTools build and measure as compare does.
type bisectTools struct {
	console console
	compare compareCommand
	apart   map[int]bool // the claim's phase, where it cannot be loaded in turns
}

// Git runs git.
func (t bisectTools) Git(args ...string) (string, error) {
	return output(t.console.ctx, "", "git", args...)
}

// Build builds a commit.
func (t bisectTools) Build(commit, program string) error {
	err := build(t.console.ctx, commit, program)
	if err != nil && t.console.ctx.Err() != nil {
		return run.ErrInterrupted
	}
	return err
}

// Measure makes a pair of runs.
func (t bisectTools) Measure(programs [2]string, first int, folder string) ([2][]byte, error) {
	b := &builds{dir: folder, binaries: programs, apart: t.apart}
	return t.compare.pair(t.console, b, first, t.compare.Phase[0])
}

// Keep writes a file.
func (t bisectTools) Keep(folder, name string, text []byte) error { return keep(folder, name, text) }

// Tell shows progress, unless that is not wanted.
func (t bisectTools) Tell(format string, args ...any) { t.compare.tell(t.console, format, args...) }
