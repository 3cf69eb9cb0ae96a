package usl

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/effort"
)

// points reads two columns of a file of testdata, at most n rows; 0 for all.
func points(t *testing.T, name string, column, value, n int) []Point {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	var all []Point
	for _, row := range rows[1:] {
		x, err := strconv.ParseFloat(row[column], 64)
		require.NoError(t, err)
		y, err := strconv.ParseFloat(row[value], 64)
		require.NoError(t, err)
		if all = append(all, Point{x, y}); len(all) == n {
			break
		}
	}
	return all
}

// truth reads the published coefficients.
func truth(t *testing.T) map[string][]string {
	t.Helper()
	f, err := os.Open("testdata/usl_ground_truth.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	all := map[string][]string{}
	for _, row := range rows[1:] {
		all[row[0]] = row
	}
	return all
}

func fit(t *testing.T, p []Point) *Fit {
	t.Helper()
	f, err := New(p, Options{Resamples: -1})
	require.NoError(t, err)
	return f
}

func TestPublishedCoefficients(t *testing.T) {
	synthetic := []Point{{1, 1}, {2, 1.8868}, {4, 3.0769}, {6, 3.5294}, {8, 3.5398}, {10, 3.3557}}
	for name, p := range map[string][]Point{
		"specsdm91":        points(t, "usl_specsdm91.csv", 0, 1, 0),
		"raytracer[1:6]":   points(t, "usl_raytracer.csv", 0, 1, 6),
		"schwartz_cisco32": points(t, "usl_schwartz_cisco32.csv", 0, 1, 0),
		"synthetic_exact":  synthetic,
	} {
		row := truth(t)[name]
		require.NotNil(t, row, name)
		f := fit(t, p)
		for i, got := range map[int]float64{3: f.Gamma, 4: f.Sigma, 5: f.Kappa} {
			want, err := strconv.ParseFloat(row[i], 64)
			require.NoError(t, err)
			// Three digits, or what was published where that is less (κ of the ray tracer: .00163).
			digits := math.Pow(10, -float64(len(row[i])-strings.IndexByte(row[i], '.')-1)) / 2
			if strings.Contains(row[i], "e") {
				digits = 0
			}
			assert.InDelta(t, want, got, max(1e-3*want, digits), "%s column %d", name, i)
		}
	}
}

func TestReproducedCoefficients(t *testing.T) {
	// The same tables fitted by R's nls, to more digits than were published.
	for name, want := range map[string]Model{
		"specsdm91": {89.995243, 0.027728481, 1.0436549e-4},
		"cisco":     {995.64878, 0.026715945, 7.6909392e-4},
		"raytracer": {20.856045, 0.024444042, 0.0016268093},
		"rayshort":  {21.059326, 0.027895012, 0.0014608034},
	} {
		got := map[string]*Fit{
			"specsdm91": fit(t, points(t, "usl_specsdm91.csv", 0, 1, 0)),
			"cisco":     fit(t, points(t, "usl_schwartz_cisco32.csv", 0, 1, 0)),
			"raytracer": fit(t, points(t, "usl_raytracer.csv", 0, 1, 6)),
			"rayshort":  fit(t, points(t, "usl_raytracer.csv", 0, 1, 5)),
		}[name]
		assert.InEpsilon(t, want.Gamma, got.Gamma, 1e-5, name)
		assert.InEpsilon(t, want.Sigma, got.Sigma, 1e-5, name)
		assert.InEpsilon(t, want.Kappa, got.Kappa, 1e-5, name)
	}
}

func TestPeak(t *testing.T) {
	spec := fit(t, points(t, "usl_specsdm91.csv", 0, 1, 0))
	assert.InEpsilon(t, 96.51956, spec.PeakN(), 1e-3)
	assert.InEpsilon(t, 1883.9, spec.PeakThroughput(), 1e-3)
	cisco := fit(t, points(t, "usl_schwartz_cisco32.csv", 0, 1, 0))
	assert.InEpsilon(t, 35.5738, cisco.PeakN(), 1e-3)
	assert.InEpsilon(t, cisco.Throughput(cisco.PeakN()), cisco.PeakThroughput(), 1e-12)
	assert.True(t, math.IsInf(Model{1, 0, 0}.PeakThroughput(), 1))
}

// Fitted without bounds, all points of the ray tracer give κ < 0 and no peak.
func TestBoundsHoldOnTheTrap(t *testing.T) {
	f := fit(t, points(t, "usl_raytracer.csv", 0, 1, 0))
	assert.Zero(t, f.Kappa)
	assert.InEpsilon(t, 21.84884, f.Gamma, 1e-4)
	assert.InEpsilon(t, 0.05777078, f.Sigma, 1e-4)
	assert.True(t, math.IsInf(f.PeakN(), 1))
	assert.Contains(t, strings.Join(f.Warnings, "\n"), "no peak")
}

// No other coefficients within the bounds have smaller squares, on any of the tables.
func TestNothingFitsBetter(t *testing.T) {
	effort.NoGoroutines(t)
	for name, p := range map[string][]Point{
		"oracle": points(t, "usl_oracledb.csv", 1, 6, 0), // transactions against active sessions
		"ray":    points(t, "usl_raytracer.csv", 0, 1, 0),
		"spec":   points(t, "usl_specsdm91.csv", 0, 1, 0),
		"rising": {{1, 100}, {2, 230}, {4, 600}, {8, 2000}}, // faster than N
		"flat":   {{1, 100}, {2, 101}, {4, 99}, {8, 100}},
		"fall":   {{1, 100}, {2, 60}, {4, 30}, {8, 10}},
	} {
		f := fit(t, p)
		assert.GreaterOrEqual(t, f.Sigma, 0.0, name)
		assert.LessOrEqual(t, f.Sigma, 1.0, name)
		assert.GreaterOrEqual(t, f.Kappa, 0.0, name)
		_, least := project(p, f.Sigma, f.Kappa)
		for i := range 201 {
			for j := range 201 {
				kappa := 0.0
				if j > 0 {
					kappa = math.Pow(10, -8+8*float64(j)/200)
				}
				_, squares := project(p, float64(i)/200, kappa)
				assert.GreaterOrEqual(t, squares, least*(1-1e-9), "%s: σ %g κ %g fits better than %+v", name,
					float64(i)/200, kappa, f.Model)
			}
		}
	}
}

func TestIntervalsHoldTheTruth(t *testing.T) {
	effort.NoGoroutines(t)
	truth := Model{100, 0.03, 0.001}
	r := rand.New(rand.NewPCG(7, 7))
	trials := effort.Of(10, 15, 30)
	held := map[string]int{}
	for trial := range trials {
		var p []Point
		for n := 1.0; n <= 16; n++ {
			p = append(p, Point{n, truth.Throughput(n) + 10*r.NormFloat64()})
		}
		f, err := New(p, Options{Resamples: 100, Level: 0.9, Seed: uint64(trial)})
		require.NoError(t, err)
		next, err := f.Predict(24)
		require.NoError(t, err)
		for what, in := range map[string]bool{
			"sigma": f.SigmaIn.Low <= truth.Sigma && truth.Sigma <= f.SigmaIn.High,
			"kappa": f.KappaIn.Low <= truth.Kappa && truth.Kappa <= f.KappaIn.High,
			"at 24": next.In.Low <= truth.Throughput(24) && truth.Throughput(24) <= next.In.High,
		} {
			if in {
				held[what]++
			}
		}
	}
	for what, n := range held { // 90 % nominal; 30 trials scatter by 5 %
		assert.GreaterOrEqual(t, n, trials*75/100, what)
	}
	assert.Len(t, held, 3)
}

func TestSameSeedSameIntervals(t *testing.T) {
	p := points(t, "usl_specsdm91.csv", 0, 1, 0)
	a, err := New(p, Options{Resamples: 50, Seed: 3})
	require.NoError(t, err)
	b, err := New(p, Options{Resamples: 50, Seed: 3})
	require.NoError(t, err)
	assert.Equal(t, a, b)
	assert.Less(t, a.SigmaIn.Low, a.SigmaIn.High)
	assert.Less(t, a.PeakIn.Low, 96.5)
	assert.Greater(t, a.PeakIn.High, 96.5)
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		name string
		p    []Point
		o    Options
		want string
	}{
		{"few", points(t, "usl_raytracer.csv", 0, 1, 5), Options{}, "5 points, at least 6 wanted"},
		{"three", []Point{{1, 10}, {2, 19}, {4, 33}}, Options{}, "no intervals"},
		{"cores", points(t, "usl_raytracer.csv", 0, 1, 6), Options{Cores: 8}, "8 cores, and points at N = 12, 16, 20"},
		{"superlinear", []Point{{1, 100}, {4, 500}, {8, 1200}}, Options{}, "faster than N"},
	} {
		c.o.Resamples = 20
		f, err := New(c.p, c.o)
		require.NoError(t, err)
		assert.Contains(t, strings.Join(f.Warnings, "\n"), c.want, c.name)
	}
	good, err := New(points(t, "usl_schwartz_cisco32.csv", 0, 1, 0), Options{Resamples: 50, Cores: 32})
	require.NoError(t, err)
	assert.Empty(t, good.Warnings)
	far, err := good.Predict(100)
	require.NoError(t, err)
	assert.Contains(t, strings.Join(far.Warnings, "\n"), "more than twice")
}

func TestBadPoints(t *testing.T) {
	for _, c := range []struct {
		p    []Point
		want string
	}{
		{nil, "at least 3 points"},
		{[]Point{{1, 1}, {1, 2}, {2, 2}, {2, 3}}, "there are 2"},
		{[]Point{{1, 1}, {2, 2}, {0, 3}}, "point 3"},
		{[]Point{{1, 1}, {2, math.NaN()}, {3, 3}}, "point 2"},
		{[]Point{{1, 1}, {2, 2}, {3, math.Inf(1)}}, "point 3"},
	} {
		_, err := New(c.p, Options{})
		assert.ErrorContains(t, err, c.want)
	}
	_, err := New([]Point{{1, 1}, {2, 2}, {3, 3}}, Options{Level: 2})
	assert.ErrorContains(t, err, "level 2")
	f := fit(t, []Point{{1, 1}, {2, 2}, {3, 3}})
	_, err = f.Predict(-1)
	assert.ErrorContains(t, err, "N -1")
}
