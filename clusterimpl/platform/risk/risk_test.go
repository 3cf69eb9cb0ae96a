package risk

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHistoricalTailOfTenLossesByHand(t *testing.T) {
	losses := []float64{5, -3, 10, 1, 2, -8, 7, 3, 4, 6} // sorted: -8 -3 1 2 3 4 5 6 7 10
	for _, c := range []struct {
		name               string
		confidence, v, es_ float64
	}{
		{"the worst two of ten at 80 %", 0.8, 6, (7 + 10) / 2.0},
		{"the worst one at 90 %", 0.9, 7, 10},
		{"the quantile has a part of the tail at 85 %", 0.85, 7, (0.05*7 + 0.1*10) / 0.15},
		{"the largest beyond the last step", 0.975, 10, 10},
		{"the upper half at 50 %", 0.5, 3, (4 + 5 + 6 + 7 + 10) / 5.0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tail := historical(losses, c.confidence)
			assert.Equal(t, c.v, tail.VaR)
			assert.InDelta(t, c.es_, tail.ES, 1e-12)
		})
	}
}

func TestParametricTailOfFourLossesByHand(t *testing.T) {
	// mean 2.5, squared deviations 2.25 0.25 0.25 2.25: s² = 5/3; symmetric; K = 2.5625/1.5625 − 3 = −1.36
	normal, cornishFisher := parametric([]float64{1, 2, 3, 4}, 0.975)
	const z = 1.959963984540054
	s := math.Sqrt(5.0 / 3)
	assert.InDelta(t, 2.5+z*s, normal.VaR, 1e-9)
	assert.InDelta(t, 2.5+s*2.337802792, normal.ES, 1e-6, "the normal ES at 97.5 %% is 2.3378 σ")
	assert.InDelta(t, 2.5+s*(z+(z*z*z-3*z)*-1.36/24), cornishFisher, 1e-9)
}

func TestSkewnessOfFourLossesByHand(t *testing.T) {
	// mean 1, deviations −1 −1 −1 3: m₂ = 3, m₃ = 6, m₄ = 21; s² = 4, S = 6/3√3, K = 21/9 − 3
	mean, deviation, skewness, kurtosis := moments([]float64{0, 0, 0, 4})
	assert.InDelta(t, 1, mean, 1e-15)
	assert.InDelta(t, 2, deviation, 1e-12)
	assert.InDelta(t, 2/math.Sqrt(3), skewness, 1e-12)
	assert.InDelta(t, -2.0/3, kurtosis, 1e-12)
	_, cornishFisher := parametric([]float64{0, 0, 0, 4}, 0.975)
	const z, s, k = 1.959963984540054, 1.1547005383792515, -2.0 / 3
	assert.InDelta(t, 1+2*(z+(z*z-1)*s/6+(z*z*z-3*z)*k/24-(2*z*z*z-5*z)*s*s/36), cornishFisher, 1e-9)
}

