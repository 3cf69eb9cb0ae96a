package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/room"
)

// A StoreChecker is a [Stores] that says, before the first run, what would keep it from bringing the stores up.
type StoreChecker interface {
	Check(ctx context.Context, need StoreNeed) error
}

// archiveRoom is the room that an archive needs at the least, in bytes: figures, logs and reports of a few phases.
const archiveRoom = 16 << 20

// checkFolder fails when the archive's folder cannot take it.
func (p *pipeline) checkFolder() error {
	if err := room.Check(p.Out, archiveRoom); err != nil {
		return &EnvironmentError{"the folder of the archive",
			fmt.Errorf("%w; allowed: one with room that can be written, as --out", err)}
	}
	return nil
}

// checkStores fails when the stores of a phase that will be driven cannot be had, so that nobody waits for
// the phases before it.
func (p *pipeline) checkStores(ctx context.Context) error {
	checker, ok := p.Stores.(StoreChecker)
	if !ok {
		return nil
	}
	var need []suite.Store
	for _, phase := range p.Suite.Phases {
		if judge.Lacking(p.run.Input(phase)) {
			continue
		}
		for _, store := range phase.Stores {
			if !slices.Contains(need, store) {
				need = append(need, store)
			}
		}
	}
	if len(need) == 0 {
		return nil
	}
	err := checker.Check(ctx,
		StoreNeed{Stores: need, Limits: p.Suite.Stores, Dataset: p.Suite.Dataset, Seed: p.Options.Seed})
	if err != nil {
		return &EnvironmentError{"before the first run: check the stores", err}
	}
	return nil
}
