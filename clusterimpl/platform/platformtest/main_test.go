package platformtest_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/needs"
	"github.com/nameplate-dev/nameplate/internal/room"
)

// hang is how long anything may take before a test gives up. Nothing is judged by it.
const hang = 5 * time.Minute

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	fixtures.Hook()
	effort.SideBySide(4) // they mostly wait for stores
	goleak.VerifyTestMain(withTemplates{m})
}

// templates are what sets start from once one has loaded the data set.
var templates = fixtures.NewTemplates(memory())

// withTemplates runs the tests and then removes what the stores started from.
type withTemplates struct{ *testing.M }

func (m withTemplates) Run() int {
	code := m.M.Run()
	if err := templates.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// memory is where the stores of these tests are.
func memory() string { return room.Memory(4 << 30) }

// offers are what this machine has of its own.
var offers = sync.OnceValue(func() []fixtures.Offer { return fixtures.Offers(context.Background(), bare) })

// first are the first sets of each provider: the others wait for it, and start from its template.
var first = map[string]*sync.Once{fixtures.Local: {}, fixtures.Containers: {}, fixtures.Embedded: {}}

// bare is an environment without servers of others.
func bare(name string) string {
	switch name {
	case "PATH", "DOCKER_HOST", "XDG_RUNTIME_DIR", "HOME":
		return os.Getenv(name)
	}
	return ""
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), hang, fmt.Errorf("the test takes longer than %v", hang))
	t.Cleanup(cancel)
	return ctx
}

// stores brings stores up by a provider, or skips the test and says why there are none.
func stores(t *testing.T, provider string, env func(string) string) *fixtures.Set {
	t.Helper()
	if provider != fixtures.External { // whose servers are our own
		for _, o := range offers() {
			if o.Provider == provider && o.Reason != "" {
				needs.Absent(t, string(o.Kind), provider, o.Reason)
			}
		}
	}
	var set *fixtures.Set
	start := func() {
		var err error
		set, err = fixtures.Up(testContext(t), fixtures.Request{
			Want: provider, Need: fixtures.Kinds, Dataset: platformtest.Dataset, Env: env, Dir: memory(),
			Templates: templates, Progress: func(message string) { t.Log(message) },
		})
		require.NoError(t, err)
	}
	if once := first[provider]; once != nil {
		once.Do(start)
	}
	if set == nil {
		start()
	}
	t.Cleanup(func() { require.NoError(t, set.Close()) })
	return set
}

// config is that of one of two workers on the stores of a set.
func config(set *fixtures.Set) platform.Config {
	return platform.Config{
		DatabaseURL: set.Variable("DATABASE_URL"), RedisURL: set.Variable("REDIS_URL"),
		RedisPrefix: set.Variable("REDIS_PREFIX"), Dataset: platformtest.Dataset, Workers: 2, StoreTimeout: ownTime,
	}
}

// redisClient asks the Redis of a set itself.
func redisClient(t *testing.T, set *fixtures.Set) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(set.Variable("REDIS_URL"))
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// startCluster starts a cluster on the stores of a set, which ends with the test at the latest.
func startCluster(t *testing.T, set *fixtures.Set, workers int) *clusterimpl.Cluster {
	t.Helper()
	c, err := clusterimpl.Start(t.Context(), clusterimpl.Options{Log: io.Discard, Env: append(set.Env(), "PORT=0",
		fmt.Sprint("CLUSTER_WORKERS=", workers), "MEMORY_LIMIT=512", "PLATFORM_ACCOUNTS=200",
		"PLATFORM_TRANSACTIONS=4000", "PLATFORM_SEED=11")})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), hang)
		defer cancel()
		assert.NoError(t, c.Stop(ctx))
	})
	return c
}
