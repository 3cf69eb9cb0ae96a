package platform

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

const (
	// aheadBatch is how many accounts are read ahead at once: so few that a request behind them waits for a
	// millisecond.
	aheadBatch = 200
	// aheadTimeout bounds reading ahead as a whole.
	aheadTimeout = 5 * time.Second
)

// ahead reads accounts from the ledger into the near cache before anyone asks for them: all, or as many as there is
// room for. Where the ledger fails, or is slow, the rest is read when it is asked for, as ever.
func (c *cache) ahead(ctx context.Context, epoch uint64, from ledger.Ledger, accounts int) {
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	end := int64(min(accounts, c.near.Accounts.Slots())) + 1
	for first := int64(1); first < end; first += aheadBatch {
		if c.batch(ctx, epoch, from, first, min(first+aheadBatch, end)) != nil {
			return
		}
	}
}

func (c *cache) batch(ctx context.Context, epoch uint64, from ledger.Ledger, first, end int64) error {
	generations := make([]uint64, end-first)
	for i := range generations { // before anything is read
		generations[i] = c.near.Accounts.Generation(nearKey(first + int64(i)))
	}
	accounts, err := from.Accounts(ctx, first, end)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		body, err := render(a)
		if err != nil {
			return err
		}
		ttl := nearTTL/2 + rand.N(nearTTL/2) // they are not to expire together
		c.near.Accounts.Put(nearKey(a.ID), generations[a.ID-first], epoch, time.Now().Add(ttl), body)
	}
	return nil
}

// render is an account as it is answered.
func render(a wire.Account) ([]byte, error) {
	body, err := json.Marshal(a)
	return append(body, '\n'), err
}
