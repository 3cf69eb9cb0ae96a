package reference

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/harness/target"
)

func of[T any](v T) *T { return &v }

func TestWhatAPhaseNeedsIsAskedOfTheProviders(t *testing.T) {
	got := Stores{Want: "local"}.wanted(run.StoreNeed{
		Stores: []suite.Store{suite.Redis, suite.Postgres},
		Limits: suite.Stores{
			Postgres: suite.Limit{CPUs: 2, Memory: suite.GiB}, Redis: suite.Limit{CPUs: 0.5, Memory: 64 * suite.MiB},
		},
		Dataset: suite.Dataset{Accounts: 10, Transactions: 20}, Seed: 9,
	})
	assert.Equal(t, "local", got.Want)
	assert.Equal(t, []fixtures.Kind{fixtures.Redis, fixtures.Postgres}, got.Need)
	assert.Equal(t, dataset.Spec{Seed: 9, Accounts: 10, Transactions: 20}, got.Dataset)
	assert.Equal(t, map[fixtures.Kind]fixtures.Limit{
		fixtures.Postgres: {CPUs: 2, Memory: 1 << 30}, fixtures.Redis: {CPUs: 0.5, Memory: 64 << 20},
	}, got.Limits)
}

func TestEveryStoreThatASuiteMayNeedIsAKindThatThereIs(t *testing.T) {
	for _, store := range suite.StoreKinds {
		assert.Contains(t, fixtures.Kinds, fixtures.Kind(store))
	}
	assert.Len(t, fixtures.Kinds, len(suite.StoreKinds))
}

func TestAProviderThatIsNoneIsRefusedBeforeAnythingStarts(t *testing.T) {
	need := run.StoreNeed{Stores: []suite.Store{suite.Redis}, Dataset: suite.Dataset{Accounts: 10, Transactions: 20}}
	assert.ErrorContains(t, Stores{Want: "moon"}.Check(t.Context(), need), "moon")
	_, err := Stores{Want: "moon"}.Up(t.Context(), need)
	assert.ErrorContains(t, err, "moon")
}

func TestStoresAreDescribedAndTellWhatTheyDid(t *testing.T) {
	none := func(string) string { return "" }
	set, err := Stores{Want: fixtures.Embedded, Env: none}.Up(t.Context(), run.StoreNeed{
		Stores: []suite.Store{suite.Postgres, suite.Redis}, Dataset: suite.Dataset{Accounts: 10, Transactions: 20},
		Seed: 1,
	})
	require.NoError(t, err)
	defer func() { assert.NoError(t, set.Close()) }()
	info := set.Info()
	require.Len(t, info.Providers, 2)
	for _, p := range info.Providers {
		assert.Equal(t, fixtures.Embedded, p.Provider, p.Store)
		assert.NotEmpty(t, p.Product, p.Store)
	}
	require.NotEmpty(t, info.Processes, "the embedded Redis is a process")
	for _, p := range info.Processes {
		assert.Equal(t, measure.RoleStore, p.Role)
	}
	_, err = target.Command{System: suite.System{
		Command: []string{"/bin/sh", "-c", "echo at ${postgres_url} and ${redis_url}; exit 3"},
		URL:     "http://127.0.0.1:${port}", ReadyWithin: suite.MaxReadyWithin,
	}}.Start(t.Context(), run.Spec{Env: info.Env, Log: io.Discard})
	assert.ErrorContains(t, err, "at sqlite:/", "a command is told where they are")
	assert.ErrorContains(t, err, " and redis://")
	reader, ok := set.(interface {
		Read(ctx context.Context) (run.StoreReading, error)
	})
	require.True(t, ok)
	before, err := reader.Read(t.Context())
	require.NoError(t, err)
	after, err := reader.Read(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, after.Since(before).Levels)
}

func TestAReadingBecomesCountsAndLevels(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	before := storeReading{fixtures.StoreStats{
		At: at,
		Postgres: &fixtures.PostgresStats{
			Run: "a", Commits: of[int64](100), BlocksHit: of[int64](10), BlocksRead: of[int64](10),
		},
		Redis: &fixtures.RedisStats{Run: "r", Commands: of[int64](5), Hits: of[int64](0), Misses: of[int64](0)},
	}}
	now := storeReading{fixtures.StoreStats{
		At: at.Add(3 * time.Second),
		Postgres: &fixtures.PostgresStats{
			Run: "a", Commits: of[int64](110), BlocksHit: of[int64](40), BlocksRead: of[int64](20),
			Connections: of[int64](4), ConnectionLimit: of[int64](97), DatabaseBytes: of[int64](1 << 20),
		},
		Redis: &fixtures.RedisStats{
			Run: "r", Commands: of[int64](15), Hits: of[int64](6), Misses: of[int64](2), Connections: of[int64](3),
			UsedMemoryBytes: of[int64](70), PeakMemoryBytes: of[int64](80), RSSBytes: of[int64](90),
		},
		Unknown: []string{"one thing"},
	}}
	w := now.Since(before)
	assert.Equal(t, 10.0, w.Counts["postgres_commits"], "a whole number again")
	assert.Equal(t, 10.0, w.Counts["redis_commands"])
	assert.Equal(t, map[string]float64{
		"postgres_connections": 4, "postgres_connections_limit": 97, "postgres_database_bytes": 1 << 20,
		"postgres_cache_hit_ratio": 0.75, "redis_connections": 3, "redis_used_memory_bytes": 70,
		"redis_peak_memory_bytes": 80, "redis_rss_bytes": 90,
		"redis_hit_ratio": 0.75,
	}, w.Levels)
	assert.Equal(t, []string{"one thing"}, w.Unknown)
	assert.NotContains(t, w.Counts, "postgres_rollbacks", "what is not told is not 0")
}
