package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// mostBooked is how many transfers are booked with one commit.
const mostBooked = 64

// order is a transfer that waits to be booked.
type order struct {
	ctx      context.Context
	account  int64
	transfer wire.Transfer
	at       time.Time
	done     chan<- outcome // has room for it
}

// outcome is what an order has come to.
type outcome struct {
	booking
	err error
}

// writer books transfers in SQLite, one transaction after the other.
//
// SQLite has one writer at a time, and who finds it taken asks again after a while: up to a
// tenth of a second later, when somebody else may have come first, so that with several
// processes some never get their turn. Here a process waits in the kernel's queue for a lock
// on a file beside the database, and only its holder asks SQLite. Whatever transfers have
// come meanwhile are booked with one commit, and so with one sync of the disk; none is
// answered before it.
type writer struct {
	conn   *sql.Conn
	turn   *fileLock
	orders chan order
	ended  sync.WaitGroup
	end    chan struct{}

	begin, commit, find, add, insert *sql.Stmt
}

func newWriter(ctx context.Context, db *sql.DB, path string) (*writer, error) {
	w := &writer{orders: make(chan order, mostBooked), end: make(chan struct{})}
	var err error
	if w.turn, err = openFileLock(path + "-writer"); err != nil {
		return nil, fmt.Errorf("open the file whose lock writers take in turn: %w", err)
	}
	if w.conn, err = db.Conn(ctx); err != nil {
		return nil, errors.Join(err, w.turn.Close())
	}
	if err := w.prepare(ctx); err != nil {
		return nil, errors.Join(err, w.conn.Close(), w.turn.Close())
	}
	w.ended.Go(w.work)
	return w, nil
}

func (w *writer) prepare(ctx context.Context) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&w.begin, `begin immediate`}, // it is the only writer from there on
		{&w.commit, `commit`},
		{
			&w.find,
			`select account, amount_cents, memo, booked, balance_after, version_after from transactions where id = ?`,
		},
		{&w.add, `update accounts set balance_cents = balance_cents + ?, version = version + 1 where id = ?
			returning balance_cents, version`},
		{&w.insert, `insert into transactions
			(id, account, amount_cents, kind, memo, booked, origin, balance_after, version_after)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	} {
		var err error
		if *p.into, err = w.conn.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the writer once it has booked what is under way.
func (w *writer) Close() error {
	close(w.end)
	w.ended.Wait()
	return errors.Join(w.conn.Close(), w.turn.Close())
}

// book waits until a transfer is booked, or ctx ends; then it may be booked all the same.
func (w *writer) book(ctx context.Context, account int64, t wire.Transfer, at time.Time) (wire.Booked, bool, error) {
	done := make(chan outcome, 1)
	select {
	case w.orders <- order{ctx, account, t, at, done}:
	case <-ctx.Done():
		return wire.Booked{}, false, sqliteError(ctx.Err())
	case <-w.end:
		return wire.Booked{}, false, unavailable(sql.ErrConnDone)
	}
	select {
	case o := <-done:
		return o.done, o.fresh, o.err
	case <-ctx.Done():
		return wire.Booked{}, false, sqliteError(ctx.Err())
	}
}

func (w *writer) work() {
	for {
		select {
		case first := <-w.orders:
			w.batch(first)
		case <-w.end:
			return
		}
	}
}

// batch books the first order, and those that have come until it is this process's turn.
func (w *writer) batch(first order) {
	orders := []order{first}
	outcomes := w.inTurn(&orders)
	for i, o := range orders {
		o.done <- outcomes[i]
	}
}

func (w *writer) inTurn(orders *[]order) []outcome {
	if err := w.turn.Lock(); err != nil {
		return []outcome{{err: fmt.Errorf("wait for the turn to write: %w", err)}}
	}
	defer func() { _ = w.turn.Unlock() }() // cannot fail for a lock that is held
	w.collect(orders)
	outcomes, err := w.together(*orders)
	if err == nil {
		return outcomes
	}
	if len(*orders) == 1 {
		return []outcome{{err: sqliteError(err)}}
	}
	all := make([]outcome, 0, len(*orders)) // so that what is wrong with one is that one's matter
	for _, o := range *orders {
		alone, err := w.together([]order{o})
		if err != nil {
			alone = []outcome{{err: sqliteError(err)}}
		}
		all = append(all, alone...)
	}
	return all
}

// collect takes what waits as well, but for what nobody waits for any more.
func (w *writer) collect(orders *[]order) {
	for len(*orders) < mostBooked {
		select {
		case next := <-w.orders:
			if next.ctx.Err() == nil {
				*orders = append(*orders, next)
			}
		default:
			return
		}
	}
}

// together books orders in one transaction. On an error none is booked.
func (w *writer) together(orders []order) (outcomes []outcome, err error) {
	ctx := context.Background() // what has begun is finished
	if _, err := w.begin.ExecContext(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_, _ = w.conn.ExecContext(ctx, "rollback") // fails where the failure has ended the transaction already
		}
	}()
	for _, o := range orders {
		b, err := w.one(ctx, o)
		if err != nil && !errors.Is(err, ErrUnknownAccount) && !errors.Is(err, ErrConflict) {
			return nil, err
		}
		outcomes = append(outcomes, outcome{b, err})
	}
	_, err = w.commit.ExecContext(ctx)
	return outcomes, err
}

// one books an order; nothing is changed when it is refused.
func (w *writer) one(ctx context.Context, o order) (b booking, err error) {
	before, written, err := w.booked(ctx, o.transfer.ID)
	if err == nil {
		b.done, b.fresh, err = replayed(before, o.account, o.transfer, written)
		return b, err
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return b, err
	}
	b.done = wire.Booked{
		ID: o.transfer.ID, Account: o.account, AmountCents: o.transfer.AmountCents, Memo: o.transfer.Memo, Booked: o.at,
	}
	err = w.add.QueryRowContext(ctx, o.transfer.AmountCents, o.account).Scan(&b.done.BalanceCents, &b.done.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return b, ErrUnknownAccount
	}
	if err != nil {
		return b, err
	}
	_, err = w.insert.ExecContext(ctx, o.transfer.ID, o.account, o.transfer.AmountCents, KindTransfer, o.transfer.Memo,
		o.at.UTC().Format(time.RFC3339), dataset.OriginRequest, b.done.BalanceCents, b.done.Version)
	b.fresh = err == nil
	return b, err
}

// booked finds a transaction by its id, and tells whether a request wrote it.
func (w *writer) booked(ctx context.Context, id string) (b wire.Booked, written bool, err error) {
	b.ID = id
	var at string
	var balance, version *int64
	err = w.find.QueryRowContext(ctx, id).Scan(&b.Account, &b.AmountCents, &b.Memo, &at, &balance, &version)
	if err != nil {
		return b, false, err
	}
	if b.Booked, err = time.Parse(time.RFC3339, at); err != nil || balance == nil || version == nil {
		return b, false, err
	}
	b.BalanceCents, b.Version = *balance, *version
	return b, true, nil
}
