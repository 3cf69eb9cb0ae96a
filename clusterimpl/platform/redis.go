package platform

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"golang.org/x/sync/singleflight"
)

const (
	redisTimeout = 500 * time.Millisecond // to connect, and for each answer
	redisPool    = 8                      // connections of one worker

	cacheTTL = 30 * time.Second // at least; at most twice that
	// markTTL is longer than a read and its fill may take: see the package's comment.
	markTTL = storeTimeout + 4*redisTimeout + time.Second
)

func openRedis(url string) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("open redis: the URL is malformed") // its error may hold the password
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = redisTimeout, redisTimeout, redisTimeout, redisTimeout
	options.PoolSize = redisPool
	options.MaxRetries = 1 // on another connection, at once: the first may be from before a restart
	options.MinRetryBackoff, options.MaxRetryBackoff = -1, -1
	options.DialerRetries = 1
	options.DisableIdentity = true
	options.ContextTimeoutEnabled = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(options), nil
}

// cache holds rendered accounts in Redis.
type cache struct {
	client *redis.Client
	prefix string
	flight singleflight.Group
	faults *faults
	owed   debts
}

func (c *cache) key(id int64) string { return c.prefix + "account:" + strconv.FormatInt(id, 10) }

// through returns the cached account, or loads it, once for all who wait for it here. The
// mark of a transfer is an empty value: who finds it loads, and does not fill.
func (c *cache) through(ctx context.Context, id int64, load func(context.Context) ([]byte, error)) ([]byte, error) {
	c.settle(ctx)
	if c.owed.has(id) { // what is cached may be from before the transfer
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return load(ctx)
	}
	key := c.key(id)
	body, err := c.client.Get(ctx, key).Bytes()
	if err == nil && len(body) > 0 {
		return body, nil
	}
	fill := errors.Is(err, redis.Nil)
	if err != nil && !fill && ctx.Err() == nil {
		c.faults.ofRedis(err)
	}
	if !fill { // a waiter who saw the mark must not be given a row that was read before it
		ctx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		return load(ctx)
	}
	// The first who misses may go away; the others still want the answer.
	result := c.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer cancel()
		body, err := load(ctx)
		if err == nil {
			c.fill(ctx, key, body)
		}
		return body, err
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.([]byte), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *cache) fill(ctx context.Context, key string, body []byte) {
	ttl := cacheTTL + rand.N(cacheTTL)
	err := c.client.SetArgs(ctx, key, body, redis.SetArgs{Mode: "NX", TTL: ttl}).Err()
	if err != nil && !errors.Is(err, redis.Nil) { // Nil: the place was taken meanwhile
		c.faults.ofRedis(err)
	}
}

// mark makes readers load an account anew, and keeps those under way from filling. A mark
// that Redis does not take is owed.
func (c *cache) mark(ctx context.Context, id int64) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := c.client.Set(ctx, c.key(id), "", markTTL).Err(); err != nil {
		c.owed.add(id)
		c.faults.ofRedis(err)
	}
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
	_, err := c.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for id := range owed {
			p.Set(ctx, c.key(id), "", markTTL)
		}
		return nil
	})
	if err == nil {
		c.owed.paid(owed)
	} else if ctx.Err() == nil {
		c.faults.ofRedis(err)
	}
}
