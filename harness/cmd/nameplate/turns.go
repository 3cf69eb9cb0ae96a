package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/turns"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// turnFlags are how compare asks verify to load its system in turn with another build. People have no use for them.
type turnFlags struct {
	TurnGate   string        `hidden:""` // address of the gate; "": the build is measured alone
	TurnLength time.Duration `hidden:"" default:"500ms"`
	TurnSecond bool          `hidden:""` // it begins second
}

// turns is the part that this build has; nil when it is measured alone.
func (f turnFlags) turns() *suite.Turns {
	if f.TurnGate == "" {
		return nil
	}
	return &suite.Turns{Length: f.TurnLength, Second: f.TurnSecond}
}

// origin waits for the other build. Where nobody waits any more, as after a kill of compare, the load begins at once.
func (f turnFlags) origin() func(context.Context) time.Time {
	if f.TurnGate == "" {
		return nil
	}
	return func(ctx context.Context) time.Time {
		at, err := turns.Wait(ctx, f.TurnGate)
		if err != nil {
			return time.Now()
		}
		return at
	}
}

// errNoTurns says that a build cannot be loaded in turn with another one, or not in this phase.
var errNoTurns = errors.New("takes no turns")

// inTurns makes one run of a phase with both builds, which are up at once and are loaded in turn.
func (k compareCommand) inTurns(c console, b *builds, first, phase int) (texts [2][]byte, err error) {
	gate, err := turns.Open(b.dir)
	if err != nil {
		return texts, &run.EnvironmentError{Where: "load in turns", Err: err}
	}
	defer gate.Close()
	copies := *b
	order := [len(texts)]int{first, 1 - first} // in all that is done, so that no side is favoured
	// before either is started: what starts meanwhile would hold the file open for writing
	for _, side := range order {
		var remove func()
		if copies.binaries[side], remove, err = b.fresh(side); err != nil {
			return texts, err
		}
		defer remove()
	}
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	var errs [len(texts)]error
	var wg sync.WaitGroup
	for _, side := range order {
		wg.Go(func() {
			defer gate.Ended()
			one := c
			one.ctx = ctx
			if texts[side], errs[side] = k.turn(one, &copies, gate, side, phase, first); errs[side] != nil {
				cancel() // a pair needs both
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if errors.Is(err, errNoTurns) {
			return texts, err
		}
	}
	if c.ctx.Err() != nil {
		return texts, run.ErrInterrupted
	}
	for _, err := range errs {
		if err != nil && !errors.Is(err, run.ErrInterrupted) {
			return texts, err
		}
	}
	return texts, nil
}

// turn makes one build's run of a pair.
func (k compareCommand) turn(c console, b *builds, gate *turns.Gate, side, phase, first int) ([]byte, error) {
	for _, part := range []*string{&k.Duration, &k.Warmup} {
		loaded, err := suite.ParseDuration(*part)
		if err != nil {
			return nil, usageError{err}
		}
		*part = k.cycles(loaded).String()
	}
	text, err := k.side(c, b, side, phase, "--turn-gate", gate.Address(), "--turn-length", k.Turn.String(),
		"--turn-second="+strconv.FormatBool(side != first))
	if endedWith(err) == exitcode.Usage {
		return nil, fmt.Errorf("%s %w", compare.Sides[side], errNoTurns)
	}
	return text, err
}

// cycles is a time of whole cycles of turns in which a build is loaded about as long as it is to be: half of it.
func (k compareCommand) cycles(loaded time.Duration) time.Duration {
	cycle := suite.Turns{Length: k.Turn}.Cycle()
	return max(cycle, (2 * loaded).Round(cycle))
}

// endedWith is the exit status of a program that ended with an error; 0 of another error.
func endedWith(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
