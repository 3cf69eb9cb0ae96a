package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nameplate-dev/nameplate/harness/load"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/secret"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// PrepareTimeout bounds what a source does against the system before a run.
const PrepareTimeout = 30 * time.Second

// Programs make the requests of a suite's http workloads, by the workload's name.
type Programs map[string]*Program

// CompileAll compiles every http workload of a suite. The files that they name are looked for
// in dir. The secrets that they name are returned, too.
func CompileAll(s *suite.Suite, dir string, getenv func(string) string) (Programs, *secret.Set, error) {
	all, secrets := Programs{}, &secret.Set{}
	var errs []error
	for _, w := range s.Workloads {
		if w.Kind == suite.HTTP {
			p, err := Compile(w, dir, getenv, secrets)
			errs = append(errs, err)
			all[w.Name] = p
		}
	}
	return all, secrets, secrets.Error(errors.Join(errs...))
}

// Source makes the requests of one run; what they capture is fetched first.
func (p Programs) Source(ctx context.Context, spec run.SourceSpec) (load.Source, error) {
	program := p[spec.Workload.Name]
	if program == nil {
		return nil, fmt.Errorf("workload %s is of kind %s; allowed: %s", spec.Workload.Name, spec.Workload.Kind,
			suite.HTTP)
	}
	source := program.Source(spec.Seed, spec.Salt)
	ctx, cancel := context.WithTimeout(ctx, PrepareTimeout)
	defer cancel()
	return source, source.Prepare(ctx, spec.URL, spec.TLS)
}
