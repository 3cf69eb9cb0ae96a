package platform

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/singleflight"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/internal/rawsocket"
)

const (
	redisTimeout = storeTimeout / 4 // to connect, and for each answer, if nothing else was said
	redisPool    = 8                // connections of one worker

	cacheTTL = 30 * time.Second // at least; at most twice that

	nearTTL = 30 * time.Second // of what is in the near cache; at most
)

// openRedis makes a client that gives up after a time, and needs no answer to be made.
func openRedis(url string, timeout time.Duration) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("open redis: the URL is malformed") // its error may hold the password
	}
	options.DialTimeout, options.PoolTimeout = timeout, timeout
	options.ReadTimeout, options.WriteTimeout = timeout, timeout
	options.PoolSize = redisPool
	options.MaxRetries = 1 // on another connection, at once: the first may be from before a restart
	options.MinRetryBackoff, options.MaxRetryBackoff = -1, -1
	options.DialerRetries = 1
	options.DisableIdentity = true
	options.ContextTimeoutEnabled = true
	dial := redis.NewDialer(options)
	options.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
			return absent{err}, nil
		}
		if err != nil {
			return nil, err
		}
		return watch(rawsocket.Conn(c)), nil
	}
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(options), nil
}

// absent is a connection to a Redis that is not there: whoever uses it is told so. Were it an error of the dialer, the
// pool would try no connection for a second after some of them, while other clusters reach Redis again already: marks
// that they need to see would not be set.
type absent struct{ err error }

func (a absent) Read([]byte) (int, error)         { return 0, a.err }
func (a absent) Write([]byte) (int, error)        { return 0, a.err }
func (a absent) Close() error                     { return nil }
func (a absent) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (a absent) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (a absent) SetDeadline(time.Time) error      { return nil }
func (a absent) SetReadDeadline(time.Time) error  { return nil }
func (a absent) SetWriteDeadline(time.Time) error { return nil }

// warm opens the pool's connections, one after the other, as far as Redis answers.
func warm(ctx context.Context, client *redis.Client) {
	var open []*redis.Conn
	for range redisPool {
		conn := client.Conn()
		open = append(open, conn)
		if conn.Ping(ctx).Err() != nil { // what needs it says so
			break
		}
	}
	for _, conn := range open {
		_ = conn.Close() // which gives it back
	}
}

// cache holds rendered accounts: in memory that the workers of this cluster share, and in
// Redis.
type cache struct {
	client  *redis.Client
	timeout time.Duration // of an operation; of each answer of Redis, a quarter
	prefix  string
	near    *near.Memory
	lease   *lease
	flight  singleflight.Group
	faults  *faults
	owed    debts
}

// markTTL is longer than a read and its fill may take: see the package's comment.
func (c *cache) markTTL() time.Duration { return 2*c.timeout + time.Second }

// distrustTime is how long Redis may hold what is older than a mark that it did not take.
func (c *cache) distrustTime() time.Duration { return 2*cacheTTL + c.markTTL() }

func (c *cache) key(id int64) string { return c.prefix + "account:" + strconv.FormatInt(id, 10) }

func nearKey(id int64) near.Key { return near.Key{uint64(id)} }

// through returns the cached account, or loads it, once for all who wait for it here. The
// mark of a transfer is an empty value: who finds it loads, and does not fill.
func (c *cache) through(ctx context.Context, id int64, load func(context.Context) ([]byte, error)) ([]byte, error) {
	c.settle(ctx)
	if c.owed.has(id) { // what is cached may be from before the transfer
		return c.anew(ctx, load)
	}
	now := time.Now()
	epoch := c.lease.epoch(now)
	if body, ok := c.near.Accounts.Get(nearKey(id), epoch, now, nil); ok {
		return body, nil
	}
	return c.far(ctx, id, epoch, load)
}

// far asks Redis for an account, or loads it, and fills the near cache.
func (c *cache) far(
	ctx context.Context, id int64, epoch uint64, load func(context.Context) ([]byte, error),
) ([]byte, error) {
	generation := c.near.Accounts.Generation(nearKey(id)) // before anything is read
	empty := false
	if !c.near.Accounts.Distrusted(nearKey(id), time.Now()) {
		body, err := c.client.Get(ctx, c.key(id)).Bytes()
		if err == nil && len(body) > 0 {
			c.putNear(id, generation, epoch, body)
			return body, nil
		}
		empty = errors.Is(err, redis.Nil)
		if err != nil && !empty && ctx.Err() == nil {
			c.faults.ofRedis(err)
		}
	}
	if !empty { // a waiter who saw the mark must not be given a row that was read before it
		body, err := c.anew(ctx, load)
		if err == nil {
			c.putNear(id, generation, epoch, body)
		}
		return body, err
	}
	return c.together(ctx, id, generation, epoch, load)
}

