package monitor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/monitor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site answers each sample with the next of the bodies.
func site(t *testing.T, bodies ...string) (string, func() time.Time) {
	t.Helper()
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/health/workers", r.URL.Path)
		_, _ = io.WriteString(w, bodies[min(n, len(bodies)-1)])
		n++
	}))
	t.Cleanup(s.Close)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return s.URL, func() time.Time { now = now.Add(time.Second); return now }
}

func TestRatesAreMadeOfCounters(t *testing.T) {
	url, now := site(t,
		`{"status":"healthy","workers":[{"worker":1,"pid":7,"requests":100},{"worker":2,"pid":8,"requests":50}]}`,
		`{"status":"degraded","workers":[{"worker":1,"pid":7,"requests":300},{"worker":2,"pid":9,"requests":20}]}`,
		`<html>`)
	m := monitor.New(url+"/", time.Minute, now)
	first := m.Sample(t.Context())
	assert.Zero(t, first.Workers[0].Requests, "nothing to compare with yet")
	second := m.Sample(t.Context())
	assert.Equal(t, "degraded", second.Status)
	assert.InDelta(t, 100, second.Workers[0].Requests, 1e-9, "200 in two seconds")
	assert.Zero(t, second.Workers[1].Requests, "another process counts anew")
	third := m.Sample(t.Context())
	assert.Equal(t, "unknown", third.Status)
	assert.Contains(t, third.Error, "no answer of the documented shape")
}

func TestAClusterThatIsGoneIsSaidToBe(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	sample := monitor.New(s.URL, time.Minute, time.Now).Sample(t.Context())
	assert.Contains(t, sample.Error, "connection refused")
	var h monitor.History
	assert.Contains(t, h.Text(sample, true), "connection refused")
}

func TestSparklines(t *testing.T) {
	assert.Equal(t, "  ▁▅█", monitor.Spark([]float64{0, 5, 10}, 5))
	assert.Equal(t, "▁█", monitor.Spark([]float64{9, 0, 10}, 2))
	assert.Equal(t, "▁▁", monitor.Spark([]float64{0, 0}, 2))
	assert.Equal(t, "   ", monitor.Spark(nil, 3))
	assert.Equal(t, "▁█", monitor.Spark([]float64{-70, 10}, 2), "a cluster may say anything")
}

func TestALineForEveryWorker(t *testing.T) {
	var h monitor.History
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sample := monitor.Sample{At: at, Status: "healthy", Workers: []monitor.Worker{
		{
			Worker: 1, PID: 77, State: "ready", Requests: 120, P50: 1.5, P99: 20, Cores: 0.5, RSS: 30 << 20,
			Connections: 4, Restarts: 2,
		}}}
	h.Add(sample)
	assert.Equal(t, "03:04:05  healthy  1 workers  120 req/s\n"+
		"  worker 1   ready    pid 77          120 req/s  p50     1.50 ms  p99    20.00 ms  0.50 cores     30 MiB    "+
		" 4 connections  2 restarts\n", h.Text(sample, false))
	assert.Contains(t, h.Text(sample, true), "req/s                        █  p99")
}
