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
		"sqlite": {
			Dataset: spec, DatabaseURL: platformtest.SQLite(b, spec), RedisURL: "redis://" + miniredis.RunT(b).Addr(),
		},
	}
	for name, config := range stores {
		p, err := platform.New(b.Context(), config)
		require.NoError(b, err)
		b.Cleanup(func() { _ = p.Close() })
		for _, share := range platformtest.Mix {
			b.Run("stores="+name+"/operation="+share.Operation, func(b *testing.B) {
				s, err := traffic.New(traffic.Config{
					Dataset: spec, Mix: []traffic.Share{share}, Seed: 1, Salt: rand.Text(),
				})
				require.NoError(b, err)
				server := httptest.NewServer(p) // for the logins that sessions need
				err = s.Prepare(b.Context(), server.URL)
				server.Close()
				require.NoError(b, err)
				serve(b, p, s.Next)
			})
		}
	}
	p, err := platform.New(b.Context(), platform.Config{Dataset: spec})
	require.NoError(b, err)
	b.Cleanup(func() { _ = p.Close() })
	b.Run("operation="+traffic.Calibrated, func(b *testing.B) { // of no processor time: what the way to it costs
		r := traffic.NewCalibrated(0, 0)
		serve(b, p, func() *traffic.Request { return r })
	})
}

// serve answers requests, and checks the last answer.
func serve(b *testing.B, p *platform.Platform, next func() *traffic.Request) {
	var r *traffic.Request
	var w *httptest.ResponseRecorder
	b.ReportAllocs()
	for b.Loop() {
		r, w = next(), httptest.NewRecorder()
		in := httptest.NewRequest(r.Method, r.Path, bytes.NewReader(r.Body))
		in.Header = r.Header
		p.ServeHTTP(w, in)
	}
	require.NoError(b, r.Check(w.Code, w.Header(), w.Body.Bytes()))
}
