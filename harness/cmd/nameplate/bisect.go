package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// bisectCommand finds the commit that made a figure worse.
type bisectCommand struct {
	Good string `arg:"" help:"Revision at which the figure was good, an ancestor of the bad one."`
	Bad  string `arg:"" help:"Revision at which it is worse."`

	Claim    string  `required:"" help:"Claim of the built-in suite whose figure it is." placeholder:"ID"`
	Least    float64 `help:"Smallest relative change that matters." default:"0.05"`
	Risk     float64 `help:"Chance of a wrong answer." default:"0.05"`
	Most     int     `help:"Most pairs of runs for one commit." default:"40"`
	Duration string  `help:"Length of a run's window." default:"3s"`
	Warmup   string  `help:"Length of the warm-up." default:"1s"`
	Stores   string  `help:"Stores to use, as for verify." default:"auto" env:"NAMEPLATE_STORES"`
	Out      string  `help:"Folder that keeps what was measured, so that a search that was broken off goes on." default:"nameplate-out/bisect" type:"path"`
	Restart  bool    `help:"Forget what the folder keeps of another search."`
	JSON     bool    `help:"Print one JSON object on standard output and nothing else."`
	Quiet    bool    `help:"Show no progress."`
}

// bisectRecord is what the folder keeps: what is searched for, and what was measured.
type bisectRecord struct {
	Version  int               `json:"version"`
	Search   bisectSearch      `json:"search"`
	Pairs    []bisectPair      `json:"pairs"` // in the order in which they were made
	Broken   map[string]string `json:"broken"`
	Finished *bisectResult     `json:"finished,omitempty"`
}

// bisectSearch is what has to be the same for a search to go on.
type bisectSearch struct {
	Good     string  `json:"good"` // commits, in full
	Bad      string  `json:"bad"`
	Claim    string  `json:"claim"`
	Least    float64 `json:"least"`
	Risk     float64 `json:"risk"`
	Most     int     `json:"most"`
	Duration string  `json:"duration"`
	Warmup   string  `json:"warmup"`
	Stores   string  `json:"stores"`
}

// bisectPair is what the good commit and another one measured, next to one another.
type bisectPair struct {
	Commit string  `json:"commit"`
	Good   float64 `json:"good"`
	Other  float64 `json:"other"`
}

// bisectResult is what was found.
type bisectResult struct {
	Suspects []string       `json:"suspects"`
	Why      string         `json:"why"`
	Commits  []bisectCommit `json:"commits"` // those that were measured, in the order of the history
}

// bisectCommit is what is known of a commit.
type bisectCommit struct {
	Commit  string       `json:"commit"`
	Subject string       `json:"subject"`
	State   bisect.State `json:"state"`
	Ratio   float64      `json:"ratio"` // its figure over the good commit's, the median of the pairs
	Pairs   int          `json:"pairs"`
}

// bisectFile is the name of the record in its folder.
const bisectFile = "bisect.json"

// Run searches, and ends with 0 when the commit is found, with 3 when it cannot be told.
func (k bisectCommand) Run(c console) error {
	s, err := k.prepare(c)
	if err != nil {
		return err
	}
	defer s.close()
	result, err := s.search(c)
	if err != nil {
		return err
	}
	if k.JSON {
		err = indented(c.stdout, result)
	} else {
		err = bisectText(c.stdout, result)
	}
	if err != nil {
		return fmt.Errorf("print what was found: %w", err)
	}
	if len(result.Suspects) != 1 {
		return exitWith(exitcode.NoVerdict)
	}
	return nil
}

// bisection is a search under way.
type bisection struct {
	command  bisectCommand
	measurer compareCommand
	unit     string
	commits  []string
	record   *bisectRecord
	state    *bisect.Search
	dir      string            // of the builds
	built    map[string]string // binaries, by commit
	runs     int
}

func (s *bisection) close() { os.RemoveAll(s.dir) }

// prepare resolves what is named, and reads what an earlier start has measured.
func (k bisectCommand) prepare(c console) (*bisection, error) {
	claim, err := k.claim()
	if err != nil {
		return nil, usageError{err}
	}
	unit, lower := claim.Of().ComparedBy()
	wanted := bisectSearch{Claim: k.Claim, Least: k.Least, Risk: k.Risk, Most: k.Most, Duration: k.Duration, Warmup: k.Warmup, Stores: k.Stores}
	commits, err := between(c, k.Good, k.Bad, &wanted)
	if err != nil {
		return nil, err
	}
	s := &bisection{
		command: k, unit: unit, commits: commits, built: map[string]string{},
		measurer: compareCommand{Phase: []int{claim.Phase}, Duration: k.Duration, Warmup: k.Warmup, Stores: k.Stores, Quiet: k.Quiet},
	}
	if s.state, err = bisect.New(commits, lower, bisect.Options{Least: k.Least, Risk: k.Risk, Most: k.Most}); err != nil {
		return nil, usageError{err}
	}
	if s.record, err = k.read(wanted); err != nil {
		return nil, err
	}
	for _, p := range s.record.Pairs {
		if err := s.state.Record(p.Commit, p.Good, p.Other); err != nil {
			return nil, usageError{fmt.Errorf("%s: %w", filepath.Join(k.Out, bisectFile), err)}
		}
	}
	for commit := range s.record.Broken {
		s.state.Break(commit)
	}
	if s.dir, err = os.MkdirTemp("", "nameplate-bisect-"); err != nil {
		return nil, &run.EnvironmentError{Where: "make a folder for the builds", Err: err}
	}
	return s, nil
}

