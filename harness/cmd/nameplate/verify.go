package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports"
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
	Profile  string   `help:"Folder in which every process of the reference cluster leaves a profile of its processor time, for go tool pprof." type:"path" placeholder:"FOLDER"`
	Strict   bool     `help:"End with 3 also when a claim cannot be tested on this host."`
	JSON     bool     `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool     `help:"Show no progress."`

	turnFlags

	only bool    // the capacity, and no verdict
	upTo float64 // highest rate that a search for the capacity may try, req/s; 0: as high as it leads
	made []byte  // text of a suite that stands in no file; nil for the named one
}

// Run measures, judges, archives and reports, and ends with the run's exit status.
func (k verifyCommand) Run(c console) error {
	templates := fixtures.NewTemplates("")
	defer templates.Close() // what is left of it, the next start sweeps
	progress := newProgress(c.stderr, k.Quiet)
	config, err := k.config(c, templates, progress.observe)
	if err != nil {
		return err
	}
	r, runErr := run.Verify(c.ctx, config)
	progress.finish()
	if r.Ended.IsZero() {
		return runErr // nothing was archived
	}
	dir := filepath.Join(k.Out, r.ID)
	reportErr := k.report(c, dir, r)
	switch {
	case runErr != nil && !errors.Is(runErr, run.ErrInterrupted):
		return runErr
	case reportErr != nil:
		return reportErr
	}
	if !k.Quiet {
		fmt.Fprintf(c.stderr, "archive: %s\nreport:  %s\n", dir, filepath.Join(dir, "report.html"))
	}
	return exitWith(r.ExitStatus)
}

// report renders the run into its folder and onto standard output.
func (k verifyCommand) report(c console, dir string, r *archive.Run) error {
	var errs []error
	if err := reports.Write(dir, r); err != nil {
		errs = append(errs, &run.EnvironmentError{Where: "write the report", Err: err})
	}
	if k.JSON {
		errs = append(errs, reports.JSON(c.stdout, r))
	} else {
		errs = append(errs, reports.Text(c.stdout, r, textOptions(c)))
	}
	return errors.Join(errs...)
}
