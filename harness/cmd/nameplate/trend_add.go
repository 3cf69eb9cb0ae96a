package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/history"
)

// trendAddCommand adds a run to a history.
type trendAddCommand struct {
	Run_ string `arg:"" name:"run" help:"The run's folder or its run.json."`
	Dir  string `help:"Folder of the history." default:"nightly/history" type:"path"`

	Pairs    string `help:"Folder that compare BASELINE HEAD --keep has filled: the ratios to the baseline are added, too." type:"path" placeholder:"FOLDER"`
	Baseline string `help:"With --pairs: the baseline's revision." placeholder:"REVISION"`
}

// Run copies the run's bench file under the run's time and revision.
func (k trendAddCommand) Run(c console) error {
	r, err := archive.Load(k.Run_)
	if err != nil {
		return usageError{err}
	}
	dir := k.Run_
	if filepath.Base(dir) == "run.json" {
		dir = filepath.Dir(dir)
	}
	bench, err := os.ReadFile(filepath.Join(dir, "bench.txt"))
	if err != nil {
		return usageError{fmt.Errorf("add to the history: %w", err)}
	}
	if bench, err = k.withPairs(bench); err != nil {
		return usageError{err}
	}
	name, err := history.Add(k.Dir, r.Started, r.Build.Revision, bench)
	switch {
	case errors.Is(err, history.ErrExists):
		fmt.Fprintln(c.stderr, strings.TrimPrefix(err.Error(), "add to the history: "))
		return nil
	case err != nil:
		return usageError{err}
	}
	fmt.Fprintln(c.stdout, name)
	return nil
}

// withPairs is the run's bench file, followed by those of the pairs.
func (k trendAddCommand) withPairs(bench []byte) ([]byte, error) {
	if (k.Pairs == "") != (k.Baseline == "") {
		return nil, errors.New("--pairs and --baseline: one was given without the other; allowed: both or none")
	}
	if k.Pairs == "" {
		return bench, nil
	}
	base, head, err := history.ReadPairs(k.Pairs, compare.Sides)
	if err != nil {
		return nil, fmt.Errorf("--pairs: %w", err)
	}
	return history.WithPairs(bench, k.Baseline, base, head), nil
}
