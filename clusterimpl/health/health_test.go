package health_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

func workers(states ...string) []health.Worker {
	all := make([]health.Worker, len(states))
	for i, state := range states {
		all[i] = health.Worker{Slot: i + 1, State: state, Stats: health.Stats{Memory: health.Usage{RSS: 384 << 20}}}
	}
	return all
}

func TestAHealthyReportHasTheDocumentedShape(t *testing.T) {
	body, err := json.Marshal(health.Sum(true, 512<<20, workers("ready", "ready", "ready", "ready"), ""))
	require.NoError(t, err)
	assert.JSONEq(t, `{"status": "healthy", "cluster": {"mode": true, "workers": 4, "active": 4,
		"memory": {"total": "2048MB", "used": "1536MB"}}}`, string(body))
}

func TestStatus(t *testing.T) {
	for _, tt := range []struct {
		name   string
		states []string
		reason string
		status health.Status
		code   int
		says   string
	}{
		{"all ready", []string{"ready", "ready"}, "", health.Healthy, 200, ""},
		{"one is being replaced", []string{"ready", "starting"}, "", health.Degraded, 200, "worker 2 is starting"},
		{"one drains", []string{"draining", "ready"}, "", health.Degraded, 200, "worker 1 is draining"},
		{"none is ready", []string{"starting", "failed"}, "", health.Unhealthy, 503, "worker 1 is starting"},
		{"given up while one serves", []string{"failed", "ready"}, "respawn limit reached", health.Unhealthy, 503,
			"respawn limit reached"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := health.Sum(true, 1<<20, workers(tt.states...), tt.reason)
			assert.Equal(t, tt.status, r.Status)
			assert.Equal(t, tt.code, r.Status.Code())
			assert.Equal(t, tt.says, r.Reason)
		})
	}
}
