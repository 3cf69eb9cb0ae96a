package reference

import (
	"context"
	"errors"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/target"
)

// For is the system that a suite names and what makes the requests of its workloads. The
// files that the suite names are looked for in dir; owned are hosts that may be loaded
// beside those of the suite. What the requests hold that nobody is to see is returned, too.
func For(s *suite.Suite, dir string, owned []string, getenv func(string) string) (run.System, run.Workload, *secret.Set, error) {
	programs, secrets, err := request.CompileAll(s, dir, getenv)
	var system run.System = Reference{}
	switch s.System.Kind {
	case suite.SystemCommand:
		system = target.Command{System: s.System, Dir: dir}
	case suite.SystemURL:
		system = target.URL{System: s.System, Dir: dir}
	}
	if slices.ContainsFunc(s.Phases, func(p suite.Phase) bool { return p.System == suite.SystemReference }) {
		system = beside{system}
	}
	return system, workloads{programs}, secrets, errors.Join(target.CheckOwned(s.System, owned), err)
}

// beside is the suite's own system, and the reference cluster in the phases that ask for it.
type beside struct{ own run.System }

// Start starts the system of the phase.
func (b beside) Start(ctx context.Context, spec run.Spec) (run.Instance, error) {
	if spec.Phase.System == suite.SystemReference {
		return Reference{}.Start(ctx, spec)
	}
	return b.own.Start(ctx, spec)
}

// workloads makes the requests of every kind of workload.
type workloads struct{ programs request.Programs }

// Source makes the requests of one run.
func (w workloads) Source(ctx context.Context, spec run.SourceSpec) (load.Source, error) {
	if spec.Workload.Kind != suite.HTTP {
		return Platform{}.Source(ctx, spec)
	}
	return w.programs.Source(ctx, spec)
}
