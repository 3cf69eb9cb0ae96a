package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// sqliteConnections is the number of connections of one process: readers do not wait for
// the writer, and more would only wait for the one core that a worker has.
const sqliteConnections = 4

// sqliteLedger is a ledger in a SQLite file, which several processes open. The file is in
// WAL mode. synchronous=FULL syncs the log at every commit, as PostgreSQL does, so that a
// transfer that was answered survives a loss of power; NORMAL would be faster and could
// lose the latest ones.
type sqliteLedger struct {
	db                               *sql.DB
	account, list, find, add, insert *sql.Stmt
}

func openSQLite(ctx context.Context, path string) (*sqliteLedger, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err) // else an empty database would be made
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(2000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	db.SetMaxOpenConns(sqliteConnections)
	db.SetMaxIdleConns(sqliteConnections)
	s := &sqliteLedger{db: db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger: %w", err), db.Close())
	}
	return s, nil
}

func (s *sqliteLedger) prepare(ctx context.Context) error {
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.account, `select owner, currency, opened, balance_cents, version from accounts where id = ?`},
		{&s.list, `select id, amount_cents, kind, memo, booked from transactions where account = ? order by booked desc, id limit ?`},
		{&s.find, `select account, amount_cents, memo, booked, balance_after, version_after from transactions where id = ?`},
		{&s.add, `update accounts set balance_cents = balance_cents + ?, version = version + 1 where id = ? returning balance_cents, version`},
		{&s.insert, `insert into transactions (id, account, amount_cents, kind, memo, booked, origin, balance_after, version_after) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	} {
		var err error
		if *p.into, err = s.db.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the prepared statements with the connections.
func (s *sqliteLedger) Close() error { return s.db.Close() }

func (s *sqliteLedger) Account(ctx context.Context, id int64) (wire.Account, error) {
	a := wire.Account{ID: id}
	err := s.account.QueryRowContext(ctx, id).Scan(&a.Owner, &a.Currency, &a.Opened, &a.BalanceCents, &a.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrUnknownAccount
	}
	a.Opened = a.Opened[:min(len(a.Opened), len(time.DateOnly))] // the column may hold a time of day as well
	return a, sqliteError(err)
}

func (s *sqliteLedger) Transactions(ctx context.Context, account int64, limit int) ([]wire.Transaction, error) {
	rows, err := s.list.QueryContext(ctx, account, limit)
	if err != nil {
		return nil, sqliteError(err)
	}
	defer rows.Close()
	list := make([]wire.Transaction, 0, limit)
	for rows.Next() {
		var t wire.Transaction
		var booked string
		if err := rows.Scan(&t.ID, &t.AmountCents, &t.Kind, &t.Memo, &booked); err != nil {
			return nil, sqliteError(err)
		}
		if t.Booked, err = time.Parse(time.RFC3339, booked); err != nil {
			return nil, fmt.Errorf("read transaction %s: %w", t.ID, err)
		}
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, sqliteError(err)
	}
	if len(list) == 0 { // no transactions, or no account
		_, err := s.Account(ctx, account)
		return list, err
	}
	return list, nil
}

func (s *sqliteLedger) Transfer(ctx context.Context, account int64, t wire.Transfer, booked time.Time) (done wire.Booked, fresh bool, err error) {
	tx, err := s.db.BeginTx(ctx, nil) // immediate: it is the only writer from here on
	if err != nil {
		return done, false, sqliteError(err)
	}
	defer func() { _ = tx.Rollback() }() // nothing to undo after a commit
	done, fresh, err = s.book(ctx, tx, account, t, booked)
	if err != nil || !fresh {
		return done, fresh, err
	}
	return done, true, sqliteError(tx.Commit())
}

func (s *sqliteLedger) book(ctx context.Context, tx *sql.Tx, account int64, t wire.Transfer, booked time.Time) (wire.Booked, bool, error) {
	before, written, err := s.booked(ctx, tx, t.ID)
	if err == nil {
		return replayed(before, account, t, written)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return before, false, sqliteError(err)
	}
	done := wire.Booked{ID: t.ID, Account: account, AmountCents: t.AmountCents, Memo: t.Memo, Booked: booked}
	err = tx.StmtContext(ctx, s.add).QueryRowContext(ctx, t.AmountCents, account).Scan(&done.BalanceCents, &done.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return done, false, ErrUnknownAccount
	}
	if err != nil {
		return done, false, sqliteError(err)
	}
	_, err = tx.StmtContext(ctx, s.insert).ExecContext(ctx, t.ID, account, t.AmountCents, KindTransfer, t.Memo,
		booked.UTC().Format(time.RFC3339), dataset.OriginRequest, done.BalanceCents, done.Version)
	return done, err == nil, sqliteError(err)
}

// booked finds a transaction by its id, and tells whether a request wrote it.
func (s *sqliteLedger) booked(ctx context.Context, tx *sql.Tx, id string) (b wire.Booked, written bool, err error) {
	b.ID = id
	var at string
	var balance, version *int64
	if err = tx.StmtContext(ctx, s.find).QueryRowContext(ctx, id).Scan(&b.Account, &b.AmountCents, &b.Memo, &at, &balance, &version); err != nil {
		return b, false, err
	}
	if b.Booked, err = time.Parse(time.RFC3339, at); err != nil || balance == nil || version == nil {
		return b, false, err
	}
	b.BalanceCents, b.Version = *balance, *version
	return b, true, nil
}

// sqliteError tells a database that is busy, or slow, from a statement that is wrong.
func sqliteError(err error) error {
	if err == nil {
		return nil
	}
	var refused *sqlite.Error
	if errors.As(err, &refused) {
		switch refused.Code() & 0xff { // the primary code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT:
			return unavailable(err)
		}
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrConnDone) {
		return unavailable(err)
	}
	return fmt.Errorf("ask SQLite: %w", err)
}
