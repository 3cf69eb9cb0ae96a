package trend

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func tigerbeetle(t testing.TB) Series {
	t.Helper()
	f, err := os.Open("testdata/tigerbeetle_otava_series.csv")
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	s := Series{Name: "load_accepted", Unit: "tx/s", Better: stats.Higher}
	for _, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[1], 64)
		require.NoError(t, err)
		s.Values, s.Points = append(s.Values, v), append(s.Points, row[0])
	}
	return s
}

func judge(t testing.TB, s ...Series) Report {
	t.Helper()
	r, err := Judge(s, nil, Options{})
	require.NoError(t, err)
	return r
}

func TestTheKnownChangesOfARealHistoryAreFound(t *testing.T) {
	effort.NoGoroutines(t)
	r := judge(t, tigerbeetle(t)).Results[0]
	at := map[int]bool{}
	for _, c := range r.Changes {
		t.Logf("%d: %.0f -> %.0f (%.3f), p %.2g, confirmed %v", c.At, c.Before, c.After, c.Ratio(), c.P, c.Confirmed)
		at[c.At] = true
		assert.Greater(t, abs(c.At-10), 2, "the single outlier at 10 is no change")
	}
	t.Logf("noise %.4f, drift %+v", r.Noise, r.Drift)
	for _, want := range []int{15, 71} {
		found := false
		for d := -2; d <= 2; d++ {
			found = found || at[want+d]
		}
		assert.True(t, found, "the change at %d", want)
	}
}

// autoregressive is noise of which each value takes over a part of the one before.
func autoregressive(r *rand.Rand, n int, sd, rho float64) []float64 {
	values, e := make([]float64, n), 0.0
	for i := range values {
		e = rho*e + math.Sqrt(1-rho*rho)*r.NormFloat64()
		values[i] = 1000 * math.Exp(sd*e)
	}
	return values
}

func TestFalseAlarmsAndRecall(t *testing.T) {
	effort.NoGoroutines(t)
	r := rand.New(rand.NewPCG(1, 1))
	histories := effort.Of(40, 40, 120)
	for _, s := range []Series{
		tigerbeetle(t),
		{Name: "independent noise of 2 %", Better: stats.Lower, Values: autoregressive(r, 300, 0.02, 0)},
		{Name: "noise of 2 % that lasts", Better: stats.Lower, Values: autoregressive(r, 300, 0.02, 0.4)},
	} {
		// A step of just the least change is found half of the time: what is looked for is 5 %, so less than that
		// matters.
		trials, err := SelfTest(s, []float64{0, 0.03, 0.05, 0.10, 0.20}, histories, Options{Seed: 7, Least: 0.03})
		require.NoError(t, err)
		for _, one := range trials {
			t.Logf("%s, step %.0f %%: %d alarms, %d found of %d", s.Name, 100*one.Step, one.Alarms, one.Found,
				one.Histories)
		}
		assert.LessOrEqual(t, float64(trials[0].Alarms)/float64(histories), 0.015, s.Name)
		assert.GreaterOrEqual(t, float64(trials[2].Found)/float64(histories), 0.6, s.Name)
		assert.GreaterOrEqual(t, float64(trials[3].Found)/float64(histories), 0.9, s.Name)
		assert.GreaterOrEqual(t, float64(trials[4].Found)/float64(histories), 0.95, s.Name)
	}
}

func TestUnchangedHistoriesOfAnyLengthRaiseFewAlarms(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	histories := effort.Of(60, 200, 400)
	for _, n := range []int{20, 40, 60, 120} {
		for _, rho := range []float64{0, 0.4} {
			alarms := 0
			for range histories {
				noise := Series{Name: "x", Better: stats.Lower, Values: autoregressive(r, n, 0.05, rho)}
				for _, c := range judge(t, noise).Results[0].Changes {
					if c.Confirmed {
						alarms++
						break
					}
				}
			}
			t.Logf("%d points, lag-1 correlation %.1f: %d alarms of %d", n, rho, alarms, histories)
			assert.LessOrEqual(t, float64(alarms)/float64(histories), map[float64]float64{0: 0.015, 0.4: 0.035}[rho],
				"noise that lasts fools it more often")
		}
	}
}

