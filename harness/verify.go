package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Options is what a caller wants other than the suite has it. The zero value keeps the suite's plan.
type Options struct {
	Runs     int           // independent runs of each phase, up to [suite.MaxRuns]; below 5: no verdict; 0: the suite's
	Duration time.Duration // of a run's measurement window, at least [suite.MinDuration]; 0: the suite's
	Warmup   time.Duration // before it, of that length; 0: the suite's
	Phases   []int         // numbers of the phases to drive; none: all
	IOwn     []string      // hosts other than this machine that you may load
	Stores   string        // as [Stores] has it; "" for auto
	// Out is the folder in which the run's archive is made; "" for the test's own folder, which
	// go test -artifacts keeps. Run needs it.
	Out string
	// SkipNoVerdict skips the test, instead of failing it, when the runs decide nothing:
	// inconclusive or invalid, as they may be on a busy machine.
	SkipNoVerdict bool
	// OnlyRefuted fails the test for refuted claims alone, and never skips it: whatever the host decides, what was
	// measured can be looked at.
	OnlyRefuted bool
	// Progress takes a line for every run that is done; nil for the test's log.
	Progress func(line string)
}

// With is one option of [Verify]: [Stores] or [Short].
type With func(*Options)

// Stores brings up what the phases need of PostgreSQL and Redis: "auto" for the most real provider that
// works; "external", "containers", "local" or "embedded"; or one for each, e.g. "postgres=local,redis=embedded".
func Stores(want string) With { return func(o *Options) { o.Stores = want } }

// Short makes five runs of a second of each phase, the least that can give a verdict, in the place of the suite's
// plan. That decides little on a busy machine, so only a refuted claim fails the test.
func Short() With {
	return func(o *Options) { o.Runs, o.Duration, o.OnlyRefuted = 5, time.Second, true }
}

// Verify drives a system through a suite, with the suite's plan, and judges its claims. A refuted
// claim, or one without a verdict, fails the test; when this host lacks what every claim needs, the test
// is skipped. The system may be nil when the suite names one. The returned run is what was archived.
func Verify(t testing.TB, s *Suite, system System, with ...With) *archive.Run {
	t.Helper()
	var o Options
	for _, set := range with {
		set(&o)
	}
	return o.Verify(t, s, system)
}

// Verify is [Verify] with options.
func (o Options) Verify(t testing.TB, s *Suite, system System) *archive.Run {
	t.Helper()
	serveIfAsked(t, system)
	onceInTest(t, system)
	if o.Out == "" {
		o.Out = t.ArtifactDir()
	}
	if o.Progress == nil {
		o.Progress = func(line string) { t.Log(line) }
	}
	r, err := o.run(t.Context(), s, system, t.Name())
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	o.tell(t, r)
	return r
}

// Run is [Verify] outside of a test: it returns what was archived, whatever the verdicts are. A [Handler]
// cannot be measured by it. An error is one of the suite, of the options, or of package run.
func (o Options) Run(ctx context.Context, s *Suite, system System) (*archive.Run, error) {
	if o.Out == "" {
		return nil, errors.New("Options.Out is empty; allowed: the folder in which the archive is made")
	}
	return o.run(ctx, s, system, "")
}

// measuring lets one measurement be made at a time: two would disturb each other.
var measuring sync.Mutex

func (o Options) run(ctx context.Context, s *Suite, system System, test string) (*archive.Run, error) {
	c, err := o.config(s, system, test)
	if err != nil {
		return nil, err
	}
	measuring.Lock()
	defer measuring.Unlock()
	return run.Verify(ctx, c)
}

// config combines suite and options.
func (o Options) config(s *Suite, given System, test string) (run.Config, error) {
	system, err := systemOf(s, given, test)
	if err != nil {
		return run.Config{}, err
	}
	setup := reference.Setup{Dir: s.dir, IOwn: o.IOwn, System: system, Stores: o.Stores}
	return run.Prepare(s.parsed, run.Options{
		Ref: s.ref, Override: o.override(s), Parts: setup.Parts, Out: o.Out, Observe: o.observe,
		Archived: archive.Options{Stores: o.Stores},
	})
}

func (o Options) override(s *Suite) suite.Override {
	with := suite.Override{Phases: o.Phases}
	if len(with.Phases) == 0 {
		with.Phases = s.phases
	}
	if o.Runs != 0 {
		with.Runs = &o.Runs
	}
	if o.Duration != 0 {
		with.Duration = &o.Duration
	}
	if o.Warmup != 0 {
		fixed := suite.FixedWarmup(o.Warmup)
		with.Warmup = &fixed
	}
	return with
}

func (o Options) observe(e run.Event) {
	if e.Stage == run.StageRunDone && o.Progress != nil {
		o.Progress(e.RunLine())
	}
}

// tell reports the verdicts to the test.
func (o Options) tell(t testing.TB, r *archive.Run) {
	t.Helper()
	noVerdict := 0
	for _, result := range r.Results {
		line := fmt.Sprintf("%s: %v: %s", result.Claim, result.Verdict, strings.Join(result.Reasons, "; "))
		switch {
		case result.Verdict == judge.Refuted:
			t.Error(line)
		case result.Verdict == judge.Verified || result.Verdict == judge.Untestable || o.SkipNoVerdict || o.OnlyRefuted:
			t.Log(line)
		default:
			t.Error(line)
		}
		if result.Verdict == judge.Inconclusive || result.Verdict == judge.Invalid {
			noVerdict++
		}
	}
	t.Logf("archive: %s", filepath.Join(o.Out, r.ID))
	switch {
	case t.Failed() || o.OnlyRefuted:
	case noVerdict > 0:
		t.Skipf("%d of %d claims have no verdict", noVerdict, len(r.Results))
	case r.ExitStatus != exitcode.Verified:
		t.Skip("skipped: host requirements not met")
	}
}
