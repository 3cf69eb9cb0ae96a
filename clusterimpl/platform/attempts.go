package platform

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A user whose secret was wrong maxAttempts times within attemptsWindow is refused, also
// with the right one, until the window is over: nobody finds a secret by trying.
const (
	maxAttempts    = 10
	attemptsWindow = time.Minute
)

// maxCounted bounds the users whose failures one worker's memory counts.
const maxCounted = 100_000

// attempts counts the failed logins of each account within the window.
type attempts interface {
	// failed counts one more and returns how many there are.
	failed(ctx context.Context, account int64) (int64, error)
	// count returns how many there are.
	count(ctx context.Context, account int64) (int64, error)
}

// redisAttempts are counted over all workers.
type redisAttempts struct {
	client *redis.Client
	prefix string
}

func (a *redisAttempts) key(account int64) string {
	return a.prefix + "failed:" + strconv.FormatInt(account, 10)
}

func (a *redisAttempts) failed(ctx context.Context, account int64) (int64, error) {
	pipe := a.client.TxPipeline()
	// The key is made with its end: one that were only counted up could stay for ever.
	pipe.SetNX(ctx, a.key(account), 0, attemptsWindow)
	n := pipe.Incr(ctx, a.key(account))
	if _, err := pipe.Exec(ctx); err != nil {
		return 0, fmt.Errorf("%w: %w", errSessionsDown, err)
	}
	return n.Val(), nil
}

func (a *redisAttempts) count(ctx context.Context, account int64) (int64, error) {
	n, err := a.client.Get(ctx, a.key(account)).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errSessionsDown, err)
	}
	return n, nil
}

// memoryAttempts are counted by this worker alone.
type memoryAttempts struct {
	now func() time.Time

	mu sync.Mutex
	of map[int64]failures
}

type failures struct {
	count int64
	until time.Time
}

func newMemoryAttempts(now func() time.Time) *memoryAttempts {
	return &memoryAttempts{now: now, of: map[int64]failures{}}
}

func (a *memoryAttempts) failed(_ context.Context, account int64) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if len(a.of) >= maxCounted {
		for other, f := range a.of {
			if !now.Before(f.until) {
				delete(a.of, other)
			}
		}
		if len(a.of) >= maxCounted {
			clear(a.of) // better to forget than to grow
		}
	}
	f := a.of[account]
	if !now.Before(f.until) {
		f = failures{until: now.Add(attemptsWindow)}
	}
	f.count++
	a.of[account] = f
	return f.count, nil
}

func (a *memoryAttempts) count(_ context.Context, account int64) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.of[account]
	if !a.now().Before(f.until) {
		return 0, nil
	}
	return f.count, nil
}
