package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports"
)

// driveOptions are what a command wants measured, and what becomes of it.
type driveOptions struct {
	suite    *suite.Suite
	ref      archive.SuiteRef
	dir      string                              // of the suite's file
	override suite.Override                      // what the flags want other than the suite has it
	origin   func(ctx context.Context) time.Time // when the load of a run is to start; nil: at once
	wrong    error                               // with the flags; told with what else is wrong
	archived archive.Options                     // those that are neither the suite's nor the override's
	iOwn     []string                            // hosts that may be loaded
	profile  string                              // folder of profiles; "" for none
	out      string                              // folder in which the run's folder is made
	json     bool                                // one JSON object on standard output, not the report
	quiet    bool                                // no progress
	env      func(string) string                 // of the suite's requests and the stores; nil: the console's
	each     *perRequest                         // writes each request; nil: nothing does
}

// drive measures, judges, archives and reports, and ends with the run's exit status.
func drive(c console, o driveOptions) error {
	templates := fixtures.NewTemplates("")
	defer templates.Close() // what is left of it, the next start sweeps
	progress := newProgress(c.stderr, o.quiet)
	config, err := o.config(c, templates, progress.observe)
	if err != nil {
		return err
	}
	progress.begin(c, config)
	defer progress.finish() // also where the pipeline panics
	r, runErr := run.Verify(c.ctx, config)
	progress.finish()
	if r.Ended.IsZero() {
		return runErr // nothing was archived
	}
	dir := filepath.Join(o.out, r.ID)
	resultsErr := o.each.write(c, r, o.quiet)
	reportErr := errors.Join(o.report(o.each.report(c), dir, r), o.keepProfiles(r), resultsErr)
	switch {
	case runErr != nil && !errors.Is(runErr, run.ErrInterrupted):
		return runErr
	case reportErr != nil:
		return reportErr
	}
	if !o.quiet {
		fmt.Fprintf(c.stderr, "archive: %s\nreport:  %s\n", dir, filepath.Join(dir, "report.html"))
	}
	return exitWith(r.ExitStatus)
}

// config refuses what is wrong before anything starts.
func (o driveOptions) config(c console, templates *fixtures.Templates, observe func(run.Event)) (run.Config, error) {
	if err := errors.Join(o.wrong, o.suits()); err != nil {
		return run.Config{}, usageError{errors.Join(err, fixtures.CheckWant(o.archived.Stores))}
	}
	if o.env == nil {
		o.env = c.getenv
	}
	setup := reference.Setup{
		Dir: o.dir, IOwn: o.iOwn, Env: o.env, Stores: o.archived.Stores, Templates: templates,
		Cluster: reference.Cluster{Slowdown: o.archived.Slowdown},
	}
	o.archived.Profiled = o.profile != ""
	config, err := run.Prepare(o.suite, run.Options{
		Ref: o.ref, Override: o.override, Parts: setup.Parts, Build: buildInfo(), Out: o.out, Observe: observe,
		Origin: o.origin, Archived: o.archived, Keep: o.each.keep(o.suite),
	})
	if err != nil {
		return run.Config{}, usageError{err}
	}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o755); err != nil {
			return run.Config{}, &run.EnvironmentError{Where: "make the folder of profiles", Err: err}
		}
	}
	return config, nil
}

// keepProfiles copies the archived profiles to where the flag says, e.g. as p3-r1-worker-4711.pprof.
func (o driveOptions) keepProfiles(r *archive.Run) error {
	if o.profile == "" {
		return nil
	}
	for _, phase := range r.Phases {
		for _, t := range phase.Trials {
			for _, p := range t.Profiles {
				_, name, _ := strings.Cut(p.File, "/")
				if err := keep(o.profile, strings.ReplaceAll(name, "/", "-"), p.Data); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// suits refuses what must not, or cannot, be done to the suite's system.
func (o driveOptions) suits() error {
	system := o.suite.System.Traits()
	switch {
	case !system.Reference && o.archived.Slowdown > 0:
		return errors.New("--slowdown: only the reference cluster can be slowed down; " +
			"allowed: a suite without a system")
	case !system.Reference && o.profile != "":
		return errors.New("--profile: only the reference cluster writes profiles; allowed: a suite without a system")
	case !system.Started && o.override.RateScale != nil && *o.override.RateScale > 1:
		return errors.New("--rate: rates above the suite's are refused on a system that runs already; " +
			"allowed: at most 1x")
	case !system.Started && o.archived.Capacity != archive.CapacityNot && o.archived.UpTo == 0:
		return errors.New("a capacity is searched for at rates above the suite's, " +
			"which are refused on a system that runs already")
	}
	return nil
}

// report renders the run into its folder and onto standard output.
func (o driveOptions) report(c console, dir string, r *archive.Run) error {
	var errs []error
	if err := reports.Write(dir, r); err != nil {
		errs = append(errs, &run.EnvironmentError{Where: "write the report", Err: err})
	}
	if o.json {
		errs = append(errs, reports.JSON(c.stdout, r))
	} else {
		errs = append(errs, reports.Text(c.stdout, r, textOptions(c)))
	}
	return errors.Join(errs...)
}