func TestManyUnchangedSeriesRaiseNoAlarm(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	var all []Series
	for i := range 64 {
		all = append(all, Series{Name: fmt.Sprint(i), Better: stats.Lower, Values: autoregressive(r, 120, 0.03, 0.3)})
	}
	all[5].Values = append(all[5].Values[:60:60], scaled(all[5].Values[60:], 1.2)...)
	report := judge(t, all...)
	assert.Equal(t, 64, report.Count(Judged))
	for i, one := range report.Results {
		if i == 5 {
			require.Len(t, one.Changes, 1)
			assert.InDelta(t, 60, one.Changes[0].At, 2)
			assert.True(t, one.Changes[0].Worse)
			continue
		}
		assert.Empty(t, one.Changes, one.Series.Name)
	}
	assert.True(t, report.Worse())
}

func scaled(values []float64, by float64) []float64 {
	var all []float64
	for _, v := range values {
		all = append(all, v*by)
	}
	return all
}

func steady(n int) []float64 {
	var all []float64
	for i := range n {
		all = append(all, 100+float64(i*7%5)/2)
	}
	return all
}

func TestAStepIsToldTwoNightsAfterItAndConfirmedLater(t *testing.T) {
	for _, row := range []struct {
		name   string
		values []float64
		want   string
	}{
		{"nothing", steady(20), ""},
		{"one data point", append(steady(20), 150), ""},
		{"two data points", append(steady(20), 150, 149), "provisional at 20"},
		{"four data points", append(steady(20), 150, 149, 151, 150), "provisional at 20"},
		{"two data points of a tenth", append(steady(20), 108, 113), "provisional at 20"},
		{"two data points of much less than a tenth", append(steady(20), 107, 107), ""},
		{"two data points to different sides", append(steady(20), 150, 60), ""},
		{"five data points", append(steady(20), 150, 149, 151, 150, 149), "confirmed at 20"},
		{"ten data points", append(steady(20), 150, 149, 151, 150, 149, 151, 150, 149, 150, 151), "confirmed at 20"},
		{"a data point out of line, long ago", append(append(steady(20), 200), steady(20)...), ""},
		{"two data points out of line, long ago", append(append(steady(20), 200, 200), steady(20)...), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			for _, c := range judge(t, Series{Name: "x", Better: stats.Lower, Values: row.values}).Results[0].Changes {
				got = map[bool]string{true: "confirmed", false: "provisional"}[c.Confirmed] + fmt.Sprint(" at ", c.At)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

// TestNoChangeIsShownThatIsSmallerThanTheLeast has steps on both sides of it, alone and as two that each are too small.
func TestNoChangeIsShownThatIsSmallerThanTheLeast(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []float64 // level of each 40 data points
		least float64
		want  []float64 // ratios
	}{
		{"below", []float64{1, 0.956}, 0.05, nil},
		{"the same step, of which less matters", []float64{1, 0.956}, 0.04, []float64{0.956}},
		{"above", []float64{1, 0.944}, 0.05, []float64{0.944}},
		{"a small one beside a large one", []float64{1, 0.98, 1.2}, 0.05, []float64{1.2 / 0.99}},
		{"two small ones that are one large one", []float64{1, 1.04, 1.08}, 0.05, []float64{1.08 / 1.02}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(2, 8))
			var values []float64
			for _, level := range c.steps {
				values = append(values, scaled(autoregressive(r, 40, 0.003, 0), level)...)
			}
			report, err := Judge([]Series{{Name: "x", Better: stats.Lower, Values: values}}, nil,
				Options{Least: c.least})
			require.NoError(t, err)
			var got []float64
			for _, change := range report.Results[0].Changes {
				assert.GreaterOrEqual(t, math.Abs(change.Ratio()-1), c.least)
				got = append(got, change.Ratio())
			}
			require.Len(t, got, len(c.want))
			for i, ratio := range got {
				assert.InDelta(t, c.want[i], ratio, 0.01)
			}
		})
	}
}

func TestASlowDriftIsTold(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	values := autoregressive(r, 200, 0.01, 0)
	for i := range values {
		values[i] *= 1 + 0.0003*float64(i)
	}
	one := judge(t, Series{Name: "x", Better: stats.Lower, Values: values}).Results[0]
	total := 1.0
	for _, c := range one.Changes {
		total *= c.Ratio()
	}
	seen := total > 1.01 || one.Drift != nil && one.Drift.Worse
	assert.True(t, seen, "%+v", one)
	assert.Nil(
		t, judge(t, Series{Name: "x", Better: stats.Lower, Values: autoregressive(r, 200, 0.01, 0)}).Results[0].Drift,
	)
}

func TestDriftsAreBoundedOverAllSeriesAndAcknowledged(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	drifting := func(perNight float64) Series {
		values := autoregressive(r, 200, 0.03, 0)
		for i := range values {
			values[i] *= 1 + perNight*float64(i)
		}
		return Series{Name: "x", Unit: "ms", Better: stats.Lower, Values: values}
	}
	weak := Report{Results: []Result{{Series: drifting(0), State: Judged, Drift: &Drift{P: 0.004}}}}
	weak.told(nil, Options{}.withDefaults())
	assert.NotNil(t, weak.Results[0].Drift, "alone it is told")
	many := Report{Results: []Result{{Series: drifting(0), State: Judged, Drift: &Drift{P: 0.004}}}}
	for range 9 {
		many.Results = append(many.Results, Result{Series: drifting(0), State: Judged})
	}
	many.told(nil, Options{}.withDefaults())
	assert.Nil(t, many.Results[0].Drift, "among ten it may be chance")

	strong := Report{Results: []Result{{Series: drifting(0), State: Judged, Drift: &Drift{P: 1e-6}}}}
	strong.told([]Acknowledged{{"x", "ms", DriftPoint, "more data"}, {"y", "ms", DriftPoint, "another"}},
		Options{}.withDefaults())
	assert.Equal(t, "more data", strong.Results[0].Drift.Known)
}

func TestWhatCannotBeJudgedSaysSo(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	report := judge(t,
		Series{Name: "short", Values: []float64{1, 2, 3}},
		Series{Name: "noisy", Values: autoregressive(r, 50, 0.6, 0)},
		Series{Name: "constant", Values: []float64{5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}})
	assert.Equal(t, TooShort, report.Results[0].State)
	assert.Equal(t, TooNoisy, report.Results[1].State)
	assert.Empty(t, report.Results[2].Changes)
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := Judge([]Series{{Name: "x", Values: []float64{1, bad}}}, nil, Options{})
		assert.ErrorContains(t, err, "finite numbers above 0")
	}
}