// claim is the claim of the built-in suite that is named.
func (k bisectCommand) claim() (suite.Claim, error) {
	var can []string
	for _, c := range suite.Builtin().Claims {
		unit, _ := c.Of().ComparedBy()
		known := unit != ""
		switch {
		case c.ID == k.Claim && (!known || c.Over != 0):
			return c, fmt.Errorf("--claim: %s is about %s, of which bench files have no figure; allowed: a claim on rate, a percentile, errors, cpu or memory", c.ID, c.Metric)
		case c.ID == k.Claim:
			return c, nil
		case known && c.Over == 0:
			can = append(can, c.ID)
		}
	}
	return suite.Claim{}, fmt.Errorf("--claim: the built-in suite has no claim %s; allowed: %s", k.Claim, strings.Join(can, ", "))
}

// between are the commits after the good one up to the bad one, along first parents, so that a merge
// counts as one change.
func between(c console, good, bad string, into *bisectSearch) ([]string, error) {
	for _, r := range []struct {
		name string
		to   *string
	}{{good, &into.Good}, {bad, &into.Bad}} {
		commit, err := output(c.ctx, "", "git", "rev-parse", "--verify", "--quiet", r.name+"^{commit}")
		if err != nil {
			return nil, usageError{fmt.Errorf("bisect: %q is no revision of a git repository here", r.name)}
		}
		*r.to = strings.TrimSpace(commit)
	}
	if _, err := output(c.ctx, "", "git", "merge-base", "--is-ancestor", into.Good, into.Bad); err != nil || into.Good == into.Bad {
		return nil, usageError{fmt.Errorf("bisect: %s is no ancestor of %s; allowed: a good revision from which the bad one descends", good, bad)}
	}
	text, err := output(c.ctx, "", "git", "rev-list", "--reverse", "--first-parent", into.Good+".."+into.Bad)
	if err != nil {
		return nil, &run.EnvironmentError{Where: "list the commits", Err: err}
	}
	return strings.Fields(text), nil
}

// read reads the record of the same search; a new one where there is none.
func (k bisectCommand) read(wanted bisectSearch) (*bisectRecord, error) {
	fresh := &bisectRecord{Version: 1, Search: wanted, Broken: map[string]string{}}
	file := filepath.Join(k.Out, bisectFile)
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, os.ErrNotExist) || k.Restart:
		return fresh, nil
	case err != nil:
		return nil, &run.EnvironmentError{Where: "read the record of the search", Err: err}
	}
	r := &bisectRecord{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, usageError{fmt.Errorf("%s: %w; --restart begins anew", file, err)}
	}
	if r.Version != fresh.Version {
		return nil, usageError{fmt.Errorf("%s: version %d; allowed: %d, or --restart", file, r.Version, fresh.Version)}
	}
	had, want := reflect.ValueOf(r.Search), reflect.ValueOf(wanted)
	for i := range want.NumField() {
		if had.Field(i).Interface() != want.Field(i).Interface() {
			return nil, usageError{fmt.Errorf("%s is of another search: its %s is %v, not %v; allowed: the same, another --out, or --restart",
				file, want.Type().Field(i).Tag.Get("json"), had.Field(i), want.Field(i))}
		}
	}
	if r.Broken == nil {
		r.Broken = map[string]string{}
	}
	return r, nil
}

// search measures until the commit is found or cannot be.
func (s *bisection) search(c console) (*bisectResult, error) {
	for {
		step := s.state.Next()
		if step.Measure == "" {
			return s.finish(c, step.Result)
		}
		if err := s.pair(c, step.Measure); err != nil {
			return nil, err
		}
		if err := s.save(); err != nil {
			return nil, err
		}
	}
}

