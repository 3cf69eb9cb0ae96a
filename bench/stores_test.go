package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/internal/needs"
)

// BenchmarkStores makes one run of phase 3 for every iteration on stores from each provider that
// this machine has. Compare them with -count 6: the runs take turns, so that what drifts on the
// machine falls on all alike.
func BenchmarkStores(b *testing.B) {
	if testing.Short() {
		b.Skip("-short: the stores of every provider take long to start")
	}
	for _, provider := range []string{fixtures.Local, fixtures.Containers, fixtures.Embedded} {
		b.Run("provider="+provider, func(b *testing.B) {
			needStores(b, provider, provider)
			repeat(b, 3, provider)
		})
	}
}

// needStores skips a test where this machine lacks the providers of its stores, by name; "" for a store that it does
// not need.
func needStores(tb testing.TB, postgres, redis string) {
	tb.Helper()
	needed := map[fixtures.Kind]string{fixtures.Postgres: postgres, fixtures.Redis: redis}
	for _, o := range fixtures.Offers(tb.Context(), nil) {
		if o.Provider != needed[o.Kind] {
			continue
		}
		if o.Reason != "" {
			needs.Absent(tb, string(o.Kind), o.Provider, o.Reason)
		}
		delete(needed, o.Kind)
	}
	for kind, provider := range needed {
		require.Empty(tb, provider, "%s has no such provider", kind)
	}
}
