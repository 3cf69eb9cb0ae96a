package ledger

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger/pool"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/wire"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/internal/rawsocket"
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
	// connectTimeout is how long it may take to connect and to prepare the statements.
	connectTimeout = 5 * time.Second
	// acquireTimeout is how long a request waits for a connection of the pool: less than a
	// request has, so that it can be told what was missing.
	acquireTimeout = time.Second
	// statementTimeout is how long the server works at a statement: as long as a request
	// waits, so that what nobody waits for ends by itself.
	statementTimeout = 2 * time.Second
	// abandonTimeout is when a connection is given up on which a statement has not ended
	// after its request has: the server or the way to it is gone, or hangs.
	abandonTimeout = 10 * time.Second
)

// Codes of PostgreSQL (appendix A of its manual).
const (
	uniqueViolation    = "23505"
	tooManyConnections = "53300"
)

// The statements, by the names under which every connection has them prepared.
const (
	readAccount  = "read_account"
	readAccounts = "read_accounts"
	listLatest   = "list_latest"
	bookOne      = "book_one"
	findBooked   = "find_booked"
)

// statements are their texts. To book is one statement, and so one transaction and one round
// trip: the row of the account is locked by its update, and all of it is undone if the id is taken.
var statements = map[string]string{
	readAccount:  `select owner, currency, opened, balance_cents, version from accounts where id = $1`,
	readAccounts: `select id, owner, currency, opened, balance_cents, version from accounts where id >= $1 and id < $2`,
	listLatest: `select id::text, amount_cents, kind, memo, booked from transactions
		where account = $1 order by booked desc, id limit $2`,
	bookOne: `with changed as (
			update accounts set balance_cents = balance_cents + $3, version = version + 1 where id = $2
			returning balance_cents, version)
		insert into transactions (id, account, amount_cents, kind, memo, booked, origin, balance_after, version_after)
		select $1::uuid, $2::bigint, $3::bigint, $4::text, $5::text, $6::timestamptz, $7::smallint, balance_cents, version
		from changed
		returning balance_after, version_after`,
	findBooked: `select account, amount_cents, memo, booked, balance_after, version_after from transactions
		where id = $1::uuid`,
}

// postgres is a ledger in PostgreSQL.
type postgres struct{ pool *pool.Pool[*pgConn] }

// openPostgres returns once the pool is full, or PostgreSQL does not answer.
func openPostgres(ctx context.Context, url string, workers int) (*postgres, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open the ledger: the PostgreSQL URL is malformed") // its error may hold the password
	}
	if _, set := config.RuntimeParams["statement_timeout"]; !set {
		config.RuntimeParams["statement_timeout"] = strconv.FormatInt(statementTimeout.Milliseconds(), 10)
	}
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return rawsocket.Conn(c), nil
	}
	p := &postgres{pool.New(pool.Config[*pgConn]{
		Size: poolSize(workers), DialTimeout: connectTimeout, Wait: acquireTimeout, Abandon: abandonTimeout,
		Dial: func(ctx context.Context) (*pgConn, error) { return connect(ctx, config) },
	})}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	_ = p.pool.Ready(ctx) // else what needs it answers 503 until it is back
	return p, nil
}

// connect opens a connection and prepares all statements on it.
func connect(ctx context.Context, config *pgx.ConnConfig) (*pgConn, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	for name, text := range statements {
		if _, err := conn.Prepare(ctx, name, text); err != nil {
			c := &pgConn{Conn: conn}
			c.Close()
			return nil, err
		}
	}
	return &pgConn{Conn: conn, raw: rawConn(conn)}, nil
}

func (p *postgres) Close() error {
	p.pool.Close()
	return nil
}

func (p *postgres) Connections() pool.Stats { return p.pool.Stats() }

// on has work done on a connection of the pool. It is given no context: it ends by itself.
func on[T any](ctx context.Context, p *postgres, work func(*pgConn) (T, error)) (T, error) {
	v, err := pool.Do(ctx, p.pool, work)
	if errors.Is(err, pool.ErrBusy) {
		return v, exhausted(err)
	}
	return v, postgresError(err)
}

// background is the context of statements: the server bounds them, and to watch a context
// costs a lookup, a lock and an allocation each.
var background = context.Background()

func (p *postgres) Account(ctx context.Context, id int64) (wire.Account, error) {
	return on(ctx, p, func(conn *pgConn) (wire.Account, error) { return accountOn(conn, id) })
}

func accountOn(conn *pgConn, id int64) (wire.Account, error) {
	a := wire.Account{ID: id}
	var opened time.Time
	err := conn.QueryRow(background, readAccount, id).Scan(&a.Owner, &a.Currency, &opened, &a.BalanceCents, &a.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, ErrUnknownAccount
	}
	a.Opened = opened.Format(time.DateOnly)
	return a, err
}

