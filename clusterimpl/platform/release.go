package platform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// free begins the value of a lease that its last holder gave up: nobody believes in a near cache.
	free = "free:"
	// freeKept is how long that is known. After it, the lease is as one that nobody ever had.
	freeKept = time.Minute
)

// replacing puts a value in the place of another, and returns what is there then.
var replacing = redis.NewScript(`
local v = redis.call('get', KEYS[1])
if v ~= ARGV[1] then return v end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ARGV[2]`)

// Release gives up the lease of a cluster whose processes have all ended, so that the next cluster need not
// wait for a term. It changes nothing when another holds the lease, or when this cluster never was allowed to
// believe its near cache: then others may still believe theirs.
func Release(ctx context.Context, c Config) error {
	client, err := openRedis(c.RedisURL, redisTimeout)
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	if err := newLease(client, c.RedisPrefix, c.Near).release(ctx); err != nil {
		return fmt.Errorf("give up the lease of the near cache: %w", err)
	}
	return nil
}

// release replaces a lease that is ours, and was believed. The caller knows that nobody who shares the memory
// reads from it any more, or ever will.
func (l *lease) release(ctx context.Context) error {
	value, err := l.client.Get(ctx, l.key).Result()
	if errors.Is(err, redis.Nil) {
		return nil
	}
	if err != nil {
		return err
	}
	if epoch := l.own(value); epoch == 0 || l.memory.Trusted() != epoch {
		return nil
	}
	_, err = l.replace(ctx, value, free+nonce(), freeKept)
	return err
}

// takeFree claims a lease that was given up. If this cluster is the first to do so, it may be believed at once.
func (l *lease) takeFree(ctx context.Context, value string) (string, error) {
	claim := l.newClaim()
	found, err := l.replace(ctx, value, claim, leaseKept)
	if err == nil && found == claim {
		l.memory.Trust(l.own(claim))
	}
	return found, err
}

// replace puts a value in the place of another, and returns what is there then; "" for nothing.
func (l *lease) replace(ctx context.Context, old, value string, kept time.Duration) (string, error) {
	found, err := replacing.Run(ctx, l.client, []string{l.key}, old, value, kept.Milliseconds()).Text()
	if errors.Is(err, redis.Nil) { // it has run out meanwhile
		return "", nil
	}
	return found, err
}

// newClaim is a value that no other claim has.
func (l *lease) newClaim() string { return heldBy + l.memory.Domain() + ":" + nonce() }
