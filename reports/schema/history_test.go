package schema_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/regress/hotspot"
	"github.com/nameplate-dev/nameplate/harness/regress/trend"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/reports/schema"
)

func TestComparisonsKeepToTheSchema(t *testing.T) {
	s := compile(t, schema.CompareJSON)
	r := compare.Judge([]compare.Series{
		{
			Benchmark: "slower", Unit: "p99-ns", Better: stats.Lower, Base: []float64{1, 2, 3, 2, 1},
			Head: []float64{11, 12, 13, 12, 11},
		},
		{Benchmark: "few", Unit: "req/s", Better: stats.Higher, Base: []float64{1}, Head: []float64{2}},
		{Benchmark: "nothing", Unit: "B", Base: make([]float64, 5), Head: make([]float64, 5)},
		{
			Benchmark: "some errors", Unit: "error-%", Better: stats.Lower, Base: make([]float64, 5),
			Head: []float64{1, 2, 3, 4, 5},
		},
	}, compare.Options{Rate: 0.05})
	pairs := compare.Pairs{Within: 0.03, Widths: []compare.Width{{Phase: 2, Pairs: 7, Half: 0.04, More: 6}, {Phase: 3}}}
	d := decoded(t, schema.OfComparison("a", "b", r, pairs, nil, []schema.Profiled{
		schema.OfProfiles(2, &hotspot.Profile{Samples: 3}, &hotspot.Profile{}, []hotspot.Change{{Base: 1, Head: 2}}),
	}))
	require.NoError(t, s.Validate(any(d)))
	changes := d["changes"].([]any)
	assert.NotNil(t, changes[0].(map[string]any)["ratio"])
	assert.Nil(t, changes[1].(map[string]any)["ratio"], "not known is not 0")
	assert.Nil(t, changes[3].(map[string]any)["ratio"])
	widths := d["widths"].([]any)
	assert.NotNil(t, widths[0].(map[string]any)["more_pairs"])
	assert.Nil(t, widths[1].(map[string]any)["half_width"])

	require.NoError(
		t, s.Validate(
			any(decoded(t, schema.OfComparison("a", "b", compare.Report{}, compare.Pairs{}, []string{"x"}, nil))),
		),
	)
	changes[0].(map[string]any)["outcome"] = "slower"
	assert.Error(t, s.Validate(any(d)), "an outcome that there is not")
}

func TestTrendsKeepToTheSchema(t *testing.T) {
	s := compile(t, schema.TrendJSON)
	r := rand.New(rand.NewPCG(1, 1))
	points := func(n int, level func(i int) float64) (all []float64) {
		for i := range n {
			all = append(all, level(i)*(1+0.01*r.NormFloat64()))
		}
		return all
	}
	step := func(at int) func(int) float64 {
		return func(i int) float64 { return map[bool]float64{true: 100, false: 150}[i < at] }
	}
	report, err := trend.Judge([]trend.Series{
		{Name: "a step", Unit: "ms", Better: stats.Lower, Values: points(24, step(12))},
		{Name: "a step of two data points", Unit: "ms", Better: stats.Lower, Values: points(24, step(22))},
		{
			Name: "a drift", Unit: "ms", Better: stats.Lower,
			Values: points(200, func(i int) float64 { return 100 + float64(i)/4 }),
		},
		{Name: "two data points", Unit: "ms", Values: []float64{1, 2}},
	}, []trend.Acknowledged{{Series: "a step", Unit: "ms", Point: "#12", Reason: "known"}}, trend.Options{Seed: 1})
	require.NoError(t, err)
	d := decoded(t, schema.OfTrend(report, []string{"errors"}))
	require.NoError(t, s.Validate(any(d)))
	series := d["series"].([]any)
	assert.Equal(t, "known", series[0].(map[string]any)["changes"].([]any)[0].(map[string]any)["known"])
	assert.Nil(t, series[1].(map[string]any)["changes"].([]any)[0].(map[string]any)["p"], "it is provisional")

	require.NoError(t, s.Validate(any(decoded(t, schema.OfTrend(trend.Report{}, nil)))))
	series[0].(map[string]any)["state"] = "unknown"
	assert.Error(t, s.Validate(any(d)), "a state that there is not")
}