// pair measures the good commit and another one, first the one and then the other in turn.
func (s *bisection) pair(c console, commit string) error {
	good, err := s.binary(c, s.record.Search.Good)
	if err != nil {
		return err
	}
	other, err := s.binary(c, commit)
	if broken := new(brokenBuild); errors.As(err, &broken) && commit != s.commits[len(s.commits)-1] {
		s.measurer.tell(c, "%.12s cannot be built, and is left out", commit)
		s.record.Broken[commit] = broken.Error()
		s.state.Break(commit)
		return nil
	} else if err != nil {
		return err
	}
	number := s.state.Pairs(commit) + 1
	binaries, figures := [2]string{good, other}, [2][]byte{}
	for i := range 2 {
		side := (i + number) % 2
		s.runs++
		if figures[side], err = s.measurer.measure(c, binaries[side], filepath.Join(s.dir, fmt.Sprint("run-", s.runs)), false); err != nil {
			return err
		}
	}
	values, err := s.values(figures)
	if err != nil {
		return &run.EnvironmentError{Where: fmt.Sprintf("measure %.12s", commit), Err: err}
	}
	if err := s.state.Record(commit, values[0], values[1]); err != nil {
		return &run.EnvironmentError{Where: fmt.Sprintf("measure %.12s", commit), Err: err}
	}
	s.record.Pairs = append(s.record.Pairs, bisectPair{commit, values[0], values[1]})
	ratio, _ := s.state.Ratio(commit)
	s.measurer.tell(c, "%.12s, pair %d: %.4g %s, the good one %.4g; ratio %.3f, %s", commit, number, values[1], s.unit, values[0], ratio, s.state.State(commit))
	return nil
}

// brokenBuild says that a commit cannot be built.
type brokenBuild struct{ error }

// binary is the program of a commit. Beside the good commit's the latest one is kept.
func (s *bisection) binary(c console, commit string) (string, error) {
	if path := s.built[commit]; path != "" {
		return path, nil
	}
	for old, path := range s.built {
		if old != s.record.Search.Good {
			delete(s.built, old)
			os.Remove(path)
		}
	}
	path := filepath.Join(s.dir, commit)
	s.measurer.tell(c, "building %.12s", commit)
	if err := build(c.ctx, commit, path); err != nil {
		if c.ctx.Err() != nil {
			return "", run.ErrInterrupted
		}
		return "", &brokenBuild{err}
	}
	s.built[commit] = path
	return path, nil
}

// errorFloor is added to a share of errors, in per cent, which may be 0 and then has no ratio.
const errorFloor = 0.1

// values are the claim's figures in two bench files.
func (s *bisection) values(texts [2][]byte) (values [2]float64, err error) {
	all, _, err := compare.Read([]compare.Input{{Name: "good", Reader: bytes.NewReader(texts[0])}}, []compare.Input{{Name: "other", Reader: bytes.NewReader(texts[1])}})
	if err != nil {
		return values, err
	}
	for _, one := range all {
		if one.Unit == s.unit {
			values = [2]float64{one.Base[0], one.Head[0]}
			if s.unit == "error-%" {
				values[0], values[1] = values[0]+errorFloor, values[1]+errorFloor
			}
			return values, nil
		}
	}
	return values, fmt.Errorf("no figure in %s was measured by both", s.unit)
}

func (s *bisection) save() error {
	text, err := json.MarshalIndent(s.record, "", "  ")
	if err != nil {
		return err
	}
	return keep(s.command.Out, bisectFile, append(text, '\n'))
}

// finish describes and keeps what was found.
func (s *bisection) finish(c console, found bisect.Result) (*bisectResult, error) {
	r := &bisectResult{Suspects: found.Suspects, Why: found.Why, Commits: []bisectCommit{}}
	if r.Suspects == nil {
		r.Suspects = []string{}
	}
	for _, commit := range s.commits {
		state := s.state.State(commit)
		suspect := len(found.Suspects) == 1 && found.Suspects[0] == commit
		if s.state.Pairs(commit) == 0 && state != bisect.Broken && !suspect {
			continue
		}
		subject, err := output(c.ctx, "", "git", "show", "--no-patch", "--format=%s", commit)
		if err != nil {
			return nil, &run.EnvironmentError{Where: "describe the commits", Err: err}
		}
		ratio, _ := s.state.Ratio(commit)
		r.Commits = append(r.Commits, bisectCommit{commit, strings.TrimSpace(subject), state, ratio, s.state.Pairs(commit)})
	}
	s.record.Finished = r
	return r, s.save()
}

// bisectText prints what was found, and what that rests on.
func bisectText(out io.Writer, r *bisectResult) error {
	switch len(r.Suspects) {
	case 0:
		fmt.Fprintf(out, "not found: %s\n", r.Why)
	case 1:
		for _, one := range r.Commits {
			if one.Commit == r.Suspects[0] {
				fmt.Fprintf(out, "first bad commit: %.12s %s\n%s\n", one.Commit, one.Subject, r.Why)
			}
		}
	default:
		fmt.Fprintf(out, "one of %d commits, %.12s to %.12s: %s\n", len(r.Suspects), r.Suspects[0], r.Suspects[len(r.Suspects)-1], r.Why)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nCOMMIT\tSTATE\tRATIO TO GOOD\tPAIRS\tSUBJECT\n")
	for _, one := range r.Commits {
		ratio := ""
		if one.Pairs > 0 {
			ratio = fmt.Sprintf("%.3f", one.Ratio)
		}
		fmt.Fprintf(w, "%.12s\t%s\t%s\t%d\t%s\n", one.Commit, one.State, ratio, one.Pairs, one.Subject)
	}
	return w.Flush()
}
