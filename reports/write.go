package reports

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/internal/files"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/hgrm"
	"github.com/nameplate-dev/nameplate/reports/markdown"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// fileWidth is the width of report.txt, in columns.
const fileWidth = 100

// Write writes every rendition of the run into dir: charts/*.png, *.svg and *.csv (what is
// drawn, as figures), percentiles/*.hgrm, profile-p*.svg, report.txt, report.md and report.html. Each file is
// written beside and renamed. What fails does not keep the rest from being written; errors name
// the file. The page says what changed since the run before of the same suite, where there is one
// in the folder that holds dir.
func Write(dir string, run *archive.Run) error {
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	folder, distributions := filepath.Join(dir, "charts"), filepath.Join(dir, "percentiles")
	for _, d := range []string{folder, distributions} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	charts := chart.All(r)
	jobs := []job{{filepath.Join(dir, "report.html"), // first: it takes longest
		func(w io.Writer) error { return page.Write(w, r, charts, earlierThan(dir, run)) }}}
	for _, c := range charts {
		jobs = append(jobs, job{filepath.Join(folder, c.Name+".png"), c.PNG},
			job{filepath.Join(folder, c.Name+".svg"), c.SVG}, job{filepath.Join(folder, c.Name+".csv"), c.CSV})
	}
	for _, p := range r.Phases {
		if hgrm.Has(p) {
			jobs = append(jobs, job{filepath.Join(distributions, fmt.Sprintf("phase-%d.hgrm", p.Number)),
				func(w io.Writer) error { return hgrm.WritePhase(w, r, p) }})
		}
	}
	jobs = append(jobs, job{filepath.Join(dir, "report.txt"),
		func(w io.Writer) error { return text.Write(w, r, text.Options{Width: fileWidth}) }},
		job{filepath.Join(dir, "report.md"), func(w io.Writer) error { return markdown.Write(w, r) }})
	profiles, err := profileJobs(dir, r)
	return errors.Join(fill(append(jobs, profiles...)), err)
}

// job is a file to be written.
type job struct {
	path string
	fill func(io.Writer) error
}

// fill writes files, as many at once as there are processors for. Its errors are in the order of the jobs.
func fill(jobs []job) error {
	errs := make([]error, len(jobs))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, j := range jobs {
		g.Go(func() error {
			errs[i] = files.Fill(j.path, j.fill)
			return nil
		})
	}
	_ = g.Wait()
	return errors.Join(errs...)
}
