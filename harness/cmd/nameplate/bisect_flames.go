package main

import (
	"bytes"
	"fmt"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports/text"
)

// flames profiles the commit that was found and the one before it, says where they spend their processor time
// differently, and writes their differential flame graph.
func (k bisectCommand) flames(c console, measure compareCommand, suspect string) error {
	commit := fmt.Sprintf("%.12s", suspect) // as in the table of commits
	measure.Base, measure.Head, measure.Flame = commit+"^", commit, k.Flame
	b, err := measure.build(c)
	if err != nil {
		return err
	}
	defer b.close()
	r, err := measure.once(c, b)
	if err != nil {
		return err
	}
	all, err := measure.profiles(c, b, r)
	if err != nil {
		return err
	}
	if !k.JSON {
		if err := text.Hotspots(c.stdout, documents(all)); err != nil {
			return fmt.Errorf("print what was found: %w", err)
		}
	}
	return measure.flames(true, all)
}

// once makes one pair of runs, which tells how much processor time a request takes, and judges nothing.
func (k compareCommand) once(c console, b *builds) (compare.Report, error) {
	texts, err := k.pair(c, b, 0, k.Phase[0])
	if err != nil {
		return compare.Report{}, err
	}
	var inputs [2][]compare.Input
	for side, name := range compare.Sides {
		inputs[side] = []compare.Input{{Name: name, Reader: bytes.NewReader(texts[side])}}
	}
	series, _, err := compare.Read(inputs[0], inputs[1])
	if err != nil {
		return compare.Report{}, &run.EnvironmentError{Where: "read what was measured", Err: err}
	}
	return compare.Judge(series, compare.Options{Least: k.Least}), nil
}
