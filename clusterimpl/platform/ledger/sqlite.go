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

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger/pool"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
)

// sqliteReaders is the number of connections of one process that read, beside the one that
// writes: they do not wait for it, and more would only wait for the one core that a worker has.
const sqliteReaders = 4

// sqliteLedger is a ledger in a SQLite file, which several processes open. The file is in
// WAL mode. synchronous=FULL syncs the log at every commit, as PostgreSQL does, so that a
// transfer that was answered survives a loss of power; NORMAL would be faster and could
// lose the latest ones.
type sqliteLedger struct {
	db            *sql.DB // of the readers
	account, list *sql.Stmt
	writer        *writer
}

func openSQLite(ctx context.Context, path string) (*sqliteLedger, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err) // else an empty database would be made
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{
		"_pragma": {"busy_timeout(2000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	s := &sqliteLedger{db: db}
	if err := errors.Join(s.prepare(ctx), s.statements(ctx)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger: %w", err), db.Close())
	}
	if s.writer, err = newWriter(ctx, db, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open the ledger: %w", err), db.Close())
	}
	return s, nil
}

// prepare opens the readers' connections and prepares their statements.
func (s *sqliteLedger) prepare(ctx context.Context) error {
	s.db.SetMaxOpenConns(sqliteReaders + 1) // the writer's is taken out and never given back
	s.db.SetMaxIdleConns(sqliteReaders + 1)
	var open []*sql.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close() // which gives it back
		}
	}()
	for range sqliteReaders + 1 {
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		open = append(open, conn)
	}
	return nil
}

func (s *sqliteLedger) statements(ctx context.Context) (err error) {
	if s.account, err = s.db.PrepareContext(
		ctx, `select owner, currency, opened, balance_cents, version from accounts where id = ?`,
	); err != nil {
		return err
	}
	s.list, err = s.db.PrepareContext(ctx, `select id, amount_cents, kind, memo, booked from transactions `+
		`where account = ? order by booked desc, id limit ?`)
	return err
}

// Close closes the prepared statements with the connections.
func (s *sqliteLedger) Close() error { return errors.Join(s.writer.Close(), s.db.Close()) }

// Connections is zero: there is no server.
func (s *sqliteLedger) Connections() pool.Stats { return pool.Stats{} }

func (s *sqliteLedger) Account(ctx context.Context, id int64) (wire.Account, error) {
	a := wire.Account{ID: id}
	err := s.account.QueryRowContext(ctx, id).Scan(&a.Owner, &a.Currency, &a.Opened, &a.BalanceCents, &a.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrUnknownAccount
	}
	a.Opened = dateOf(a.Opened)
	return a, sqliteError(err)
}

func (s *sqliteLedger) Accounts(ctx context.Context, from, to int64) ([]wire.Account, error) {
	rows, err := s.db.QueryContext(ctx,
		`select id, owner, currency, opened, balance_cents, version from accounts where id >= ? and id < ?`, from, to)
	if err != nil {
		return nil, sqliteError(err)
	}
	defer rows.Close()
	var all []wire.Account
	for rows.Next() {
		var a wire.Account
		if err := rows.Scan(&a.ID, &a.Owner, &a.Currency, &a.Opened, &a.BalanceCents, &a.Version); err != nil {
			return nil, sqliteError(err)
		}
		a.Opened = dateOf(a.Opened)
		all = append(all, a)
	}
	return all, sqliteError(rows.Err())
}

// dateOf is the date in a column that may hold a time of day as well.
func dateOf(text string) string { return text[:min(len(text), len(time.DateOnly))] }

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

func (s *sqliteLedger) Transfer(
	ctx context.Context, account int64, t wire.Transfer, booked time.Time,
) (wire.Booked, bool, error) {
	return s.writer.book(ctx, account, t, booked)
}

// sqliteError tells a database that is busy, or slow, from a statement that is wrong.
func sqliteError(err error) error {
	if err == nil {
		return nil
	}
	var refused *sqlite.Error
	if errors.As(err, &refused) {
		switch refused.Code() & 0xff { // the primary code
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
			sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT:
			return unavailable(err)
		}
	} else if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, sql.ErrConnDone) {
		return unavailable(err)
	}
	return fmt.Errorf("ask SQLite: %w", err)
}
