package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/fixtures/dataset"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// BenchmarkColdStart drives phase 4 with a warm-up of two seconds that does not wait for a steady state, at the
// documented rate and at half of it, on stores of several providers. What a cold start leaves behind shows in the
// window: a backlog in the p99, refused requests among the errors, connections that are opened again and again in the
// stores' processor time.
//
//	go test ./bench -run '^$' -bench ColdStart -benchtime 1x -count 6
func BenchmarkColdStart(b *testing.B) {
	if testing.Short() {
		b.Skip("-short: the stores of every provider take long to start")
	}
	for _, c := range []struct{ postgres, redis string }{
		{fixtures.Local, fixtures.Local}, {fixtures.Local, fixtures.Embedded},
		{fixtures.Containers, fixtures.Containers}, {fixtures.Embedded, fixtures.Embedded},
	} {
		stores := fmt.Sprintf("postgres=%s,redis=%s", c.postgres, c.redis)
		for _, scale := range []float64{0.5, 1} {
			b.Run(fmt.Sprintf("%s/rate=%gx", stores, scale), func(b *testing.B) {
				needStores(b, c.postgres, c.redis)
				runs, duration := 1, 10*time.Second
				repeatAs(b, stores, suite.Override{
					Runs: &runs, Warmup: new(suite.FixedWarmup(2 * time.Second)), Duration: &duration, Phases: []int{4},
					RateScale: &scale,
				})
			})
		}
	}
}

// BenchmarkConnect opens and closes one connection to PostgreSQL, with the password that it asks for: what each
// connection costs that is opened anew under load.
func BenchmarkConnect(b *testing.B) {
	for _, provider := range []string{fixtures.Local, fixtures.Containers} {
		b.Run("stores="+provider, func(b *testing.B) {
			needStores(b, provider, "")
			set, err := fixtures.Up(b.Context(), fixtures.Request{
				Want: provider, Need: []fixtures.Kind{fixtures.Postgres},
				Dataset: dataset.Spec{Seed: 1, Accounts: 1, Transactions: 1},
			})
			require.NoError(b, err)
			defer func() { require.NoError(b, set.Close()) }()
			url := set.Variable("DATABASE_URL")
			require.NotEmpty(b, url)
			for b.Loop() {
				conn, err := pgx.Connect(b.Context(), url)
				require.NoError(b, err)
				require.NoError(b, conn.Close(context.WithoutCancel(b.Context())))
			}
		})
	}
}
