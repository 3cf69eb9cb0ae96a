package reference

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/request"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/target"
)

// Setup says on what a suite is measured. The zero value stands for the system that the suite names, on the
// stores that this machine has.
type Setup struct {
	Dir    string              // in which the files are looked for that the suite names
	IOwn   []string            // hosts that may be loaded beside those of the suite
	Env    func(string) string // the environment; nil: this process's
	System run.System          // in the place of the suite's own; nil: that
	// Cluster is the reference cluster, measured where neither says otherwise.
	Cluster Cluster
	// Stores chooses the stores: "auto" (or empty), a provider, or one for each, e.g. "postgres=local,redis=embedded".
	Stores string
	// Templates are what the data set is copied from once it was loaded; nil: it is loaded for each phase.
	Templates *fixtures.Templates
}

// Parts are what the suite is measured with. An error says what is wrong with the suite or the setup.
func (o Setup) Parts(s *suite.Suite) (run.Parts, error) {
	if o.Env == nil {
		o.Env = os.Getenv
	}
	programs, secrets, err := request.CompileAll(s, o.Dir, o.Env)
	system, systemErr := o.system(s)
	if err = errors.Join(systemErr, err, fixtures.CheckWant(o.Stores)); err != nil {
		return run.Parts{}, err
	}
	return run.Parts{
		System: system, Disturber: Disturber{}, Workload: workloads{programs}, Secrets: secrets,
		Stores: Stores{Want: o.Stores, Env: o.Env, Templates: o.Templates},
	}, nil
}

// makers make the systems, by kind.
var makers = map[suite.SystemKind]func(Setup, suite.System) run.System{
	suite.SystemReference: func(o Setup, _ suite.System) run.System { return o.Cluster },
	suite.SystemCommand:   func(o Setup, s suite.System) run.System { return target.Command{System: s, Dir: o.Dir} },
	suite.SystemURL:       func(o Setup, s suite.System) run.System { return target.URL{System: s, Dir: o.Dir} },
}

// system is the system that is started.
func (o Setup) system(s *suite.Suite) (run.System, error) {
	if o.System != nil {
		return o.System, o.suits(s)
	}
	system := makers[s.System.Traits().Kind](o, s.System)
	if slices.ContainsFunc(s.Phases, func(p suite.Phase) bool { return p.System == suite.SystemReference }) {
		system = beside{system}
	}
	return system, target.CheckOwned(s.System, o.IOwn)
}

// suits refuses a system that may not be loaded, or cannot do what a phase asks for.
func (o Setup) suits(s *suite.Suite) error {
	if u, ok := o.System.(target.URL); ok {
		if err := target.CheckOwned(u.System, o.IOwn); err != nil {
			return err
		}
	}
	if _, ok := o.System.(Cluster); ok {
		return nil
	}
	for _, p := range s.Phases {
		if p.Disturb != "" {
			return fmt.Errorf("%s: only the reference cluster can be disturbed; allowed on another system: "+
				"phases without disturb", p.Title())
		}
	}
	return nil
}

// beside is the suite's own system, and the reference cluster in the phases that ask for it.
type beside struct{ own run.System }

// Start starts the system of the phase.
func (b beside) Start(ctx context.Context, spec run.Spec) (run.Instance, error) {
	if spec.Phase.System == suite.SystemReference {
		return Cluster{}.Start(ctx, spec)
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