// The figures were computed apart from this package, with exact fractions for the returns.
func TestFiguresOfTheRealSeries(t *testing.T) {
	for _, c := range []struct {
		name    string
		request Request
		want    string
	}{
		{"one position", Request{[]Position{{"construction", 100000}}, 0.975, 1},
			`{"value":100000,"confidence":0.975,"horizon_months":1,"observations":119,"historical":{"var":2177.714195,"es":2264.969374},"normal":{"var":1543.323067,"es":1819.27601},"cornish_fisher":{"var":1832.73973}}`},
		{"long and short over a year", Request{
			[]Position{{"construction", 250000}, {"government", -40000.25}, {"leisure_and_hospitality", 75000.5}}, 0.99,
			12,
		},
			`{"value":285000.25,"confidence":0.99,"horizon_months":12,"observations":119,"historical":{"var":20983.410217,"es":21859.460624},"normal":{"var":16453.246185,"es":18762.289052},"cornish_fisher":{"var":20119.114604}}`},
		{"three factors at 90 % over a quarter", Request{
			[]Position{{"manufacturing", 1000000}, {"information", -500000}, {"mining_and_logging", 300000}}, 0.9, 3,
		},
			`{"value":800000,"confidence":0.9,"horizon_months":3,"observations":119,"historical":{"var":11191.690485,"es":22650.50416},"normal":{"var":13286.484515,"es":17931.318009},"cornish_fisher":{"var":13658.006402}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 3 {
				r, err := Evaluate(c.request)
				require.NoError(t, err)
				rendered, err := json.Marshal(r)
				require.NoError(t, err)
				assert.Equal(t, c.want, string(rendered))
			}
		})
	}
}

func TestWhatCancelsOrIsTooSmallToShowIsZero(t *testing.T) {
	for _, positions := range [][]Position{
		{{"construction", 5}, {"construction", -5}},
		{{"construction", 0.1}, {"construction", 0.2}, {"construction", -0.3}}, // but for rounding errors
		{{"construction", math.Copysign(0, -1)}},
		{{"construction", -1e-9}}, // which shows no minus sign either
	} {
		r, err := Evaluate(Request{positions, 0.975, 1})
		require.NoError(t, err)
		rendered, err := json.Marshal(r)
		require.NoError(t, err)
		assert.Equal(t, `{"value":0,"confidence":0.975,"horizon_months":1,"observations":119,"historical":{"var":0,"es":0},"normal":{"var":0,"es":0},"cornish_fisher":{"var":0}}`, string(rendered))
	}
}

func TestTinyAndHugePortfoliosHaveFiniteFigures(t *testing.T) {
	var huge []Position
	for range MaxPositions {
		huge = append(huge, Position{"construction", MaxValue})
	}
	for _, positions := range [][]Position{
		{{"construction", 5e-324}}, {{"construction", 1e-170}}, {{"construction", 1e-100}}, huge,
	} {
		r, err := Evaluate(Request{positions, 0.999, 12})
		require.NoError(t, err)
		_, err = json.Marshal(r) // fails on what is not a number
		require.NoError(t, err)
	}
}

func TestTheSeriesIsTheDocumentedOne(t *testing.T) {
	assert.Len(t, Factors(), 22)
	assert.IsIncreasing(t, Factors())
	assert.NotContains(t, Factors(), "nonfarm_change")
	assert.Equal(t, 119, series().months)
	for _, factor := range Factors() {
		require.Len(t, series().returns[factor], 119, factor)
	}
	assert.InDelta(t, 7664.0/7601-1, series().returns["construction"][0], 1e-15)
	assert.InDelta(t, 22100.0/22084-1, series().returns["government"][118], 1e-15)
	Factors()[0] = "changed"
	assert.Equal(t, "construction", Factors()[0], "a caller's list is its own")
}

func TestALongerHorizonScalesWithTheSquareRootOfTime(t *testing.T) {
	request := Request{[]Position{{"construction", 100_000}, {"government", -30_000}}, 0.975, 1}
	month, err := Evaluate(request)
	require.NoError(t, err)
	for h := 1; h <= MaxHorizon; h++ {
		request.HorizonMonths = h
		r, err := Evaluate(request)
		require.NoError(t, err)
		root := math.Sqrt(float64(h))
		assert.Equal(t, 119, r.Observations)
		assert.InDelta(t, root*month.Historical.VaR, r.Historical.VaR, 1e-5)
		assert.InDelta(t, root*month.Historical.ES, r.Historical.ES, 1e-5)
		assert.InDelta(t, root*month.Normal.VaR, r.Normal.VaR, 1e-5)
		assert.InDelta(t, root*month.Normal.ES, r.Normal.ES, 1e-5)
		assert.InDelta(t, root*month.CornishFisher.VaR, r.CornishFisher.VaR, 1e-5)
	}
}

func TestPropertiesOfCoherentRisk(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		losses, other := make([]float64, 5+random.IntN(100)), []float64(nil)
		for i := range losses {
			losses[i] = random.NormFloat64() * 100
		}
		for range losses {
			other = append(other, random.NormFloat64()*50)
		}
		c := 0.5 + 0.499*random.Float64()
		tail := historical(losses, c)
		assert.GreaterOrEqual(t, tail.ES, tail.VaR)
		moved, doubled, sum := make([]float64, len(losses)), make([]float64, len(losses)), make([]float64, len(losses))
		for i, l := range losses {
			moved[i], doubled[i], sum[i] = l+7, 2*l, l+other[i]
		}
		assert.InDelta(t, tail.ES+7, historical(moved, c).ES, 1e-6, "translation")
		assert.InDelta(t, tail.VaR+7, historical(moved, c).VaR, 1e-6, "translation")
		assert.InDelta(t, 2*tail.ES, historical(doubled, c).ES, 1e-6, "positive homogeneity")
		assert.LessOrEqual(t, historical(sum, c).ES, tail.ES+historical(other, c).ES+1e-6, "subadditivity")
	}
}

func TestPropertiesOfPortfolios(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		one := Request{Confidence: 0.9 + 0.099*random.Float64(), HorizonMonths: 1 + random.IntN(MaxHorizon)}
		three := one
		for range 1 + random.IntN(10) {
			p := Position{Factors()[random.IntN(22)], 1e6 * random.NormFloat64()}
			one.Positions = append(one.Positions, p)
			three.Positions = append(three.Positions, Position{p.Factor, 3 * p.Value})
		}
		r, err := Evaluate(one)
		require.NoError(t, err)
		tripled, err := Evaluate(three)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, r.Historical.ES, r.Historical.VaR)
		assert.GreaterOrEqual(t, r.Normal.ES, r.Normal.VaR)
		assert.InDelta(t, 3*r.Value, tripled.Value, 1e-5)
		assert.InDelta(t, 3*r.Historical.VaR, tripled.Historical.VaR, 1e-5)
		assert.InDelta(t, 3*r.Historical.ES, tripled.Historical.ES, 1e-5)
		assert.InDelta(t, 3*r.Normal.VaR, tripled.Normal.VaR, 1e-5)
		assert.InDelta(t, 3*r.Normal.ES, tripled.Normal.ES, 1e-5)
		assert.InDelta(t, 3*r.CornishFisher.VaR, tripled.CornishFisher.VaR, 1e-5)
	}
}

func TestARequestOutOfRangeIsRefusedByField(t *testing.T) {
	ok := []Position{{"construction", 1}}
	for _, c := range []struct {
		name, field string
		r           Request
	}{
		{"no positions", "positions", Request{nil, 0.9, 1}},
		{"too many positions", "positions", Request{make([]Position, MaxPositions+1), 0.9, 1}},
		{"an unknown factor", "positions[1].factor", Request{[]Position{ok[0], {"gold", 1}}, 0.9, 1}},
		{"a difference for a factor", "positions[0].factor", Request{[]Position{{"nonfarm_change", 1}}, 0.9, 1}},
		{"no number", "positions[0].value", Request{[]Position{{"construction", math.NaN()}}, 0.9, 1}},
		{"an infinite value", "positions[0].value", Request{[]Position{{"construction", math.Inf(1)}}, 0.9, 1}},
		{"too large a value", "positions[0].value", Request{[]Position{{"construction", -2e12}}, 0.9, 1}},
		{"certainty", "confidence", Request{ok, 1, 1}},
		{"beyond the series", "confidence", Request{ok, 0.9991, 1}},
		{"little confidence", "confidence", Request{ok, 0.8999, 1}},
		{"confidence that is no number", "confidence", Request{ok, math.NaN(), 1}},
		{"no horizon", "horizon_months", Request{ok, 0.9, 0}},
		{"too far", "horizon_months", Request{ok, 0.9, 13}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Evaluate(c.r)
			var bad *InputError
			require.ErrorAs(t, err, &bad)
			assert.Equal(t, c.field, bad.Field)
			assert.NotEmpty(t, bad.Reason)
			assert.NotEmpty(t, bad.Allowed)
		})
	}
}

func TestTheLimitsThemselvesAreAllowed(t *testing.T) {
	full := make([]Position, MaxPositions)
	for i := range full {
		full[i] = Position{"utilities", -MaxValue}
	}
	for _, r := range []Request{{full, MinConfidence, 1}, {full, MaxConfidence, MaxHorizon}} {
		_, err := Evaluate(r)
		assert.NoError(t, err)
	}
}

func TestAnErrorQuotesALongNameInPart(t *testing.T) {
	_, err := Evaluate(Request{[]Position{{strings.Repeat("ä", 10_000), 1}}, 0.9, 1})
	require.Error(t, err)
	assert.Less(t, len(err.Error()), 600)
	assert.ErrorContains(t, err,
		`"`+strings.Repeat("ä", 20)+`…" is not known, allowed: one of [construction durable_goods`)
}

func TestASeriesThatCannotBeUsedIsRefused(t *testing.T) {
	for _, c := range []struct{ name, table, want string }{
		{"a single month", "month,a\n2006-01-01,1\n", "2 lines"},
		{"rows of different lengths", "month,a\n2006-01-01,1,2\n2006-02-01,1\n", "wrong number of fields"},
		{"a gap", "month,a\n2006-01-01,1\n2006-02-01,\n", `line 3, a: "" is not a level`},
		{"a level of nothing", "month,a\n2006-01-01,0\n2006-02-01,1\n", `line 2, a: "0" is not a level`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readSeries([]byte(c.table))
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzEvaluate(f *testing.F) {
	f.Add([]byte(`{"positions":[{"factor":"construction","value":100000}],"confidence":0.975,"horizon_months":1}`))
	f.Add([]byte(`{"positions":[{"factor":"government","value":-1e12}],"confidence":0.999,"horizon_months":12}`))
	f.Add([]byte(`{"positions":[{"factor":"utilities","value":1e-100}],"confidence":0.9,"horizon_months":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r Request
		if json.Unmarshal(body, &r) != nil {
			return
		}
		report, err := Evaluate(r)
		if err != nil {
			var bad *InputError
			require.ErrorAs(t, err, &bad)
			return
		}
		assert.GreaterOrEqual(t, report.Historical.ES, report.Historical.VaR)
		assert.GreaterOrEqual(t, report.Normal.ES, report.Normal.VaR)
		_, err = json.Marshal(report) // fails on what is not a number
		require.NoError(t, err)
	})
}

func BenchmarkEvaluate(b *testing.B) {
	r := Request{Confidence: 0.975, HorizonMonths: 1}
	for i, f := range Factors()[:10] {
		r.Positions = append(r.Positions, Position{f, float64(1000 * (i + 1))})
	}
	for b.Loop() {
		_, _ = Evaluate(r)
	}
}
