package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

// pair makes one run of a phase with both builds: in turns where both can, else one after the other.
func (k compareCommand) pair(c console, b *builds, first, phase int) (texts [2][]byte, err error) {
	if k.Turn > 0 && !b.apart[phase] {
		texts, err := k.inTurns(c, b, first, phase)
		if !errors.Is(err, errNoTurns) {
			return texts, err
		}
		k.tell(c, "phase %d: %v; one build is measured after the other", phase, err)
		b.apart[phase] = true
	}
	for _, side := range [len(texts)]int{first, 1 - first} {
		if texts[side], err = k.side(c, b, side, phase); err != nil {
			return texts, err
		}
	}
	return texts, nil
}

// side makes one build's run of a pair, with more flags of verify, and keeps nothing but its bench file.
func (k compareCommand) side(c console, b *builds, side, phase int, more ...string) ([]byte, error) {
	k.Phase = []int{phase}
	out := filepath.Join(b.dir, compare.Sides[side]+"-run")
	defer os.RemoveAll(out)
	return k.measure(c, b.binaries[side], out, side == 1, more...)
}
