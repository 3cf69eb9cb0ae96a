// Package ledger keeps accounts and their transactions: in PostgreSQL, in SQLite, or in
// the memory of this process. It knows neither HTTP nor the cache.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger/pool"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// readyTimeout bounds the wait for a database that is slow to take connections: the ledger
// is of use before all are open.
const readyTimeout = 10 * time.Second

// KindTransfer is the kind of the transactions that [Ledger.Transfer] books.
const KindTransfer = "transfer"

// What a ledger's errors may be; others are faults of the ledger itself.
var (
	ErrUnknownAccount = errors.New("there is no such account")
	ErrConflict       = errors.New("another transaction has this id")
	ErrUnavailable    = errors.New("the database does not answer")
	// ErrExhausted is an [ErrUnavailable] as well: no connection was free in time, in the
	// worker's pool or at the server.
	ErrExhausted = errors.New("every connection to the database is taken")
)

// Ledger keeps accounts. All times are UTC.
type Ledger interface {
	// Account reads one account.
	Account(ctx context.Context, id int64) (wire.Account, error)
	// Accounts reads those of the accounts from one id up to, but not including, another that
	// there are, in no order.
	Accounts(ctx context.Context, from, to int64) ([]wire.Account, error)
	// Transactions lists the latest bookings of an account, newest first, at most limit.
	Transactions(ctx context.Context, account int64, limit int) ([]wire.Transaction, error)
	// Transfer books durably, and tells whether it did so just now: one with an id that is
	// there already is not booked again; it is [ErrConflict] if it asks for something else.
	Transfer(ctx context.Context, account int64, t wire.Transfer, booked time.Time) (
		done wire.Booked, fresh bool, err error,
	)
	// Connections is what is kept open to the database, and what that took; zero without one.
	Connections() pool.Stats
	// Close ends every connection.
	Close() error
}

// Open opens the ledger at a URL: postgres://…, sqlite:/absolute/path, or "" for one in
// memory. The error never holds the URL, which may carry a password. It returns when all
// connections are open with their statements prepared, or the database does not answer, or
// [readyTimeout] is over; workers is the number of processes that share the database.
func Open(ctx context.Context, url string, workers int, spec dataset.Spec) (Ledger, error) {
	switch {
	case url == "":
		return newMemory(spec), nil
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return openPostgres(ctx, url, workers)
	case strings.HasPrefix(url, "sqlite:/"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"))
	}
	return nil, errors.New(
		"open the ledger: the database URL is not understood, allowed: empty, postgres://…, sqlite:/absolute/path",
	)
}

// same tells whether a booking is the one that is asked for.
func same(b wire.Booked, account int64, t wire.Transfer) bool {
	return b.Account == account && b.AmountCents == t.AmountCents && b.Memo == t.Memo
}

// replayed is the answer to a transfer whose id is there already.
func replayed(b wire.Booked, account int64, t wire.Transfer, written bool) (wire.Booked, bool, error) {
	if !written || !same(b, account, t) {
		return wire.Booked{}, false, ErrConflict
	}
	return b, false, nil
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

func exhausted(err error) error { return fmt.Errorf("%w: %w: %w", ErrUnavailable, ErrExhausted, err) }
