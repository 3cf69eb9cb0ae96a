package promtext_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/promtext"
)

func TestWhatIsWrittenIsReadBackTheSame(t *testing.T) {
	var text strings.Builder
	w := promtext.New(&text)
	w.Family("a_total", "counter", "What \\ it\nmeans.")
	w.Sample("a_total", 1e21, "path", "C:\\new \"x\"\n", "b", "")
	w.Family("b_ratio", "gauge", "Another.")
	for _, v := range []float64{0.1, math.Inf(-1), math.MaxUint64} {
		w.Sample("b_ratio", v, "v", promtext.Number(v))
	}
	w.Family("c_seconds", "histogram", "A histogram.")
	labels := []string{"w", "1", "not", "to be overwritten"}
	w.Histogram("c_seconds", []promtext.Bucket{{0.005, 2}, {1, 3}}, 4, 2.5, labels[:2]...)
	require.NoError(t, w.Flush())
	assert.Equal(t, "not", labels[2])

	problems, err := promlint.New(strings.NewReader(text.String())).Lint()
	require.NoError(t, err)
	assert.Empty(t, problems)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text.String()))
	require.NoError(t, err)
	a := families["a_total"]
	assert.Equal(t, "What \\ it\nmeans.", a.GetHelp())
	assert.Equal(t, 1e21, a.Metric[0].Counter.GetValue())
	assert.Equal(t, "C:\\new \"x\"\n", a.Metric[0].Label[0].GetValue())
	for i, v := range []float64{0.1, math.Inf(-1), math.MaxUint64} {
		assert.Equal(t, v, families["b_ratio"].Metric[i].Gauge.GetValue())
	}
	h := families["c_seconds"].Metric[0].Histogram
	assert.EqualValues(t, 4, h.GetSampleCount())
	assert.Equal(t, 2.5, h.GetSampleSum())
	require.Len(t, h.Bucket, 3)
	assert.EqualValues(t, 3, h.Bucket[1].GetCumulativeCount())
	assert.Equal(t, math.Inf(1), h.Bucket[2].GetUpperBound())
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAnErrorOfWritingIsTold(t *testing.T) {
	w := promtext.New(full{})
	for range 1000 {
		w.Sample("a", 1)
	}
	assert.EqualError(t, w.Flush(), "no space")
}
