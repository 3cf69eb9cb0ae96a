package platformtest_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/fixtures"
)

// TestThePlatformIsRightOnTheStoresOfEveryProvider skips those that this machine does not
// have. For the external one, local servers play the servers of others.
func TestThePlatformIsRightOnTheStoresOfEveryProvider(t *testing.T) {
	for _, provider := range fixtures.Providers {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			env := bare
			if provider == fixtures.External {
				env = asOthers(t, stores(t, fixtures.Local, bare))
			}
			set := stores(t, provider, env)
			c := config(set)
			platformtest.Run(t, c.DatabaseURL, c.RedisURL, c.RedisPrefix)
			require.NoError(t, set.Check(testContext(t)))
		})
	}
}

// asOthers is the environment in which the servers of a set are those of others.
func asOthers(t *testing.T, set *fixtures.Set) func(string) string {
	t.Helper()
	u, err := url.Parse(set.Variable("DATABASE_URL"))
	require.NoError(t, err)
	query := u.Query()
	query.Del("search_path")
	u.RawQuery = query.Encode()
	vars := map[string]string{"POSTGRES_URL": u.String(), "REDIS_URL": set.Variable("REDIS_URL")}
	return func(name string) string { return vars[name] }
}
