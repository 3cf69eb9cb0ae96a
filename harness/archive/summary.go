package archive

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
)

// Summary is what run.json says of a run beside what was measured. The results are those that are archived: nothing
// is judged anew, and no other file is read.
type Summary struct {
	ID          string
	Started     time.Time
	Ended       time.Time // zero while the run goes on, or when it was killed
	Interrupted bool
	Failure     string
	Suite       SuiteRef
	Options     Options
	Host        measure.Host
	Build       Build
	Results     []judge.Result
	Verdict     judge.Verdict // zero: not judged
	ExitStatus  int
	Providers   []Provider // that the stores of all phases ran on, each once
}

// Summarize reads the summary of the run whose folder in fsys is dir, in a fraction of the time that [Load] takes.
func Summarize(fsys fs.FS, dir string) (*Summary, error) {
	s, err := summarize(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("load run %s: %w", dir, err)
	}
	return s, nil
}

func summarize(fsys fs.FS, name string) (*Summary, error) {
	dir, err := fs.Sub(fsys, name)
	if err != nil {
		return nil, err
	}
	data, err := read(dir, runFile)
	if err != nil {
		return nil, err
	}
	var r struct {
		Run
		// In the place of the run's own, which hold nearly all of the file.
		Phases []struct {
			Providers []Provider `json:"providers"`
		} `json:"phases"`
	}
	if err := unmarshal(data, &r); err != nil {
		return nil, err
	}
	if r.Version != Version {
		return nil, fmt.Errorf("%s has version %d, this nameplate reads %d: %w", runFile, r.Version, Version,
			ErrVersion)
	}
	s := &Summary{
		ID: r.ID, Started: r.Started, Ended: r.Ended, Interrupted: r.Interrupted, Failure: r.Failure, Suite: r.Suite,
		Options: r.Options, Host: r.Host, Build: r.Build, Results: r.Results, Verdict: r.Verdict,
		ExitStatus: r.ExitStatus,
	}
	for _, p := range r.Phases {
		for _, on := range p.Providers {
			if !slices.ContainsFunc(s.Providers, on.same) {
				s.Providers = append(s.Providers, on)
			}
		}
	}
	return s, nil
}

// same reports whether both stand for the same product, of the same provider, for the same store.
func (p Provider) same(other Provider) bool {
	return p.Store == other.Store && p.Provider == other.Provider && p.Product == other.Product &&
		p.Version == other.Version
}
