package main

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/history"
	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/reports/page"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// trendCommand finds lasting changes in a history.
type trendCommand struct {
	Show     trendShowCommand     `cmd:"" default:"withargs" help:"Find the data points at which a figure changed for good."`
	Add      trendAddCommand      `cmd:"" help:"Add a run to a history."`
	Selftest trendSelftestCommand `cmd:"" help:"Put the detection to the test on the noise of a history: no change, and steps of known size."`
}

// historyFlags say where a history is.
type historyFlags struct {
	History string `arg:"" optional:"" default:"nightly/history" help:"Folder with a bench file per data point, a CSV file, or the data.js of github-action-benchmark (default: ${default})."`
}

// trendShowCommand finds changes.
type trendShowCommand struct {
	historyFlags
	Least float64 `help:"Smallest relative change that matters." default:"0.05"`
	Seed  uint64  `help:"Seed of the permutations." default:"1"`
	Page  string  `help:"Also write a page with a chart of each series." type:"path" placeholder:"FILE"`
	JSON  bool    `help:"Print one JSON object and nothing else."`
}

// Run ends with 1 when a figure got worse and nobody acknowledged it, with 3 when no series
// could be judged, else with 0.
func (k trendShowCommand) Run(c console) error {
	if !(k.Least > 0 && k.Least < 1) {
		return usageError{fmt.Errorf("--least: %v is out of range; allowed: above 0 and below 1", k.Least)}
	}
	h, err := history.Load(k.History)
	if err != nil {
		return usageError{err}
	}
	r, err := trend.Judge(h.Series, h.Known, trend.Options{Least: k.Least, Seed: k.Seed})
	if err != nil {
		return usageError{err}
	}
	if k.Page != "" {
		if err := k.page(r, h.Left); err != nil {
			return err
		}
	}
	if k.JSON {
		err = indented(c.stdout, schema.OfTrend(r, h.Left))
	} else {
		err = text.Trend(c.stdout, r, h.Left)
	}
	if err != nil {
		return fmt.Errorf("print the trend: %w", err)
	}
	switch {
	case r.Worse():
		return exitWith(exitcode.Refuted)
	case r.Count(trend.Judged) == 0:
		return exitWith(exitcode.NoVerdict)
	}
	return nil
}

// page writes the page, beside and renamed.
func (k trendShowCommand) page(r trend.Report, left []string) error {
	var b bytes.Buffer
	if err := page.WriteTrend(&b, r, left); err != nil {
		return err
	}
	return keep(filepath.Dir(k.Page), filepath.Base(k.Page), b.Bytes())
}

// trendSelftestCommand puts the detection to the test.
type trendSelftestCommand struct {
	historyFlags
	Histories int    `help:"Histories to make for each step." default:"300"`
	Seed      uint64 `help:"Seed of every random choice." default:"1"`
	JSON      bool   `help:"Print one JSON object and nothing else."`
}

// Run prints, for each series, how often a change is told where there is none, and how
// often a step of known size is found.
func (k trendSelftestCommand) Run(c console) error {
	if k.Histories < 1 || k.Histories > trend.MaxHistories {
		return usageError{
			fmt.Errorf("--histories: %d is out of range; allowed: 1 to %d", k.Histories, trend.MaxHistories),
		}
	}
	h, err := history.Load(k.History)
	if err != nil {
		return usageError{err}
	}
	done := trend.SelfTestAll(h.Series, k.Histories, trend.Options{Seed: k.Seed})
	if k.JSON {
		return indented(c.stdout, done)
	}
	return text.SelfTest(c.stdout, done)
}