// loaded is an account that was loaded once for all who missed it meanwhile.
type loaded struct {
	body []byte
	// kept says that Redis has lost no key since before the load. Else a mark may have been lost, and who came after
	// the load began must not be given what it read.
	kept bool
}

// together loads an account once for all who miss it in the same generation, and fills both
// caches.
func (c *cache) together(
	ctx context.Context, id int64, generation, epoch uint64, load func(context.Context) ([]byte, error),
) ([]byte, error) {
	key := strconv.FormatInt(id, 10) + " " + strconv.FormatUint(generation, 10)
	life := c.lease.seen() // before the load
	first := false
	// The first who misses may go away; the others still want the answer.
	result := c.flight.DoChan(key, func() (any, error) {
		first = true
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()
		body, err := load(ctx)
		// who comes from now on loads anew, however long Redis takes to be filled
		c.flight.Forget(key)
		kept := false
		if err == nil && c.near.Accounts.Generation(nearKey(id)) == generation { // else it may be old already
			kept = c.fill(ctx, c.key(id), life, body)
			c.putNear(id, generation, epoch, body)
		}
		return loaded{body, kept}, err
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		if got := r.Val.(loaded); first || got.kept {
			return got.body, nil
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return c.anew(ctx, load)
}

// anew loads an account for one caller alone.
func (c *cache) anew(ctx context.Context, load func(context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	return load(ctx)
}

func (c *cache) putNear(id int64, generation, epoch uint64, body []byte) {
	c.near.Accounts.Put(nearKey(id), generation, epoch, time.Now().Add(nearTTL), body)
}

// filling puts an account into an empty place, unless Redis has lost its keys since the lease had a value: then it may
// have lost a mark, too. Values of the lease are unique, so one that is still there was there all the time.
var filling = redis.NewScript(`
if redis.call('get', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[3])
return 1`)

// fill gives Redis what was loaded after the lease was seen to be life, and says whether Redis has kept its keys
// since then.
func (c *cache) fill(ctx context.Context, key, life string, body []byte) (kept bool) {
	if life == "" { // it was never seen: Redis has not answered yet
		return false
	}
	ttl := cacheTTL + rand.N(cacheTTL)
	kept, err := filling.Run(ctx, c.client, []string{key, c.lease.key}, body, life, ttl.Milliseconds()).Bool()
	if err != nil {
		c.faults.ofRedis(err)
	}
	return kept && err == nil
}

// mark makes readers load an account anew, and keeps those under way from filling. A mark
// that Redis does not take is owed. It returns when no worker answers from its near cache
// what was read before.
func (c *cache) mark(ctx context.Context, id int64) {
	marking, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	started := time.Now()
	lease, err := c.marks(marking, []int64{id})
	if err != nil {
		c.owed.add(id)
		c.near.Accounts.Distrust(nearKey(id), time.Now().Add(c.distrustTime()))
		c.faults.ofRedis(err)
	}
	c.near.Accounts.Bump(nearKey(id)) // after the mark: who reads Redis from now on finds it
	c.lease.settle(ctx, lease, started, err)
}

// marks sets marks and returns what the lease of the near cache was after that.
func (c *cache) marks(ctx context.Context, ids []int64) (lease string, err error) {
	pipe := c.client.Pipeline()
	for _, id := range ids {
		pipe.Set(ctx, c.key(id), "", c.markTTL())
	}
	value := pipe.Get(ctx, c.lease.key)
	_, err = pipe.Exec(ctx)
	if errors.Is(err, redis.Nil) { // of the lease: nobody has it
		err = nil
	}
	return value.Val(), err
}

// settle sets the marks that are owed, as far as Redis takes them now. One request at a
// time tries; the others go on.
func (c *cache) settle(ctx context.Context) {
	if !c.owed.any() || !c.owed.settling.TryLock() {
		return
	}
	defer c.owed.settling.Unlock()
	owed := c.owed.some(settleBatch)
	if len(owed) == 0 {
		return
	}
	started := time.Now()
	lease, err := c.marks(ctx, slices.Collect(maps.Keys(owed)))
	if err != nil {
		if ctx.Err() == nil {
			c.faults.ofRedis(err)
		}
		return
	}
	for id := range owed {
		c.near.Accounts.Bump(nearKey(id))
	}
	c.lease.settle(ctx, lease, started, nil)
	c.owed.paid(owed)
}
