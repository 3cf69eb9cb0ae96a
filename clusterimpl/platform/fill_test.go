package platform

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/near"
)

// newCache is the cache of one of two clusters that share a Redis.
func newCache(t *testing.T, server *miniredis.Miniredis) *cache {
	t.Helper()
	n := newTenant(t, server.Addr(), near.New(10, 1))
	n.after(0)
	return &cache{
		client: n.client, timeout: storeTimeout, prefix: "p:", near: n.memory, lease: n.lease, faults: &faults{},
	}
}

func TestAReaderOutlivedByItsRedisDoesNotPutAnOldAccountBack(t *testing.T) {
	server := miniredis.RunT(t)
	reader, writer := newCache(t, server), newCache(t, server)
	body, err := reader.through(t.Context(), 9, func(ctx context.Context) ([]byte, error) {
		_, err := writer.marks(ctx, []int64{9}) // another cluster books on it after it was read here
		require.NoError(t, err)
		require.True(t, server.Exists("p:account:9"))
		server.FlushAll() // and Redis is started again: it keeps nothing
		return []byte("old"), nil
	})
	require.NoError(t, err)
	assert.Equal(t, "old", string(body), "it was right when it was asked for")
	assert.False(t, server.Exists("p:account:9"), "who asks later must not find it")

	reader.lease.check(t.Context()) // it sees the new life
	_, err = reader.through(t.Context(), 9, func(context.Context) ([]byte, error) { return []byte("new"), nil })
	require.NoError(t, err)
	value, err := server.Get("p:account:9")
	require.NoError(t, err)
	assert.Equal(t, "new", value)
}

// held keeps scripts from reaching Redis until it is let go.
type held struct{ asked, let chan struct{} }

func (held) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}
func (held) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (h held) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if cmd.Name() == "evalsha" {
			close(h.asked)
			<-h.let
		}
		return next(ctx, cmd)
	}
}

func TestWhoComesWhileRedisIsFilledLoadsAnew(t *testing.T) {
	reader := newCache(t, miniredis.RunT(t))
	h := held{make(chan struct{}), make(chan struct{})}
	reader.client.AddHook(h)
	first := make(chan string)
	go func() {
		body, err := reader.through(t.Context(), 9, func(context.Context) ([]byte, error) { return []byte("old"), nil })
		assert.NoError(t, err)
		first <- string(body)
	}()
	<-h.asked
	loaded := make(chan struct{})
	second := make(chan string)
	go func() {
		body, err := reader.through(t.Context(), 9, func(context.Context) ([]byte, error) {
			close(loaded)
			return nil, context.Canceled // it fills nothing
		})
		assert.ErrorIs(t, err, context.Canceled)
		second <- string(body)
	}()
	<-loaded
	close(h.let)
	assert.Equal(t, "old", <-first)
	assert.Empty(t, <-second)
}

// joins tells when somebody waits for it to be done.
type joins struct {
	context.Context
	joined func()
}

func (j joins) Done() <-chan struct{} {
	j.joined()
	return j.Context.Done()
}

func TestWhoJoinsALoadIsNotGivenWhatIsOlderThanAMarkThatRedisHasLost(t *testing.T) {
	for _, row := range []struct {
		what   string
		during func(t *testing.T, writer *cache, server *miniredis.Miniredis)
		want   string
	}{
		{"nothing is written", func(*testing.T, *cache, *miniredis.Miniredis) {}, "old"},
		{"another cluster books, and Redis loses its mark", func(
			t *testing.T, writer *cache, server *miniredis.Miniredis,
		) {
			_, err := writer.marks(t.Context(), []int64{9})
			require.NoError(t, err)
			server.FlushAll()
		}, "new"},
	} {
		t.Run(row.what, func(t *testing.T) {
			server := miniredis.RunT(t)
			reader, writer := newCache(t, server), newCache(t, server)
			loading, let, first := make(chan struct{}), make(chan struct{}), make(chan string)
			go func() {
				body, err := reader.together(t.Context(), 9, 0, 0, func(context.Context) ([]byte, error) {
					close(loading)
					<-let
					return []byte("old"), nil
				})
				assert.NoError(t, err)
				first <- string(body)
			}()
			<-loading
			row.during(t, writer, server)
			joined := joins{t.Context(), sync.OnceFunc(func() { close(let) })}
			body, err := reader.together(joined, 9, 0, 0, func(context.Context) ([]byte, error) {
				return []byte("new"), nil
			})
			require.NoError(t, err)
			assert.Equal(t, row.want, string(body))
			assert.Equal(t, "old", <-first, "it was right when it was asked for")
		})
	}
}

func TestARedisThatIsBackIsUsedAtOnce(t *testing.T) {
	server := miniredis.RunT(t)
	client, err := openRedis("redis://"+server.Addr(), redisTimeout)
	require.NoError(t, err)
	defer client.Close()
	server.Close()
	for range 3 * redisPool {
		assert.ErrorIs(t, client.Ping(t.Context()).Err(), syscall.ECONNREFUSED)
	}
	require.NoError(t, server.Restart())
	assert.NoError(t, client.Ping(t.Context()).Err())
}
