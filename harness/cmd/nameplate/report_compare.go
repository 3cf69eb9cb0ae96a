package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/reports"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// compare shows two runs beside one another, and ends with 1 when a claim regressed.
func (k reportCommand) compare(c console) error {
	format := reports.Format(k.Format)
	if k.JSON {
		format = reports.Object
	}
	if err := k.checkCompare(format); err != nil {
		return usageError{err}
	}
	base, err := judged(k.Runs[0])
	if err != nil {
		return err
	}
	head, err := judged(k.Runs[1])
	if err != nil {
		return err
	}
	both, err := compared.Of(base, head)
	if err != nil {
		return err
	}
	if k.Out != "" {
		var page bytes.Buffer
		if err := reports.PrintRuns(&page, both, reports.HTML); err != nil {
			return err
		}
		if err := keep(filepath.Dir(k.Out), filepath.Base(k.Out), page.Bytes()); err != nil {
			return err
		}
	}
	if format == "" {
		err = reports.TextRuns(c.stdout, both, textOptions(c))
	} else {
		err = reports.PrintRuns(c.stdout, both, format)
	}
	if err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	return exitWith(both.ExitStatus())
}

// checkCompare refuses what does not go together.
func (k reportCommand) checkCompare(format reports.Format) error {
	switch {
	case !k.Compare:
		return fmt.Errorf("--out: allowed with --compare only; --write writes the report of one run into its folder")
	case len(k.Runs) != 2:
		return fmt.Errorf("--compare: %s; allowed: two, the base and the head", figures.Plural(len(k.Runs), "run"))
	case k.Write:
		return fmt.Errorf("--write: not allowed with --compare; --out FILE writes the page of both runs")
	case format == "":
		return nil
	}
	if err := reports.CheckRunsFormat(format); err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	return nil
}
