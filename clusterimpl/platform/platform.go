package platform

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/classify"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/ledger/pool"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// Config says what the platform works on. The zero value of a field but Dataset is its default.
type Config struct {
	DatabaseURL string // postgres://…, sqlite:/path or empty for memory
	RedisURL    string // redis://… or empty for memory
	RedisPrefix string // of every key
	// StoreTimeout is how long an operation may take in the stores, a quarter of it each answer of Redis; 0 for 2 s.
	StoreTimeout time.Duration
	Dataset      dataset.Spec     // what the database holds
	Slowdown     time.Duration    // processor time to burn per request
	Leak         int              // bytes to keep for ever per request
	Workers      int              // processes that share the stores; at least 1
	Near         *near.Memory     // shared with the cluster's other workers; nil: one of its own
	Logger       *slog.Logger     // nil: nothing is logged
	Now          func() time.Time // nil: time.Now
}

// Platform answers the operations. It is a [http.Handler].
type Platform struct {
	config   Config
	ledger   ledger.Ledger
	cache    *cache // nil without Redis
	sessions sessions
	attempts attempts
	model    *classify.Model
	mux      *http.ServeMux
	direct   map[string]http.Handler // of paths that need no matching; with {id} for a number
	faults   faults
	leaks    leaks
	close    []func() error
}

// New makes the platform, and connects to the stores. Of a near cache that nobody else has it waits
// until it may be believed, which takes a second when the memory is new. It does not wait for a store that does not
// answer: until it does, requests that need it answer 503. A URL that makes no sense is refused, without being quoted.
func New(ctx context.Context, c Config) (*Platform, error) {
	if err := c.Dataset.Validate(); err != nil {
		return nil, fmt.Errorf("make the platform: data set: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.StoreTimeout <= 0 {
		c.StoreTimeout = storeTimeout
	}
	p := &Platform{
		config: c, model: classify.Default(), sessions: newMemorySessions(c.Now), attempts: newMemoryAttempts(c.Now),
	}
	p.faults.log = c.Logger
	var err error
	if p.ledger, err = ledger.Open(ctx, c.DatabaseURL, c.Workers, c.Dataset); err != nil {
		return nil, fmt.Errorf("make the platform: %w", err)
	}
	p.close = append(p.close, p.ledger.Close)
	if c.RedisURL != "" {
		client, err := openRedis(c.RedisURL, c.StoreTimeout/4)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make the platform: %w", err), p.Close())
		}
		warm(ctx, client)
		p.useRedis(ctx, client)
	}
	p.mux = p.routes()
	return p, nil
}

// NearSessions is how many sessions a near cache has room for; of accounts, it has room for
// all, up to a bound.
const NearSessions = 4096