func TestAnAcknowledgedChangeIsNotRepeated(t *testing.T) {
	s := Series{Name: "x", Unit: "ns", Better: stats.Lower, Values: append(steady(20), scaled(steady(20), 1.5)...)}
	for i := range s.Values {
		s.Points = append(s.Points, fmt.Sprint("point ", i))
	}
	r, err := Judge([]Series{s}, []Acknowledged{{"x", "ns", "point 20", "a new check"}}, Options{})
	require.NoError(t, err)
	require.Len(t, r.Results[0].Changes, 1)
	c := r.Results[0].Changes[0]
	assert.Equal(t, []string{"point 20", "point 19", "a new check"}, []string{c.Point, c.Last, c.Known})
	assert.False(t, r.Worse())
}

func TestTheSameHistoryIsJudgedTheSame(t *testing.T) {
	effort.NoGoroutines(t)
	assert.Equal(t, judge(t, tigerbeetle(t)), judge(t, tigerbeetle(t)))
}

func BenchmarkJudge(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 1))
	var all []Series
	for i := range 200 {
		values := autoregressive(r, 1000, 0.03, 0.3)
		if i%10 == 0 {
			values = append(values[:500:500], scaled(values[500:], 1.1)...)
		}
		all = append(all, Series{Name: fmt.Sprint(i), Better: stats.Lower, Values: values})
	}
	for b.Loop() {
		_, _ = Judge(all, nil, Options{})
	}
}
