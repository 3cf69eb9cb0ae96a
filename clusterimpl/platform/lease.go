package platform

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
)

const (
	// leaseTerm is how long what Redis said about the lease is believed, and how long a
	// change of it takes to be believed.
	leaseTerm = time.Second
	// leaseCheck is the time between two looks at it: some may fail or be late.
	leaseCheck = leaseTerm / 5
	// leasePoll is the time between two looks while it is to become ours: another who shares the memory may know
	// sooner.
	leasePoll = leaseTerm / 50
	// leaseKept is how long the lease outlives its last holder: many terms, so that it never
	// ends while somebody believes in it.
	leaseKept = 10 * leaseTerm
	// leaseNobody is how long nobody is given it after two clusters have met.
	leaseNobody = time.Minute
)

// Values of the lease in Redis: who holds it, and a number that no other claim has.
const (
	heldBy   = "near:"
	heldByNo = "nobody:"
)

// lease decides who may answer from a near cache: those who share one memory, while nobody
// else writes to the accounts in this Redis. See the package's comment for why it is right.
type lease struct {
	client *redis.Client
	key    string
	memory *near.Memory
	now    func() time.Time // with a monotonic reading
	// given is called, beside, when entries of an epoch may be believed: in one of the
	// processes that share the memory. nil: there is nothing to do.
	given func(ctx context.Context, epoch uint64)

	grant atomic.Pointer[grant] // nil: no answer may come from the near cache

	mu      sync.Mutex
	value   string    // of the key, as it was seen last
	first   time.Time // when it was seen first, with no other value since
	failing time.Time // since when Redis does not answer; zero while it does

	renewed time.Time // when the lease was prolonged last; of the goroutine that runs

	// closed once it is known for the first time whether the lease is ours; nil: nobody waits for that
	known chan struct{}
}

// newLease is the lease of the clusters that share the keys of a prefix, as those see it who share a memory.
func newLease(client *redis.Client, prefix string, memory *near.Memory) *lease {
	return &lease{client: client, key: prefix + "near", memory: memory, now: time.Now}
}

// grant allows readers to believe the entries of an epoch.
type grant struct {
	epoch uint64
	until time.Time
}

// epoch is that of the entries that may be believed now; 0 for none.
func (l *lease) epoch(now time.Time) uint64 {
	if g := l.grant.Load(); g != nil && now.Before(g.until) {
		return g.epoch
	}
	return 0
}

// seen is the value that the lease had when it was looked at last; "" before that.
func (l *lease) seen() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.value
}

// run looks at the lease until ctx is done.
func (l *lease) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var beside sync.WaitGroup
	defer beside.Wait()
	for {
		l.check(ctx)
		if epoch := l.epoch(l.now()); l.given != nil && epoch != 0 && l.memory.Claim(epoch) {
			beside.Go(func() { l.given(ctx, epoch) })
		}
		pause := l.pause()
		if pause <= 0 && l.known != nil {
			close(l.known)
			l.known = nil
		}
		if pause <= 0 {
			pause = leaseCheck
		}
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
}

// pause is the time until a lease that is ours is looked at again, since it may be old enough to be believed
// then; 0 when there is no such thing to wait for.
func (l *lease) pause() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.value == "" || l.own(l.value) == 0 || !l.failing.IsZero() {
		return 0
	}
	now := l.now()
	if l.epoch(now) != 0 {
		return 0
	}
	return max(time.Millisecond, min(leasePoll, l.first.Add(leaseTerm).Sub(now)))
}

// check reads the lease, claims it when nobody has it, and keeps it when it is ours.
func (l *lease) check(ctx context.Context) {
	started := l.now()
	value, err := l.client.Get(ctx, l.key).Result()
	if errors.Is(err, redis.Nil) {
		value, err = l.claim(ctx)
	} else if err == nil && strings.HasPrefix(value, free) {
		value, err = l.takeFree(ctx, value)
	}
	if err != nil {
		if ctx.Err() == nil {
			l.lost(l.now())
		}
		return
	}
	l.saw(value, started, l.now())
	if l.own(value) != 0 && started.Sub(l.renewed) > leaseKept/4 {
		if l.client.PExpire(ctx, l.key, leaseKept).Err() == nil {
			l.renewed = started
		}
	}
}

// claim takes a lease that nobody has, and returns the value that there is then.
func (l *lease) claim(ctx context.Context) (string, error) {
	value := l.newClaim()
	err := l.client.SetArgs(ctx, l.key, value, redis.SetArgs{Mode: "NX", TTL: leaseKept}).Err()
	if errors.Is(err, redis.Nil) { // another was faster
		value, err = l.client.Get(ctx, l.key).Result()
	}
	return value, err
}

func nonce() string {
	n := rand.Uint64()
	return strconv.FormatUint(max(1, n), 16)
}

// own is the epoch of a value that is ours, else 0.
func (l *lease) own(value string) uint64 {
	number, ok := strings.CutPrefix(value, heldBy+l.memory.Domain()+":")
	if !ok {
		return 0
	}
	epoch, err := strconv.ParseUint(number, 16, 64)
	if err != nil {
		return 0
	}
	return epoch
}

// saw notes a value that Redis gave between two moments, and returns when it may be
// believed that no other holder answers from a near cache any more.
func (l *lease) saw(value string, started, answered time.Time) (settled time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if value != l.value {
		l.value, l.first = value, answered
		l.grant.Store(nil)
	}
	l.failing = time.Time{}
	settled = l.first.Add(leaseTerm)
	epoch := l.own(value)
	if epoch == 0 {
		return settled
	}
	if l.memory.Trusted() == epoch {
		settled = l.first
	}
	if answered.Before(settled) {
		return settled
	}
	l.memory.Trust(epoch)
	if g := l.grant.Load(); g == nil || started.Add(leaseTerm).After(g.until) {
		l.grant.Store(&grant{epoch, started.Add(leaseTerm)})
	}
	return settled
}

// lost notes that Redis did not answer, and returns when no other holder answers from a
// near cache any more, if Redis does not answer it either.
func (l *lease) lost(now time.Time) (settled time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing.IsZero() {
		l.failing = now
	}
	if l.epoch(now) != 0 { // held by us: no other holds it
		return now
	}
	return l.failing.Add(leaseTerm)
}

// settle returns once nobody outside of our memory can answer what was read before a mark
// was set. value is what the lease was after the mark, "" for none; err is why that is not known.
func (l *lease) settle(ctx context.Context, value string, started time.Time, err error) {
	var settled time.Time
	if err == nil && l.own(value) == 0 && !strings.HasPrefix(value, heldByNo) {
		value, err = l.revoke(ctx, value)
	}
	if err == nil {
		settled = l.saw(value, started, l.now())
	} else {
		settled = l.lost(l.now())
	}
	if wait := settled.Sub(l.now()); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done(): // this process ends
		}
	}
}

// revoke takes the lease from another cluster, for some time, or claims it if nobody has it.
func (l *lease) revoke(ctx context.Context, value string) (string, error) {
	switch {
	case value == "":
		return l.claim(ctx)
	case strings.HasPrefix(value, free):
		return l.takeFree(ctx, value)
	}
	value = heldByNo + nonce()
	if err := l.client.Set(ctx, l.key, value, leaseNobody).Err(); err != nil {
		return "", fmt.Errorf("take the lease of the near cache from another cluster: %w", err)
	}
	return value, nil
}
