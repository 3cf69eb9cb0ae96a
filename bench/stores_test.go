package bench

import (
	"strings"
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

// needStores skips a test where this machine lacks the providers of its stores, by name.
func needStores(tb testing.TB, postgres, redis string) {
	tb.Helper()
	for _, o := range fixtures.Offers(tb.Context(), nil) {
		if o.Provider == map[fixtures.Kind]string{fixtures.Postgres: postgres, fixtures.Redis: redis}[o.Kind] && o.Reason != "" {
			needs.Absent(tb, string(o.Kind), o.Provider, o.Reason)
		}
	}
}

// variable is one of the variables that stores give to a cluster.
func variable(tb testing.TB, env []string, name string) string {
	tb.Helper()
	for _, pair := range env {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	require.Fail(tb, "the stores give no "+name)
	return ""
}
