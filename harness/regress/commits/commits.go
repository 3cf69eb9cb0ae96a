// Package commits searches the history of a git repository for the commit that made a figure worse: it builds commits,
// measures them beside the good one as package bisect says, and keeps what was measured, so that a search that was
// broken off goes on.
package commits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/history"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Tools do what a search needs done. Their errors end it, but for those of Build.
type Tools interface {
	// Git runs git in the repository and returns what it printed.
	Git(args ...string) (string, error)
	// Build builds a commit's program; [run.ErrInterrupted] when it was interrupted.
	Build(commit, program string) error
	// Measure makes one run with each of two programs, the one that is named first before the other, and returns their
	// bench files. It may leave files in the folder, which is there.
	Measure(programs [2]string, first int, folder string) ([2][]byte, error)
	// Keep writes a file into a folder, as a whole or not at all.
	Keep(folder, name string, text []byte) error
	// Tell shows how the search goes on.
	Tell(format string, args ...any)
}

// Options say what is searched for.
type Options struct {
	Good, Bad string // revisions
	Claim     suite.Claim
	Bisect    bisect.Options

	// How the commits are measured: a search goes on only with the same.
	Duration, Warmup, Turn, Stores string

	Out     string // folder of the record
	Restart bool   // forget what the folder keeps
}

// Hunt is a search under way.
type Hunt struct {
	tools   Tools
	out     string
	unit    string
	commits []string
	record  *record
	state   *bisect.Search
	dir     string            // of the builds
	built   map[string]string // programs, by commit
}

// Begin resolves what is named, and reads what an earlier search has measured. An error is about the options, unless it
// is a [run.EnvironmentError]. The caller closes the hunt.
func Begin(tools Tools, o Options) (*Hunt, error) {
	wanted := search{
		Claim: o.Claim.ID, Least: o.Bisect.Least, Risk: o.Bisect.Risk, Most: o.Bisect.Most,
		Duration: o.Duration, Warmup: o.Warmup, Turn: o.Turn, Stores: o.Stores,
	}
	commits, err := between(tools, o.Good, o.Bad, &wanted)
	if err != nil {
		return nil, err
	}
	unit, lower := o.Claim.Of().ComparedBy()
	h := &Hunt{tools: tools, out: o.Out, unit: unit, commits: commits, built: map[string]string{}}
	if h.state, err = bisect.New(commits, lower, o.Bisect); err != nil {
		return nil, err
	}
	if h.record, err = readRecord(o.Out, wanted, o.Restart); err != nil {
		return nil, err
	}
	for _, p := range h.record.Pairs {
		if err := h.state.Record(p.Commit, p.Good, p.Other); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(o.Out, recordFile), err)
		}
	}
	for commit := range h.record.Broken {
		h.state.Break(commit)
	}
	if h.dir, err = os.MkdirTemp("", "nameplate-bisect-"); err != nil {
		return nil, &run.EnvironmentError{Where: "make a folder for the builds", Err: err}
	}
	return h, nil
}

// Close removes the builds.
func (h *Hunt) Close() { os.RemoveAll(h.dir) }

// Run measures until the commit is found or cannot be.
func (h *Hunt) Run() (bisect.Finding, error) {
	for {
		step := h.state.Next()
		if step.Measure == "" {
			return h.finish(step.Result)
		}
		if err := h.pair(step.Measure); err != nil {
			return bisect.Finding{}, err
		}
		if err := h.save(); err != nil {
			return bisect.Finding{}, err
		}
	}
}

// pair measures the good commit and another one, first the one and then the other in turn.
func (h *Hunt) pair(commit string) error {
	good, err := h.program(h.record.Search.Good)
	if err != nil {
		return err
	}
	other, err := h.program(commit)
	if broken := new(brokenBuild); errors.As(err, &broken) && commit != h.commits[len(h.commits)-1] {
		h.tools.Tell("%.12s cannot be built, and is left out", commit)
		h.record.Broken[commit] = broken.Error()
		h.state.Break(commit)
		return nil
	} else if err != nil {
		return err
	}
	number := h.state.Pairs(commit) + 1
	figures, err := h.tools.Measure([2]string{good, other}, number%2, h.dir)
	if err != nil {
		return err
	}
	values, err := h.values(figures)
	if err == nil {
		err = h.state.Record(commit, values[0], values[1])
	}
	if err != nil {
		return &run.EnvironmentError{Where: fmt.Sprintf("measure %.12s", commit), Err: err}
	}
	h.record.Pairs = append(h.record.Pairs, pair{commit, values[0], values[1]})
	ratio, _ := h.state.Ratio(commit)
	h.tools.Tell("%.12s, pair %d: %.4g %s, the good one %.4g; ratio %.3f, %s",
		commit, number, values[1], h.unit, values[0], ratio, h.state.State(commit))
	return nil
}

// brokenBuild says that a commit cannot be built.
type brokenBuild struct{ error }

// program is the program of a commit. Beside the good commit's the latest one is kept.
func (h *Hunt) program(commit string) (string, error) {
	if path := h.built[commit]; path != "" {
		return path, nil
	}
	for old, path := range h.built {
		if old != h.record.Search.Good {
			delete(h.built, old)
			os.Remove(path)
		}
	}
	path := filepath.Join(h.dir, commit)
	h.tools.Tell("building %.12s", commit)
	switch err := h.tools.Build(commit, path); {
	case errors.Is(err, run.ErrInterrupted):
		return "", err
	case err != nil:
		return "", &brokenBuild{err}
	}
	h.built[commit] = path
	return path, nil
}

// values are the claim's figures in two bench files.
func (h *Hunt) values(texts [2][]byte) (values [2]float64, err error) {
	all, _, err := compare.Read(
		[]compare.Input{{Name: "good", Reader: bytes.NewReader(texts[0])}},
		[]compare.Input{{Name: "other", Reader: bytes.NewReader(texts[1])}})
	if err != nil {
		return values, err
	}
	for _, one := range all {
		if one.Unit == h.unit {
			values = [2]float64{one.Base[0], one.Head[0]}
			if h.unit == "error-%" {
				values[0], values[1] = values[0]+history.ErrorFloor, values[1]+history.ErrorFloor
			}
			return values, nil
		}
	}
	return values, fmt.Errorf("no figure in %s was measured by both", h.unit)
}

func (h *Hunt) save() error {
	text, err := json.MarshalIndent(h.record, "", "  ")
	if err != nil {
		return err
	}
	return h.tools.Keep(h.out, recordFile, append(text, '\n'))
}

// finish describes and keeps what was found.
func (h *Hunt) finish(found bisect.Result) (bisect.Finding, error) {
	f := bisect.Finding{Suspects: append([]string{}, found.Suspects...), Why: found.Why, Commits: []bisect.Commit{}}
	for _, commit := range h.commits {
		state := h.state.State(commit)
		suspect := len(found.Suspects) == 1 && found.Suspects[0] == commit
		if h.state.Pairs(commit) == 0 && state != bisect.Broken && !suspect {
			continue
		}
		subject, err := h.tools.Git("show", "--no-patch", "--format=%s", commit)
		if err != nil {
			return f, &run.EnvironmentError{Where: "describe the commits", Err: err}
		}
		ratio, _ := h.state.Ratio(commit)
		f.Commits = append(f.Commits, bisect.Commit{
			Commit: commit, Subject: strings.TrimSpace(subject), State: state, Ratio: ratio,
			Pairs: h.state.Pairs(commit),
		})
	}
	h.record.Finished = &f
	return f, h.save()
}
