package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/load/results"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// perRequest writes what became of each request, where it is asked for; nil where it is not.
type perRequest struct {
	kept   *results.Kept
	format results.Format
	to     io.Writer
	stdout bool              // to is standard output
	done   func(error) error // ends the file; nil when there is none to end
}

// perRequest makes ready for writing each request.
func (k loadCommand) perRequest(c console, s *suite.Suite) (*perRequest, error) {
	if k.Format == "" && k.Results == "" {
		return nil, nil
	}
	p := &perRequest{format: results.Format(cmp.Or(k.Format, string(results.Gob))), to: c.stdout}
	_, terminal := terminalOf(c.stdout)
	each := s.Plan.Warmup.Most + s.Plan.Duration
	err := errors.Join(results.CheckFormat(p.format), results.CheckCount(
		float64(s.Phases[0].Rate)*float64(s.Plan.Runs), each))
	switch {
	case err != nil:
		return nil, usageError{fmt.Errorf("--format: %w", err)}
	case k.FindMax:
		return nil, usageError{errors.New("--format: a search keeps no requests; allowed: without --find-max")}
	case k.Results == "" && k.JSON:
		return nil, usageError{errors.New("--format and --json want standard output both; allowed: --results FILE")}
	case k.Results == "" && terminal && p.format == results.Gob:
		return nil, usageError{errors.New("--format: the results are binary; allowed: --results FILE, or a pipe")}
	}
	if p.kept, err = results.Keep(k.Out); err != nil {
		return nil, &run.EnvironmentError{Where: "make ready for the results", Err: err}
	}
	if p.stdout = k.Results == ""; p.stdout {
		return p, nil
	}
	if p.to, p.done, err = create(k.Results); err != nil {
		return nil, errors.Join(&run.EnvironmentError{Where: "make ready for the results", Err: err}, p.kept.Close())
	}
	return p, nil
}

// create opens a file that appears in one step; what is no regular file, e.g. a pipe, is written to as it is.
func create(name string) (io.Writer, func(error) error, error) {
	if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
		return files.Create(name)
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, err
	}
	return f, func(err error) error { return errors.Join(err, f.Close()) }, nil
}

// keep is what a run asks for a keeper; nil when nothing is kept.
func (p *perRequest) keep(s *suite.Suite) func(suite.Phase, int, string) run.Keeper {
	if p == nil {
		return nil
	}
	return func(phase suite.Phase, number int, url string) run.Keeper {
		of := results.Run{Number: number, URL: url}
		w, _ := s.Workload(phase.Workload)
		for _, r := range w.Requests {
			of.Operations = append(of.Operations, results.Operation{Name: r.Name, Method: r.Method, Path: r.Path})
		}
		return p.kept.Begin(of)
	}
}

// report is the console to which the report goes: standard output is the results' when no file is named for them.
func (p *perRequest) report(c console) console {
	if p != nil && p.stdout {
		c.stdout = c.stderr
	}
	return c
}

// write writes the requests of a run, and says how many.
func (p *perRequest) write(c console, r *archive.Run, quiet bool) error {
	if p == nil {
		return nil
	}
	written, err := p.kept.Write(p.to, p.format, r.Excluded)
	if p.done != nil && (err != nil || written.Requests > 0) {
		err = p.done(err)
		p.done = nil
	}
	if err = cmp.Or(err, written.Missing); err != nil {
		return &run.EnvironmentError{Where: "write the results", Err: err}
	}
	if !quiet {
		fmt.Fprintf(c.stderr, "results: %s\n", written)
	}
	return nil
}

// close leaves nothing behind, whatever became of the run.
func (p *perRequest) close() {
	if p == nil {
		return
	}
	if p.done != nil {
		_ = p.done(errors.New("no request was sent")) // removes the file
	}
	_ = p.kept.Close() // there is nothing in it that is still wanted
}
