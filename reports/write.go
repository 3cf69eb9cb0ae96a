package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// fileWidth is the width of report.txt, in columns.
const fileWidth = 100

// Write writes every rendition of the run into dir: charts/*.png and charts/*.svg,
// report.txt, report.md and report.html. Each file is written beside and renamed. What
// fails does not keep the rest from being written; errors name the file.
func Write(dir string, run *archive.Run) error {
	r, err := figures.Of(run)
	if err != nil {
		return fmt.Errorf("report run: %w", err)
	}
	folder := filepath.Join(dir, "charts")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	var errs []error
	try := func(path string, fill func(io.Writer) error) {
		if err := writeFile(path, fill); err != nil {
			errs = append(errs, err)
		}
	}
	charts := chart.All(r)
	for _, c := range charts {
		try(filepath.Join(folder, c.Name+".png"), c.PNG)
		try(filepath.Join(folder, c.Name+".svg"), c.SVG)
	}
	try(filepath.Join(dir, "report.txt"),
		func(w io.Writer) error { return text.Write(w, r, text.Options{Width: fileWidth}) })
	try(filepath.Join(dir, "report.md"), func(w io.Writer) error { return markdown.Write(w, r) })
	try(filepath.Join(dir, "report.html"), func(w io.Writer) error { return page.Write(w, r, charts) })
	return errors.Join(errs...)
}

// writeFile puts what fill writes into the file at path, in one step: nobody sees an
// empty file or half of one.
func writeFile(path string, fill func(io.Writer) error) error {
	beside := path + ".tmp"
	f, err := os.Create(beside)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	err = fill(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		_ = os.Remove(beside) // what is left of it is of no use, and the error is already told
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return nil
}

// cause strips the temporary file's name from an error.
func cause(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	if e := (*os.LinkError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
