package reports

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
	var errs []error
	try := func(path string, fill func(io.Writer) error) {
		if err := files.Fill(path, fill); err != nil {
			errs = append(errs, err)
		}
	}
	charts := chart.All(r)
	for _, c := range charts {
		try(filepath.Join(folder, c.Name+".png"), c.PNG)
		try(filepath.Join(folder, c.Name+".svg"), c.SVG)
		try(filepath.Join(folder, c.Name+".csv"), c.CSV)
	}
	for _, p := range r.Phases {
		if hgrm.Has(p) {
			try(filepath.Join(distributions, fmt.Sprintf("phase-%d.hgrm", p.Number)),
				func(w io.Writer) error { return hgrm.WritePhase(w, r, p) })
		}
	}
	try(filepath.Join(dir, "report.txt"),
		func(w io.Writer) error { return text.Write(w, r, text.Options{Width: fileWidth}) })
	try(filepath.Join(dir, "report.md"), func(w io.Writer) error { return markdown.Write(w, r) })
	earlier := earlierThan(dir, run)
	try(filepath.Join(dir, "report.html"), func(w io.Writer) error { return page.Write(w, r, charts, earlier) })
	return errors.Join(append(errs, writeProfiles(dir, r))...)
}
