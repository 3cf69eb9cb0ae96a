package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// sharedConnections bounds the connections of all workers together: workers × connections
// ≤ 40, of the 100 that a PostgreSQL takes by default (3 of them for superusers), so that a
// second cluster during a handover, and the harness, find room. A worker never has more
// than maxConnections: it has about one core, and what waits for the disk fits in 10. More
// than 40 workers have one each.
const (
	sharedConnections = 40
	maxConnections    = 10
)

// poolSize is the number of connections of one worker among several.
func poolSize(workers int) int {
	return max(1, min(maxConnections, sharedConnections/max(1, workers)))
}

const (
	// connectTimeout is how long it may take to connect.
	connectTimeout = 2 * time.Second
	// acquireTimeout is how long a request waits for a connection of the pool: less than a
	// request has, so that it can be told what was missing.
	acquireTimeout = time.Second
)

// Codes of PostgreSQL (appendix A of its manual).
const (
	uniqueViolation    = "23505"
	tooManyConnections = "53300"
)

// postgres is a ledger in PostgreSQL. pgx prepares each statement once per connection.
type postgres struct{ pool *pgxpool.Pool }

func openPostgres(ctx context.Context, url string, workers int) (*postgres, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open the ledger: the PostgreSQL URL is malformed") // its error may hold the password
	}
	config.MaxConns = int32(poolSize(workers))
	config.MaxConnIdleTime = time.Minute
	config.ConnConfig.ConnectTimeout = connectTimeout
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	return &postgres{pool}, nil
}

func (p *postgres) Close() error {
	p.pool.Close()
	return nil
}

// acquire takes a connection from the pool; it is to be released.
func (p *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := p.pool.Acquire(waiting)
	if err == nil {
		return conn, nil
	}
	if stat := p.pool.Stat(); waiting.Err() != nil && ctx.Err() == nil && stat.AcquiredConns() >= stat.MaxConns() {
		return nil, exhausted(fmt.Errorf("all %d of this worker were in use for %v", stat.MaxConns(), acquireTimeout))
	}
	return nil, postgresError(err)
}

func (p *postgres) Account(ctx context.Context, id int64) (wire.Account, error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return wire.Account{}, err
	}
	defer conn.Release()
	return accountOn(ctx, conn, id)
}

func accountOn(ctx context.Context, conn *pgxpool.Conn, id int64) (wire.Account, error) {
	a := wire.Account{ID: id}
	var opened time.Time
	err := conn.QueryRow(ctx, `select owner, currency, opened, balance_cents, version from accounts where id = $1`, id).
		Scan(&a.Owner, &a.Currency, &opened, &a.BalanceCents, &a.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrUnknownAccount
	}
	a.Opened = opened.Format(time.DateOnly)
	return a, postgresError(err)
}

func (p *postgres) Transactions(ctx context.Context, account int64, limit int) ([]wire.Transaction, error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	rows, err := conn.Query(ctx, `select id::text, amount_cents, kind, memo, booked from transactions
		where account = $1 order by booked desc, id limit $2`, account, limit)
	if err != nil {
		return nil, postgresError(err)
	}
	defer rows.Close()
	list := make([]wire.Transaction, 0, limit)
	for rows.Next() {
		var t wire.Transaction
		if err := rows.Scan(&t.ID, &t.AmountCents, &t.Kind, &t.Memo, &t.Booked); err != nil {
			return nil, postgresError(err)
		}
		t.Booked = t.Booked.UTC()
		list = append(list, t)
	}
	if err := rows.Err(); err != nil {
		return nil, postgresError(err)
	}
	if len(list) == 0 { // no transactions, or no account
		_, err := accountOn(ctx, conn, account)
		return list, err
	}
	return list, nil
}

// Transfer is one statement, and so one transaction and one round trip: the row of the
// account is locked by its update, and all of it is undone if the id is taken.
func (p *postgres) Transfer(ctx context.Context, account int64, t wire.Transfer, booked time.Time) (wire.Booked, bool, error) {
	done := wire.Booked{ID: t.ID, Account: account, AmountCents: t.AmountCents, Memo: t.Memo, Booked: booked}
	conn, err := p.acquire(ctx)
	if err != nil {
		return done, false, err
	}
	defer conn.Release()
	err = conn.QueryRow(ctx, `with changed as (
			update accounts set balance_cents = balance_cents + $3, version = version + 1 where id = $2
			returning balance_cents, version)
		insert into transactions (id, account, amount_cents, kind, memo, booked, origin, balance_after, version_after)
		select $1::uuid, $2::bigint, $3::bigint, $4::text, $5::text, $6::timestamptz, $7::smallint, balance_cents, version from changed
		returning balance_after, version_after`,
		t.ID, account, t.AmountCents, KindTransfer, t.Memo, booked, dataset.OriginRequest).Scan(&done.BalanceCents, &done.Version)
	var refused *pgconn.PgError
	switch {
	case err == nil:
		return done, true, nil
	case errors.Is(err, pgx.ErrNoRows):
		return done, false, ErrUnknownAccount
	case errors.As(err, &refused) && refused.Code == uniqueViolation:
		return replay(ctx, conn, account, t)
	}
	return done, false, postgresError(err)
}

func replay(ctx context.Context, conn *pgxpool.Conn, account int64, t wire.Transfer) (wire.Booked, bool, error) {
	b := wire.Booked{ID: t.ID}
	var balance, version *int64
	err := conn.QueryRow(ctx, `select account, amount_cents, memo, booked, balance_after, version_after from transactions
		where id = $1::uuid`, t.ID).Scan(&b.Account, &b.AmountCents, &b.Memo, &b.Booked, &balance, &version)
	if err != nil {
		return b, false, postgresError(err)
	}
	if balance == nil || version == nil { // a row of the data set
		return replayed(b, account, t, false)
	}
	b.BalanceCents, b.Version, b.Booked = *balance, *version, b.Booked.UTC()
	return replayed(b, account, t, true)
}

// postgresError tells a server that cannot serve from a statement that is wrong.
func postgresError(err error) error {
	if err == nil {
		return nil
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return unavailable(err) // no answer, or no connection in time
	}
	if refused.Code == tooManyConnections {
		return exhausted(err)
	}
	for _, class := range []string{"08", "25006", "40", "53", "55", "57"} { // connection, read-only, rollback, resources, state, operator
		if strings.HasPrefix(refused.Code, class) {
			return unavailable(err)
		}
	}
	return fmt.Errorf("ask PostgreSQL: %w", err)
}
