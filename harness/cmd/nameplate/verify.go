package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
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
		return errors.New("--slowdown: only the reference cluster can be slowed down; allowed: a suite without a system")
	case !system.Reference && k.Profile != "":
		return errors.New("--profile: only the reference cluster writes profiles; allowed: a suite without a system")
	case !system.Started && o.RateScale != nil && *o.RateScale > 1:
		return errors.New("--rate: rates above the suite's are refused on a system that runs already; allowed: at most 1x")
	case !system.Started && k.capacity() != archive.CapacityNot && k.upTo == 0:
		return errors.New("a capacity is searched for at rates above the suite's, which are refused on a system that runs already")
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

// headroom reports whether the capacity of each phase is searched for in a short time. It is not where that would load a system that
// runs already beyond the suite's rates, nor where it would mix with what is profiled, nor beside a thorough search.
func (k verifyCommand) headroom(s *suite.Suite) bool {
	return k.Headroom && s.System.Traits().Started && k.Profile == "" && k.capacity() == archive.CapacityNot
}

func (k verifyCommand) override(s *suite.Suite) (suite.Override, error) {
	o := suite.Override{Runs: k.Runs, Seed: k.Seed, Phases: k.Phase}
	if !slices.Contains(k.Group, "all") {
		for _, name := range k.Group {
			o.Groups = append(o.Groups, suite.Group(name))
		}
	}
	if len(k.Group) == 0 && len(k.Phase) == 0 && hasGroup(s, suite.GroupPhases) {
		o.Groups = []suite.Group{suite.GroupPhases}
	}
	var err error
	if o.Duration, err = durationFlag("--duration", k.Duration); err != nil {
		return o, err
	}
	warmup, err := durationFlag("--warmup", k.Warmup)
	if err != nil {
		return o, err
	}
	if warmup != nil {
		fixed := suite.FixedWarmup(*warmup)
		o.Warmup = &fixed
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

func hasGroup(s *suite.Suite, g suite.Group) bool {
	return slices.ContainsFunc(s.Phases, func(p suite.Phase) bool { return p.Group == g })
}

func durationFlag(name string, text *string) (*time.Duration, error) {
	if text == nil {
		return nil, nil
	}
	d, err := suite.ParseDuration(*text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &d, nil
}
