package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/reports/schema"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// compareCommand compares two builds, or two runs.
type compareCommand struct {
	Base string `arg:"" help:"Run's folder, bench file, or git revision."`
	Head string `arg:"" help:"The same kind of thing."`

	Least        float64       `help:"Smallest relative change that matters." default:"0.05"`
	Pairs        *int          `help:"Of revisions: least number of pairs of runs, judged as pairs (usually 8); given alone, no more are made." placeholder:"N"`
	Within       string        `help:"Of revisions: half-width to which pairs narrow the interval of CPU per request, by phase (usually 3%; 0% for off)." placeholder:"SHARE"`
	Budget       time.Duration `help:"Of revisions: wall time within which pairs are made (10m with --within)." placeholder:"TIME"`
	Phase        []int         `help:"Of revisions: phases to drive." default:"2" placeholder:"N"`
	Duration     string        `help:"Of revisions: how long a run is loaded." default:"10s"`
	Warmup       string        `help:"Of revisions: how long it is loaded before that." default:"2s"`
	Turn         time.Duration `help:"Of revisions: both builds are up at once and loaded in turns of that length; 0s: one is measured after the other." default:"500ms" placeholder:"TIME"`
	Stores       string        `help:"Of revisions: stores to use, as for verify." default:"auto" env:"NAMEPLATE_STORES"`
	HeadSlowdown string        `help:"Of revisions: processor time that the head burns per request beside its work, to see that it is found." placeholder:"TIME"`
	Keep         string        `help:"Of revisions: folder in which the measured bench files are kept." type:"path" placeholder:"FOLDER"`
	Flame        string        `help:"Page of differential flame graphs to write. Of revisions, both builds are profiled in every phase for it, also where nothing got worse; runs must be of verify --profile." type:"path" placeholder:"FILE"`
	JSON         bool          `help:"Print one JSON object on standard output and nothing else."`
	Quiet        bool          `help:"Show no progress."`
}

// Run compares and ends with 1 when something got worse, else with 0.
func (k compareCommand) Run(c console) error {
	if !(k.Least > 0 && k.Least < 1) {
		return usageError{fmt.Errorf("--least: %v is out of range; allowed: above 0 and below 1", k.Least)}
	}
	built, pairs, err := k.inputs(c)
	if built != nil {
		defer built.close()
	}
	if err != nil {
		return err
	}
	series, only, err := compare.Read(pairs.Base, pairs.Head)
	if err != nil {
		return usageError{err}
	}
	r := compare.Judge(series, compare.Options{Least: k.Least, Paired: built != nil, Narrowed: pairs.Within > 0})
	profiled, err := k.profiles(c, built, r)
	if err != nil {
		return err
	}
	if k.JSON {
		err = indented(c.stdout, schema.OfComparison(k.Base, k.Head, r, pairs, only, documents(profiled)))
	} else if err = text.Comparison(c.stdout, r, pairs, only); err == nil {
		err = text.Hotspots(c.stdout, documents(profiled))
	}
	if err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	if err := k.flames(built != nil, profiled); err != nil {
		return err
	}
	if r.Count(compare.Regress) > 0 {
		return exitWith(1)
	}
	return nil
}

// inputs are the texts of both sides: files where both are there, else revisions that are
// built and measured; then the builds are returned, too.
func (k compareCommand) inputs(c console) (built *builds, pairs compare.Pairs, err error) {
	baseFile, baseErr := benchFile(k.Base)
	headFile, headErr := benchFile(k.Head)
	switch {
	case baseErr == nil && headErr == nil:
		if pairs.Base, err = readInput(baseFile); err == nil {
			pairs.Head, err = readInput(headFile)
		}
		if err != nil {
			err = usageError{err}
		}
		return nil, pairs, err
	case !errors.Is(baseErr, os.ErrNotExist) && baseErr != nil:
		return nil, pairs, usageError{baseErr}
	case !errors.Is(headErr, os.ErrNotExist) && headErr != nil:
		return nil, pairs, usageError{headErr}
	case baseErr == nil:
		return nil, pairs, usageError{mixed(k.Base, k.Head)}
	case headErr == nil:
		return nil, pairs, usageError{mixed(k.Head, k.Base)}
	}
	sampling, err := k.sampling()
	if err != nil {
		return nil, pairs, usageError{err}
	}
	if built, err = k.build(c); err == nil {
		pairs, err = k.revisions(c, built, sampling)
	}
	return built, pairs, err
}

// mixed says that a file was to be compared with something else.
func mixed(file, other string) error {
	return fmt.Errorf("%s is a file and %s is none; allowed: two runs or bench files, or two git revisions", file,
		other)
}

// benchFile is the bench file that a name stands for: itself, or that of a run's folder.
func benchFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", fmt.Errorf("compare: %w", err)
	}
	if filepath.Base(name) == "run.json" {
		name, info = filepath.Dir(name), nil
	}
	if info != nil && !info.IsDir() {
		return name, nil
	}
	file := filepath.Join(name, "bench.txt")
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("compare: %s is no run: it has no bench.txt", name)
	}
	return file, nil
}

func readInput(file string) ([]compare.Input, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	return []compare.Input{{Name: file, Reader: bytes.NewReader(data)}}, nil
}
