package platform

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// slowLedger has every account, and lets something happen once it has read.
type slowLedger struct {
	ledger.Ledger
	read func(from, to int64) error
}

func (s slowLedger) Accounts(_ context.Context, from, to int64) (all []wire.Account, err error) {
	for id := from; id < to; id++ {
		all = append(all, wire.Account{ID: id})
	}
	return all, s.read(from, to)
}

// known are the ids up to most that the near cache answers.
func known(c *cache, most int64) (ids []int64) {
	for id := int64(0); id <= most; id++ {
		if body, ok := c.near.Accounts.Get(nearKey(id), 7, time.Now(), nil); ok {
			want, _ := render(wire.Account{ID: id})
			if string(body) == string(want) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func TestAccountsAreReadAheadAsFarAsThereIsRoom(t *testing.T) {
	for _, tt := range []struct{ accounts, room, want int }{
		{0, 64, 0}, {1, 64, 1}, {aheadBatch, 1000, aheadBatch}, {aheadBatch + 1, 1000, aheadBatch + 1}, {5000, 64, 64},
	} {
		c := &cache{near: near.New(tt.room, 1)}
		c.ahead(t.Context(), 7, slowLedger{read: func(from, to int64) error {
			assert.LessOrEqual(t, to-from, int64(aheadBatch))
			return nil
		}}, tt.accounts)
		ids := known(c, 6000)
		assert.Len(t, ids, tt.want, "of %d accounts into %d slots", tt.accounts, tt.room)
		if tt.want > 0 {
			assert.EqualValues(t, 1, ids[0])
		}
	}
}

func TestWhatIsReadAheadIsNotGivenAfterATransfer(t *testing.T) {
	c := &cache{near: near.New(64, 1)}
	c.ahead(t.Context(), 7, slowLedger{read: func(int64, int64) error {
		c.near.Accounts.Bump(nearKey(2)) // after the row was read
		return nil
	}}, 3)
	assert.Equal(t, []int64{1, 3}, known(c, 10))
}

func TestReadingAheadEndsWithTheFirstError(t *testing.T) {
	c, reads := &cache{near: near.New(1000, 1)}, 0
	c.ahead(t.Context(), 7, slowLedger{read: func(int64, int64) error {
		if reads++; reads == 2 {
			return errors.New("it does not answer")
		}
		return nil
	}}, 1000)
	assert.Equal(t, 2, reads)
	assert.Len(t, known(c, 1000), aheadBatch, "what was read before stays")
}
