package platform_test

import (
	"bytes"
	"crypto/rand"
	"net/http/httptest"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
)

// BenchmarkOperation is the work of the handlers alone, without a network before them.
func BenchmarkOperation(b *testing.B) {
	stores := map[string]platform.Config{
		"memory": {Dataset: spec},
		"sqlite": {Dataset: spec, DatabaseURL: platformtest.SQLite(b, spec), RedisURL: "redis://" + miniredis.RunT(b).Addr()},
	}
	for name, config := range stores {
		p, err := platform.New(b.Context(), config)
		require.NoError(b, err)
		b.Cleanup(func() { _ = p.Close() })
		for _, share := range platformtest.Mix {
			if share.Operation == traffic.Session { // needs a server to log in at
				continue
			}
			b.Run("stores="+name+"/operation="+share.Operation, func(b *testing.B) {
				s, err := traffic.New(traffic.Config{Dataset: spec, Mix: []traffic.Share{share}, Seed: 1, Salt: rand.Text()})
				require.NoError(b, err)
				b.ReportAllocs()
				for b.Loop() {
					r := s.Next()
					p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(r.Method, r.Path, bytes.NewReader(r.Body)))
				}
			})
		}
	}
}