// useRedis makes what is kept in Redis, whether it answers already or not.
func (p *Platform) useRedis(ctx context.Context, client *redis.Client) {
	c := p.config
	memory := c.Near
	if memory == nil {
		memory = near.New(c.Dataset.Accounts, NearSessions)
	}
	known := make(chan struct{})
	l := newLease(client, c.RedisPrefix, memory)
	l.known = known
	p.cache = &cache{
		client: client, timeout: c.StoreTimeout, prefix: c.RedisPrefix, near: memory, lease: l, faults: &p.faults,
	}
	if c.DatabaseURL != "" {
		l.given = func(ctx context.Context, epoch uint64) { p.cache.ahead(ctx, epoch, p.ledger, c.Dataset.Accounts) }
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var looking sync.WaitGroup
	looking.Go(func() { l.run(running) })
	p.close = append(p.close, func() error {
		stop()
		looking.Wait()
		return client.Close()
	})
	p.sessions = &redisSessions{client: client, prefix: c.RedisPrefix, near: memory, lease: l}
	p.attempts = &redisAttempts{client: client, prefix: c.RedisPrefix}
	// The first transfer would wait for as long, and the first reader could not fill.
	select {
	case <-known:
	case <-ctx.Done():
	}
}

// Close ends every connection to the stores.
func (p *Platform) Close() error {
	var errs []error
	for _, end := range p.close {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// Faults is the number of times that a store failed an operation, or a cached value could
// not be read or written, since the start.
func (p *Platform) Faults() (ledger, redis uint64) {
	return p.faults.ledger.Load(), p.faults.redis.Load()
}

// Connections is what is kept open to the database, and what that took since the platform was
// made: its pool was filled in the course of that, unless the database did not answer.
func (p *Platform) Connections() pool.Stats { return p.ledger.Connections() }

// Exhausted is how many of the [Platform.Faults] there were because no connection was free
// in time: in this worker's pool, or at the server.
func (p *Platform) Exhausted() (ledger, redis uint64) {
	return p.faults.ledgerExhausted.Load(), p.faults.redisExhausted.Load()
}

// ServeHTTP answers one request.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.config.Slowdown > 0 {
		burn(p.config.Slowdown)
	}
	if p.config.Leak > 0 {
		p.leaks.keep(p.config.Leak)
	}
	if h := p.direct[pattern(r.URL.Path)]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	p.mux.ServeHTTP(w, r)
}

// accounts begins the paths that name an account.
const accounts = "/api/accounts/"

// pattern is the pattern that a path of the common form matches; any other is returned as it is.
func pattern(path string) string {
	rest, ok := strings.CutPrefix(path, accounts)
	if !ok {
		return path
	}
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	switch {
	case digits > 0 && digits == len(rest):
		return accountPattern
	case digits > 0 && rest[digits:] == "/transactions":
		return transactionsPattern
	}
	return path
}

// leaks is memory that is never given back.
type leaks struct {
	mu  sync.Mutex
	all [][]byte
}

// keep allocates so many bytes and touches them, so that they are resident.
func (l *leaks) keep(n int) {
	page := os.Getpagesize()
	b := make([]byte, n)
	for i := 0; i < n; i += page {
		b[i] = 1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, b)
}

// handler answers a request, or returns what is wrong.
type handler func(w http.ResponseWriter, r *http.Request) error

// Patterns of the paths that name an account.
const (
	accountPattern      = accounts + "{id}"
	transactionsPattern = accounts + "{id}/transactions"
)

func (p *Platform) routes() *http.ServeMux {
	mux := http.NewServeMux()
	p.direct = map[string]http.Handler{}
	for path, methods := range map[string]map[string]handler{
		accountPattern:      {http.MethodGet: p.account},
		transactionsPattern: {http.MethodGet: p.transactions, http.MethodPost: p.transfer},
		"/api/import":       {http.MethodPost: p.importFile},
		"/api/risk":         {http.MethodPost: p.risk},
		"/api/classify":     {http.MethodPost: p.classify},
		"/api/login":        {http.MethodPost: p.login},
		"/api/session":      {http.MethodGet: p.session},
		"/api/calibrated":   {http.MethodGet: p.calibrated},
	} {
		h := p.route(methods)
		mux.Handle(path, h)
		p.direct[path] = h
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		p.fail(w, r, &problem{status: http.StatusNotFound, reason: "there is nothing at this path"})
	})
	return mux
}

func (p *Platform) route(methods map[string]handler) http.Handler {
	allowed := allowedMethods(methods)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet // net/http sends no body
		}
		handle, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", allowed)
			p.fail(w, r, &problem{
				status: http.StatusMethodNotAllowed, reason: "this method is not known here", allowed: allowed,
			})
			return
		}
		// What is not decompressed cannot grow: a small bomb stays small.
		if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
			w.Header().Set("Accept-Encoding", "identity") // RFC 9110, section 15.5.16
			p.fail(w, r, &problem{
				status: http.StatusUnsupportedMediaType, reason: "the body is encoded", field: "Content-Encoding",
				allowed: "identity",
			})
			return
		}
		if err := handle(w, r); err != nil {
			p.fail(w, r, err)
		}
	})
}
