package inspect_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/inspect"
)

func state() inspect.State {
	return inspect.State{
		Mode: true, Wanted: 2, Limit: 64 << 20,
		Workers: []health.Worker{
			{Slot: 1, PID: 11, State: "ready", Stats: health.Stats{Requests: 7, CPU: health.CPU{Seconds: 1.5}}},
			{Slot: 2, PID: 12, State: "starting", Restarts: 3},
			{Slot: 3, PID: 13, State: "draining"},
		},
		Latencies: []health.Histogram{
			{Count: 7, Sum: 0.5, Below: []uint64{0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7, 7, 7}}, {}, {},
		},
	}
}

func TestTheMetricsAreWhatPrometheusWants(t *testing.T) {
	r := state().Answer(inspect.Metrics)
	require.Equal(t, http.StatusOK, r.Status, r.Body)
	problems, err := promlint.New(strings.NewReader(r.Body)).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(r.Body))
	require.NoError(t, err)
	assert.EqualValues(t, 7, families["nameplate_worker_requests_total"].Metric[0].Counter.GetValue())
	assert.EqualValues(t, 3, families["nameplate_worker_restarts_total"].Metric[1].Counter.GetValue())
	assert.EqualValues(t, 1, families["nameplate_workers_active"].Metric[0].Gauge.GetValue())
	times := families["nameplate_worker_request_duration_seconds"].Metric[0].Histogram
	assert.EqualValues(t, 7, times.GetSampleCount())
	assert.EqualValues(t, 2, times.Bucket[2].GetCumulativeCount())
	assert.InDelta(t, 0.0025, times.Bucket[2].GetUpperBound(), 1e-12)
}

func TestWorkersThatLeaveAreNotMissed(t *testing.T) {
	s := state()
	s.Workers[1].State = "ready"
	r := s.Answer(inspect.Health)
	assert.Equal(t, http.StatusOK, r.Status)
	assert.Contains(t, r.Body, `"status":"healthy"`)
	assert.Contains(t, r.Body, `"workers":2,"active":2`)
	assert.Contains(t, s.Answer(inspect.Workers).Body, `"worker":3`, "they are shown")
	s.Reason = "gave up"
	assert.Equal(t, http.StatusServiceUnavailable, s.Answer(inspect.Health).Status)
	assert.Equal(t, http.StatusOK, s.Answer(inspect.Metrics).Status, "metrics are read whatever they say")
}
