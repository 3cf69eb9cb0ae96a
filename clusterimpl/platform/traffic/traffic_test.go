package traffic_test

import (
	"bytes"
	"math"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/traffic"
)

var config = traffic.Config{Dataset: platformtest.Dataset, Mix: platformtest.Mix[:7], Seed: 3, Salt: "a"}

func source(t testing.TB, c traffic.Config) *traffic.Source {
	t.Helper()
	s, err := traffic.New(c)
	require.NoError(t, err)
	return s
}

func TestTheSameSeedMakesTheSameRequests(t *testing.T) {
	a, b := source(t, config), source(t, config)
	other := config
	other.Salt = "b"
	c, ids := source(t, other), map[string]bool{}
	for range 500 {
		x, y, z := a.Next(), b.Next(), c.Next()
		assert.Equal(t, x.Path, y.Path)
		assert.Equal(t, x.Body, y.Body)
		assert.Equal(t, x.Path, z.Path)
		if x.Operation == traffic.Transfer {
			assert.NotEqual(t, x.Body, z.Body, "another salt gives other ids")
			assert.False(t, ids[string(x.Body)])
			ids[string(x.Body)] = true
		}
	}
}

func TestTheMixHasItsShares(t *testing.T) {
	s, n := source(t, config), map[string]float64{}
	const total = 20_000
	for range total {
		n[s.Next().Operation]++
	}
	for _, share := range config.Mix {
		assert.InDelta(t, share.Share/90, n[share.Operation]/total, 0.01, share.Operation)
	}
}

func TestEveryMutatedAnswerIsRejected(t *testing.T) {
	c := config
	c.Mix = platformtest.Mix
	url := platformtest.Start(t, platform.Config{Dataset: c.Dataset})
	s := source(t, c)
	require.NoError(t, s.Prepare(t.Context(), url))
	last, seen := map[string][]byte{}, map[string]int{}
	for range 400 {
		r := s.Next()
		status, header, body := platformtest.Ask(t, r.Method, url+r.Path, r.Header, r.Body)
		require.NoError(t, r.Check(status, header, body))
		for name, wrong := range map[string][]byte{
			"nothing": nil, "HTML": []byte("<html>hello</html>"), "an empty object": []byte("{}\n"),
			"null":    []byte("null"),
			"cut off": body[:len(body)/2], "twice": append(bytes.Clone(body), body...),
			"an error": []byte(`{"error":"x"}`),
		} {
			assert.Error(t, r.Check(status, header, wrong), "%s: %s", r.Operation, name)
		}
		assert.Error(t, r.Check(http.StatusInternalServerError, header, body), r.Operation)
		assert.Error(t, r.Check(http.StatusAccepted, header, body), r.Operation)
		if before := last[r.Operation]; before != nil && !bytes.Equal(before, body) && r.Operation != traffic.Login {
			assert.Error(t, r.Check(status, header, before), "%s: another's answer", r.Operation)
		}
		last[r.Operation] = body
		seen[r.Operation]++
	}
	assert.Len(t, seen, len(platformtest.Mix))
}

func TestAMixThatCannotBeMadeIsRefused(t *testing.T) {
	for name, mix := range map[string][]traffic.Share{
		"empty": nil, "unknown": {{Operation: "x", Share: 1}}, "zero": {{Operation: "account", Share: 0}},
		"not a number": {{Operation: "account", Share: math.NaN()}},
		"twice":        {{Operation: "risk", Share: 1}, {Operation: "risk", Share: 1}},
	} {
		_, err := traffic.New(traffic.Config{Dataset: config.Dataset, Mix: mix})
		assert.Error(t, err, name)
	}
}

func BenchmarkNext(b *testing.B) {
	s := source(b, config)
	for b.Loop() {
		_ = s.Next()
	}
}
