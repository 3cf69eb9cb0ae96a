package platform_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/platform"
	"github.com/nameplate-dev/nameplate/clusterimpl/platform/platformtest"
)

func TestFailedLoginsAreLimitedPerUser(t *testing.T) {
	redis := miniredis.RunT(t)
	for name, redisURL := range map[string]string{"in memory": "", "in Redis": "redis://" + redis.Addr()} {
		t.Run(name, func(t *testing.T) {
			var later atomic.Int64
			now := func() time.Time {
				return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(later.Load()))
			}
			url := platformtest.Start(t, platform.Config{RedisURL: redisURL, Dataset: spec, Now: now})
			login := func(user int64, secret string) (int, http.Header) {
				status, header, _ := platformtest.Ask(t, http.MethodPost, url+"/api/login", nil,
					fmt.Appendf(nil, `{"user":"user%d","secret":%q}`, user, secret))
				return status, header
			}
			for range 10 {
				status, _ := login(1, "00")
				assert.Equal(t, http.StatusUnauthorized, status)
			}
			for _, secret := range []string{"00", spec.User(1).Secret} {
				status, header := login(1, secret)
				assert.Equal(t, http.StatusTooManyRequests, status)
				assert.Equal(t, "60", header.Get("Retry-After"))
			}
			status, _ := login(2, spec.User(2).Secret)
			assert.Equal(t, http.StatusOK, status, "another user")
			for range 12 {
				status, _ := login(999_999, "00")
				assert.Equal(t, http.StatusUnauthorized, status, "nobody")
			}
			later.Store(int64(time.Minute))
			redis.FastForward(time.Minute)
			status, _ = login(1, spec.User(1).Secret)
			assert.Equal(t, http.StatusOK, status, "later")
		})
	}
}

func TestAnEncodedBodyIsNotDecompressed(t *testing.T) {
	url := platformtest.Start(t, platform.Config{Dataset: spec})
	for _, path := range []string{"/api/import", "/api/classify", "/api/login"} {
		status, header, body := platformtest.Ask(t, http.MethodPost, url+path,
			http.Header{"Content-Encoding": {"gzip"}}, []byte("\x1f\x8b\x08"))
		assert.Equal(t, http.StatusUnsupportedMediaType, status)
		assert.Equal(t, "identity", header.Get("Accept-Encoding"))
		assert.Contains(t, string(body), `"field":"Content-Encoding","allowed":"identity"`)
	}
}
