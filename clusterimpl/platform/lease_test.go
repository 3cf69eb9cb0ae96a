package platform

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
)

// tenant is one process that may answer from a near cache, with a clock of the test's.
type tenant struct {
	*lease
	at time.Time
}

func newTenant(t *testing.T, redisAddress string, memory *near.Memory) *tenant {
	t.Helper()
	client, err := openRedis("redis://"+redisAddress, redisTimeout)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	n := &tenant{at: time.Now()}
	n.lease = &lease{client: client, key: "p:near", memory: memory, now: func() time.Time { return n.at }}
	return n
}

// after lets time pass, looks at the lease, and tells whether near answers are allowed.
func (n *tenant) after(d time.Duration) bool {
	n.at = n.at.Add(d)
	n.check(context.Background())
	return n.epoch(n.at) != 0
}

func TestALeaseIsBelievedOnlyAfterATerm(t *testing.T) {
	server := miniredis.RunT(t)
	n := newTenant(t, server.Addr(), near.New(1, 1))
	assert.False(t, n.after(0), "it is claimed")
	assert.False(t, n.after(leaseTerm-1))
	assert.True(t, n.after(1))
	assert.Equal(t, leaseKept, server.TTL("p:near"))
	epoch := n.epoch(n.at)
	n.at = n.at.Add(leaseTerm)
	assert.Zero(t, n.epoch(n.at), "nobody has looked at it for a term")
	assert.True(t, n.after(0))
	assert.Equal(t, epoch, n.epoch(n.at))
}

func TestWhoSharesTheMemorySharesTheLease(t *testing.T) {
	server := miniredis.RunT(t)
	memory := near.New(1, 1)
	a, b := newTenant(t, server.Addr(), memory), newTenant(t, server.Addr(), memory)
	assert.False(t, a.after(0))
	assert.True(t, a.after(leaseTerm))
	assert.True(t, b.after(0), "what another has found out holds for it")
	assert.Equal(t, a.epoch(a.at), b.epoch(b.at))
}

func TestTwoClustersNeverAnswerFromMemoryAtOnce(t *testing.T) {
	server := miniredis.RunT(t)
	a, b := newTenant(t, server.Addr(), near.New(1, 1)), newTenant(t, server.Addr(), near.New(1, 1))
	a.after(0)
	require.True(t, a.after(leaseTerm))
	for range 20 {
		assert.False(t, b.after(leaseTerm))
	}
	held, err := server.Get("p:near")
	require.NoError(t, err)
	// b writes: a must be told, and has until the end of its term to notice.
	value, err := b.revoke(t.Context(), held)
	require.NoError(t, err)
	settled := b.saw(value, b.at, b.at)
	assert.Equal(t, b.at.Add(leaseTerm), settled, "b may not acknowledge before")
	assert.False(t, a.after(0), "it has lost the lease")
	assert.True(t, strings.HasPrefix(value, heldByNo))
	server.FastForward(leaseNobody)
	old := held
	assert.False(t, a.after(leaseNobody))
	held, err = server.Get("p:near")
	require.NoError(t, err)
	assert.NotEqual(t, old, held, "a new claim, so that what was read before is not believed")
	assert.True(t, a.after(leaseTerm))
}

func TestAClusterThatIsGoneLeavesTheLeaseToOthers(t *testing.T) {
	server := miniredis.RunT(t)
	a, b := newTenant(t, server.Addr(), near.New(1, 1)), newTenant(t, server.Addr(), near.New(1, 1))
	a.after(0)
	server.FastForward(leaseKept)
	assert.False(t, b.after(leaseKept))
	assert.True(t, b.after(leaseTerm))
}

func TestWithoutRedisTheLeaseEnds(t *testing.T) {
	server := miniredis.RunT(t)
	n := newTenant(t, server.Addr(), near.New(1, 1))
	n.after(0)
	require.True(t, n.after(leaseTerm))
	epoch := n.epoch(n.at)
	server.SetError("LOADING")
	assert.True(t, n.after(leaseTerm/2), "until its term is over")
	assert.Equal(t, n.at, n.lost(n.at), "who holds it need not wait for others")
	assert.False(t, n.after(leaseTerm/2))
	assert.Equal(t, n.at.Add(leaseTerm/2), n.lost(n.at), "who does not waits a term from the first failure on")
	server.SetError("")
	server.FlushAll()
	assert.False(t, n.after(0), "what was kept before is not believed")
	assert.True(t, n.after(leaseTerm))
	assert.NotEqual(t, epoch, n.epoch(n.at))
}