func (p *postgres) Accounts(ctx context.Context, from, to int64) ([]wire.Account, error) {
	return on(ctx, p, func(conn *pgConn) ([]wire.Account, error) {
		rows, err := conn.Query(background, readAccounts, from, to)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a wire.Account, err error) {
			var opened time.Time
			err = row.Scan(&a.ID, &a.Owner, &a.Currency, &opened, &a.BalanceCents, &a.Version)
			a.Opened = opened.Format(time.DateOnly)
			return a, err
		})
	})
}

func (p *postgres) Transactions(ctx context.Context, account int64, limit int) ([]wire.Transaction, error) {
	return on(ctx, p, func(conn *pgConn) ([]wire.Transaction, error) {
		rows, err := conn.Query(background, listLatest, account, limit)
		if err != nil {
			return nil, err
		}
		list := make([]wire.Transaction, 0, limit)
		list, err = pgx.AppendRows(list, rows, func(row pgx.CollectableRow) (t wire.Transaction, err error) {
			err = row.Scan(&t.ID, &t.AmountCents, &t.Kind, &t.Memo, &t.Booked)
			t.Booked = t.Booked.UTC()
			return t, err
		})
		if err == nil && len(list) == 0 { // no transactions, or no account
			_, err = accountOn(conn, account)
		}
		return list, err
	})
}

// booking is what a transfer has come to.
type booking struct {
	done  wire.Booked
	fresh bool
}

func (p *postgres) Transfer(
	ctx context.Context, account int64, t wire.Transfer, booked time.Time,
) (wire.Booked, bool, error) {
	b, err := on(ctx, p, func(conn *pgConn) (b booking, err error) {
		b.done = wire.Booked{ID: t.ID, Account: account, AmountCents: t.AmountCents, Memo: t.Memo, Booked: booked}
		err = conn.QueryRow(background, bookOne, t.ID, account, t.AmountCents, KindTransfer, t.Memo, booked,
			dataset.OriginRequest).
			Scan(&b.done.BalanceCents, &b.done.Version)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			b.fresh = true
		case errors.Is(err, pgx.ErrNoRows):
			err = ErrUnknownAccount
		case errors.As(err, &refused) && refused.Code == uniqueViolation:
			b.done, b.fresh, err = replay(conn, account, t)
		}
		return b, err
	})
	return b.done, b.fresh, err
}

func replay(conn *pgConn, account int64, t wire.Transfer) (wire.Booked, bool, error) {
	b := wire.Booked{ID: t.ID}
	var balance, version *int64
	err := conn.QueryRow(background, findBooked, t.ID).Scan(&b.Account, &b.AmountCents, &b.Memo, &b.Booked, &balance,
		&version)
	if err != nil {
		return b, false, err
	}
	if balance == nil || version == nil { // a row of the data set
		return replayed(b, account, t, false)
	}
	b.BalanceCents, b.Version, b.Booked = *balance, *version, b.Booked.UTC()
	return replayed(b, account, t, true)
}

// pgConn is a connection to PostgreSQL.
type pgConn struct {
	*pgx.Conn
	raw syscall.RawConn // nil: it is encrypted
}

// rawConn is the socket of a connection.
func rawConn(conn *pgx.Conn) syscall.RawConn {
	socket, ok := conn.PgConn().Conn().(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// Alive implements [pool.Conn]. A connection that nobody uses gets nothing from the server
// but its last words.
func (c *pgConn) Alive() bool {
	if c.IsClosed() {
		return false
	}
	return c.raw == nil || rawsocket.Quiet(c.raw) || c.answers()
}

// answers asks the server: what it has said may also be that a setting has changed.
func (c *pgConn) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return c.Ping(ctx) == nil
}

// Abort implements [pool.Conn].
func (c *pgConn) Abort() { _ = c.PgConn().Conn().Close() } // ends the read that is under way

// Close implements [pool.Conn].
func (c *pgConn) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Conn.Close(ctx) // it is of no further use, however it ends
}

// postgresError tells a server that cannot serve from a statement that is wrong.
func postgresError(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrUnknownAccount) || errors.Is(err, ErrConflict) {
		return err
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return unavailable(err) // no answer, or no connection in time
	}
	if refused.Code == tooManyConnections {
		return exhausted(err)
	}
	// connection, read-only, rollback, resources, state, operator
	for _, class := range []string{"08", "25006", "40", "53", "55", "57"} {
		if strings.HasPrefix(refused.Code, class) {
			return unavailable(err)
		}
	}
	return fmt.Errorf("ask PostgreSQL: %w", err)
}
