package ledger_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// openSQLite opens the same database several times, as several processes do.
func openSQLite(t *testing.T, times int) []ledger.Ledger {
	t.Helper()
	url := platformtest.SQLite(t, platformtest.Dataset)
	var all []ledger.Ledger
	for range times {
		l, err := ledger.Open(t.Context(), url, times, platformtest.Dataset)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, l.Close()) })
		all = append(all, l)
	}
	return all
}

func transferID(writer, n int) string { return fmt.Sprintf("%08x-0000-8000-8000-%012x", writer, n) }

func TestWritersOfOneSQLiteFileAllGetTheirTurn(t *testing.T) {
	const writers, each = 8, 25
	var all sync.WaitGroup
	ledgers := openSQLite(t, writers)
	for i, l := range ledgers {
		for half := range 2 { // so that transfers of one process are booked together
			all.Go(func() {
				for n := range each {
					done, fresh, err := l.Transfer(t.Context(), 7,
						wire.Transfer{ID: transferID(2*i+half+1, n), AmountCents: 3}, time.Unix(0, 0))
					assert.NoError(t, err)
					assert.True(t, fresh)
					assert.Positive(t, done.Version)
				}
			})
		}
	}
	all.Wait()
	a, err := ledgers[0].Account(t.Context(), 7)
	require.NoError(t, err)
	before := platformtest.Dataset.Account(7)
	assert.Equal(t, before.BalanceCents+3*2*writers*each, a.BalanceCents)
	assert.EqualValues(t, 2*writers*each, a.Version)
}

func TestATransferThatIsRefusedUndoesNoOther(t *testing.T) {
	l := openSQLite(t, 1)[0]
	var all sync.WaitGroup
	book := func(id int, account int64, amount int64, want error) {
		all.Go(func() {
			_, _, err := l.Transfer(t.Context(), account, wire.Transfer{ID: transferID(1, id), AmountCents: amount},
				time.Unix(0, 0))
			assert.ErrorIs(t, err, want)
		})
	}
	_, _, err := l.Transfer(t.Context(), 5, wire.Transfer{ID: transferID(1, 0), AmountCents: 1}, time.Unix(0, 0))
	require.NoError(t, err)
	for i := range 10 {
		book(i+1, 5, 1, nil)
		book(100+i, 1_000_000, 1, ledger.ErrUnknownAccount)
		book(0, 5, 2, ledger.ErrConflict)
		book(0, 5, 1, nil) // again
	}
	all.Wait()
	a, err := l.Account(t.Context(), 5)
	require.NoError(t, err)
	assert.EqualValues(t, 11, a.Version)
	_, _, err = l.Transfer(t.Context(), 5,
		wire.Transfer{ID: transferID(1, 200), AmountCents: 1, Memo: strings.Repeat("x", 140)}, time.Unix(0, 0))
	assert.NoError(t, err)
}