// TestSettlingWaitsForAsLongAsItSays uses the runtime's fake clock; nothing is asked of Redis.
func TestSettlingWaitsForAsLongAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lease{memory: near.New(1, 1), now: time.Now}
		started := time.Now()
		l.settle(t.Context(), heldByNo+"1", started, nil)
		assert.Equal(t, leaseTerm, time.Since(started), "a value that was never seen")
		l.settle(t.Context(), heldByNo+"1", time.Now(), nil)
		assert.Equal(t, leaseTerm, time.Since(started), "one that was seen a term ago")
		l.settle(t.Context(), heldByNo+"2", time.Now(), nil)
		assert.Equal(t, 2*leaseTerm, time.Since(started), "another")
		l.settle(t.Context(), "", time.Now(), redis.ErrClosed)
		assert.Equal(t, 3*leaseTerm, time.Since(started), "Redis does not answer")
		l.settle(t.Context(), "", time.Now(), redis.ErrClosed)
		assert.Equal(t, 3*leaseTerm, time.Since(started), "for a term already")
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		l.settle(cancelled, heldByNo+"3", time.Now(), nil)
		assert.Equal(t, 3*leaseTerm, time.Since(started))
	})
}

func TestAPlatformIsReadyOnceItIsKnownWhoHasTheLease(t *testing.T) {
	server := miniredis.RunT(t)
	ready := func(address string, memory *near.Memory) (seen string) {
		p, err := New(t.Context(),
			Config{RedisURL: "redis://" + address, Dataset: dataset.Spec{Accounts: 10}, Near: memory})
		require.NoError(t, err)
		t.Cleanup(func() { _ = p.Close() })
		return p.cache.lease.seen()
	}
	ours, others := near.New(1, 1), near.New(1, 1)
	assert.NotEmpty(t, ready(server.Addr(), ours), "the first reader may fill")
	assert.NotZero(t, ours.Trusted(), "the first transfer need not wait")
	assert.NotEmpty(t, ready(server.Addr(), others), "here, too")
	assert.Zero(t, others.Trusted(), "it is another's")
	gone := miniredis.RunT(t)
	address := gone.Addr()
	gone.Close()
	nobody := near.New(1, 1)
	ready(address, nobody)
	assert.Zero(t, nobody.Trusted(), "Redis does not answer, and is not waited for")
}

func TestALeaseThatWasGivenUpIsBelievedAtOnce(t *testing.T) {
	server := miniredis.RunT(t)
	memory := near.New(1, 1)
	a := newTenant(t, server.Addr(), memory)
	a.after(0)
	require.True(t, a.after(leaseTerm))
	config := Config{RedisURL: "redis://" + server.Addr(), RedisPrefix: "p:", Near: memory}
	require.NoError(t, Release(t.Context(), config))
	given, err := server.Get("p:near")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(given, free), given)
	assert.Equal(t, freeKept, server.TTL("p:near"))

	memory = near.New(1, 1)
	b, sharer := newTenant(t, server.Addr(), memory), newTenant(t, server.Addr(), memory)
	other := newTenant(t, server.Addr(), near.New(1, 1))
	assert.True(t, b.after(0), "nobody can believe anything else")
	assert.True(t, sharer.after(0), "who shares its memory believes it, too")
	assert.False(t, other.after(leaseTerm), "one cluster has it")
	assert.Equal(t, leaseKept, server.TTL("p:near"))
	require.NoError(t, Release(t.Context(), config))
	assert.True(t, b.after(leaseTerm), "a cluster that ended long ago takes it from nobody")
}

func TestOnlyALeaseThatWasBelievedIsGivenUp(t *testing.T) {
	server := miniredis.RunT(t)
	a, b := newTenant(t, server.Addr(), near.New(1, 1)), newTenant(t, server.Addr(), near.New(1, 1))
	a.after(0)
	require.True(t, a.after(leaseTerm))
	server.FlushAll() // a has not noticed, and believes
	assert.False(t, b.after(leaseTerm-1))
	require.NoError(t, b.release(t.Context()))
	held, err := server.Get("p:near")
	require.NoError(t, err)
	assert.NotZero(t, b.own(held), "who claims next must wait for a, as b had to")
}

func TestATransferTakesALeaseThatWasGivenUp(t *testing.T) {
	server := miniredis.RunT(t)
	require.NoError(t, server.Set("p:near", free+"1"))
	a, b := newTenant(t, server.Addr(), near.New(1, 1)), newTenant(t, server.Addr(), near.New(1, 1))
	value, err := a.revoke(t.Context(), free+"1")
	require.NoError(t, err)
	assert.NotZero(t, a.own(value))
	assert.Equal(t, a.at, a.saw(value, a.at, a.at), "its answer waits for nobody")
	late, err := b.revoke(t.Context(), free+"1")
	require.NoError(t, err)
	assert.Equal(t, value, late, "another was faster")
	assert.Equal(t, b.at.Add(leaseTerm), b.saw(late, b.at, b.at))
}
