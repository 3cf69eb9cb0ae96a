package bench

import (
	"slices"
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
	offers := fixtures.Offers(b.Context(), nil)
	for _, provider := range []string{fixtures.Local, fixtures.Containers, fixtures.Embedded} {
		b.Run("provider="+provider, func(b *testing.B) {
			for _, o := range offers {
				if o.Provider == provider && o.Reason != "" {
					needs.Absent(b, string(o.Kind), provider, o.Reason)
				}
			}
			require.True(b, slices.ContainsFunc(offers, func(o fixtures.Offer) bool { return o.Provider == provider }))
			repeat(b, 3, provider)
		})
	}
}
