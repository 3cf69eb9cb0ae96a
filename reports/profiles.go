package reports

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
)

// profileJobs write the flame graph of each phase that was profiled, e.g. profile-p3.svg. The error names the profiles
// that cannot be read.
func profileJobs(dir string, r *figures.Report) (jobs []job, err error) {
	var errs []error
	for _, p := range r.Phases {
		g, err := flame.Of(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("draw the profiles: %w", err))
			continue
		}
		if g != nil {
			jobs = append(jobs, job{filepath.Join(dir, fmt.Sprintf("profile-p%d.svg", p.Number)),
				func(w io.Writer) error { return g.SVG(w, flame.OptionsOf(p, archive.Module)) }})
		}
	}
	return jobs, errors.Join(errs...)
}
