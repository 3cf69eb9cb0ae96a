package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

// pair makes one run of a phase with both builds: in turns where both can, else one after the other.
func (k compareCommand) pair(c console, b *builds, pair, first, phase int) (texts [2][]byte, err error) {
	if k.Turn > 0 && !b.apart[phase] {
		texts, err := k.inTurns(c, b, pair, first, phase)
		if !errors.Is(err, errNoTurns) {
			return texts, err
		}
		k.tell(c, "phase %d: %v; one build is measured after the other", phase, err)
		b.apart[phase] = true
	}
	one := k
	one.Phase = []int{phase}
	for i := range texts {
		side := (i + first) % len(texts)
		out := filepath.Join(b.dir, fmt.Sprintf("%s-%d-phase-%d", compare.Sides[side], pair, phase))
		texts[side], err = one.measure(c, b.binaries[side], out, side == 1)
		os.RemoveAll(out)
		if err != nil {
			return texts, err
		}
	}
	return texts, nil
}
