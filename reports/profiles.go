package reports

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/internal/files"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/flame"
)

// writeProfiles writes the flame graph of each phase that was profiled, e.g. profile-p3.svg.
func writeProfiles(dir string, r *figures.Report) error {
	var errs []error
	for _, p := range r.Phases {
		g, err := flame.Of(p)
		if err != nil {
			errs = append(errs, fmt.Errorf("draw the profiles: %w", err))
		}
		if g == nil || err != nil {
			continue
		}
		errs = append(errs, files.Fill(filepath.Join(dir, fmt.Sprintf("profile-p%d.svg", p.Number)),
			func(w io.Writer) error { return g.SVG(w, flame.OptionsOf(p, archive.Module)) }))
	}
	return errors.Join(errs...)
}
