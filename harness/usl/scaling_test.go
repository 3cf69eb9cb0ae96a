package usl

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScale(t *testing.T) {
	truth := Model{120, 0.04, 0.002}
	var measured []Measured
	for i, n := range []int{1, 2, 3, 4, 6, 8} {
		measured = append(measured,
			Measured{Workers: n, Capacity: truth.Throughput(float64(n)) * (1 + 0.01*float64(i%2*2-1))})
	}
	measured = append(measured, Measured{Workers: 12, Capacity: 500, AtLeast: true})
	s, err := Scale(measured, []int{12, 40}, Options{Resamples: 200, Seed: 1, Cores: 6})
	require.NoError(t, err)
	require.Len(t, s.Projections, 2)
	assert.InEpsilon(t, truth.Throughput(12), s.Projections[0].X, 0.1)
	assert.LessOrEqual(t, s.Projections[0].In.Low, truth.Throughput(12))
	assert.GreaterOrEqual(t, s.Projections[0].In.High, truth.Throughput(12))
	assert.Contains(t, strings.Join(s.Projections[1].Warnings, "\n"), "40 is more than twice")
	assert.Equal(t, []string{"12 workers: at least 500 req/s, generator-bound"}, s.LeftOut)
	text := strings.Join(s.Lines(), "\n")
	assert.Contains(t, text, "from 6 points")
	assert.Contains(t, text, "12 workers: ")
	assert.Contains(t, text, "left out: 12 workers")
	assert.Contains(t, text, "warning: the host's cores end before the points: 6 cores, and points at N = 8")

	data, err := json.Marshal(s)
	require.NoError(t, err, "also with infinite ends")
	assert.Contains(t, string(data), `"sigma_interval":{"low":`)

	_, err = Scale(measured[:2], nil, Options{})
	assert.ErrorContains(t, err, "at least 3 points")
	_, err = Scale(measured, []int{0}, Options{Resamples: -1})
	assert.ErrorContains(t, err, "N 0")
}

func TestIntervalsAreWrittenAndRead(t *testing.T) {
	for _, i := range []Interval{{1, 2}, {35.5, math.Inf(1)}, {math.Inf(1), math.Inf(1)}} {
		data, err := json.Marshal(i)
		require.NoError(t, err)
		var read Interval
		require.NoError(t, json.Unmarshal(data, &read))
		assert.Equal(t, i, read)
	}
	data, err := json.Marshal(Interval{35.5, math.Inf(1)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"low": 35.5, "high": null}`, string(data))
	assert.Error(t, json.Unmarshal([]byte(`[1]`), new(Interval)))
}

// FuzzInterval decodes any interval: what was read is written so that the same is read again.
func FuzzInterval(f *testing.F) {
	f.Add([]byte(`{"low": 35.5, "high": null}`))
	f.Add([]byte(`{"low": 1e308, "high": -0.0}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`[1]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var read, again Interval
		if json.Unmarshal(text, &read) != nil {
			return
		}
		data, err := json.Marshal(read)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &again))
		assert.Equal(t, read, again)
	})
}
