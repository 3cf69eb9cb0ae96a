package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/files"
)

// What a comparison of revisions does where nothing is said.
const (
	usualPairs  = 8
	usualWithin = 0.03
	usualBudget = 10 * time.Minute
)

// workUnit is the unit in which bench files tell the processor time of a request.
func workUnit() string { return suite.Those(suite.OfWork)[0].Bench }

// sampling is how many pairs the flags ask for. With --pairs alone it is that many; else pairs are added until the
// intervals are narrow enough, within a budget.
func (k compareCommand) sampling() (compare.Sampling, error) {
	s := compare.Sampling{Unit: workUnit(), Phases: k.Phase, Least: usualPairs, Budget: k.Budget}
	if k.Pairs != nil {
		s.Least = *k.Pairs
	} else {
		s.Within = usualWithin
	}
	if k.Within != "" {
		share, err := suite.ParseShare(k.Within)
		if err != nil {
			return s, fmt.Errorf("--within: %w", err)
		}
		s.Within = float64(share)
	}
	switch {
	case s.Least < compare.MinRuns:
		return s, fmt.Errorf("--pairs: %d can tell nothing; allowed: %d or more", s.Least, compare.MinRuns)
	case s.Budget < 0:
		return s, fmt.Errorf("--budget: %v is out of range; allowed: a time above 0", s.Budget)
	case k.Turn != 0 && k.Turn < suite.MinTurn:
		return s, fmt.Errorf("--turn: %v is out of range; allowed: 0s for none, or at least %v", k.Turn, suite.MinTurn)
	case s.Within >= 1:
		return s, fmt.Errorf("--within: %s is out of range; allowed: 0 %% for off, or less than 100 %%", k.Within)
	case s.Within > 0 && s.Budget == 0:
		s.Budget = usualBudget
	}
	return s, nil
}

// revisions measures two builds in turn, base, head, head, base and so on.
func (k compareCommand) revisions(c console, b *builds, s compare.Sampling) (compare.Pairs, error) {
	start := time.Now()
	clock := func() time.Duration { return time.Since(start) }
	pairs, err := s.Make(clock, func(pair, first int, phases []int) (texts [2][]byte, err error) {
		of := ""
		if s.Within == 0 {
			of = fmt.Sprintf(" of %d", s.Least)
		}
		for _, phase := range phases {
			k.tell(c, "pair %d%s: phase %d", pair+1, of, phase)
			one, err := k.pair(c, b, first, phase)
			if err != nil {
				return texts, err
			}
			for side := range texts {
				texts[side] = append(texts[side], one[side]...)
			}
		}
		for side, text := range texts {
			if k.Keep != "" && err == nil {
				err = keep(k.Keep, fmt.Sprintf("%s-%d.txt", compare.Sides[side], pair+1), text)
			}
		}
		return texts, err
	})
	for i, w := range pairs.Widths {
		if !b.apart[w.Phase] {
			pairs.Widths[i].Turn = k.Turn
		}
	}
	return pairs, err
}

func (k compareCommand) tell(c console, format string, args ...any) {
	if !k.Quiet {
		fmt.Fprintf(c.stderr, format+"\n", args...)
	}
}

// measure makes one run of each phase, with more flags of verify, and returns its bench file.
func (k compareCommand) measure(c console, binary, out string, head bool, more ...string) ([]byte, error) {
	args := []string{"verify", "--quiet", "--runs", "1", "--duration", k.Duration, "--warmup", k.Warmup, "--stores",
		k.Stores, "--out", out}
	for _, p := range k.Phase {
		args = append(args, "--phase", strconv.Itoa(p))
	}
	if head && k.HeadSlowdown != "" {
		args = append(args, "--slowdown", k.HeadSlowdown)
	}
	args = append(args, more...)
	_, err := output(c.ctx, "", binary, args...)
	switch status := endedWith(err); {
	case c.ctx.Err() != nil:
		return nil, run.ErrInterrupted
	case status == exitcode.Refuted, status == exitcode.NoVerdict:
	case err != nil:
		return nil, &run.EnvironmentError{Where: "measure with " + strings.Join(args, " "), Err: err}
	}
	return os.ReadFile(filepath.Join(out, "latest", "bench.txt"))
}

// keep writes a file into a folder, which it makes.
func keep(dir, name string, text []byte) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		err = files.Write(filepath.Join(dir, name), text)
	}
	if err != nil {
		return &run.EnvironmentError{Where: "keep " + name, Err: err}
	}
	return nil
}
