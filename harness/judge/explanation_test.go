package judge

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// explained explains the claim "p99 <= 100 ms" for runs with these p99s in ms; those below 0
// stand for runs with a late generator.
func explained(t *testing.T, host Host, p99 ...int) Explanation {
	t.Helper()
	in := Input{
		Phase:    suite.Phase{Number: 3, Rate: 100},
		Validity: suite.Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.5}, Host: host, Planned: 6,
		Claims: []suite.Claim{
			{ID: "other", Metric: "errors", Op: suite.AtMost, Value: suite.Quantity{Value: 1, Unit: suite.Percent}},
			{
				ID: "P3.p99", Phase: 3, Metric: "p99", Op: suite.AtMost,
				Value: suite.Quantity{Value: 100, Unit: suite.Milliseconds}, Needs: suite.Needs{Cores: 2},
			},
		},
	}
	for i, ms := range p99 {
		s := shape{response: time.Duration(ms) * time.Millisecond}
		if ms < 0 {
			s = shape{response: time.Duration(-ms) * time.Millisecond, lag: time.Second}
		}
		e := evidenceOf(s)
		e.Run = i + 1
		in.Runs = append(in.Runs, e)
	}
	e, err := Explain(in, "P3.p99")
	require.NoError(t, err)
	agrees(t, in, 1, e)
	return e
}

// agrees holds an explanation against the verdict on the claim at that place.
func agrees(t *testing.T, in Input, at int, e Explanation) {
	t.Helper()
	assert.Equal(t, Phase(in)[at], e.Result, "the explanation is of the verdict itself")
	measured := []float64{}
	for _, f := range e.Runs {
		if f.Counts() {
			measured = append(measured, f.Value)
		}
	}
	assert.Equal(t, e.Measured, measured, "the runs that count are those that were judged")
}

func TestExplainRatiosAndUnsteadyRuns(t *testing.T) {
	able := Host{Cores: 2, Memory: suite.GiB}
	validity := suite.Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.5}
	base := Input{Phase: suite.Phase{Number: 1, Rate: 100}, Validity: validity, Host: able}
	in := Input{Phase: suite.Phase{Number: 2, Rate: 100}, Validity: validity, Host: able, Planned: 6}
	in.Claims = []suite.Claim{
		{
			ID: "ratio", Phase: 2, Metric: "p99", Op: suite.AtMost, Over: 1,
			Value: suite.Quantity{Value: 3, Unit: suite.Ratio},
		},
		{
			ID: "p99", Phase: 2, Metric: "p99", Op: suite.AtMost,
			Value: suite.Quantity{Value: 500, Unit: suite.Milliseconds},
		},
	}
	for i := range 6 {
		alone := evidenceOf(shape{response: 20 * time.Millisecond})
		many := evidenceOf(shape{response: 40 * time.Millisecond})
		alone.Run, many.Run = i+1, i+1
		if i == 2 { // ever slower, and still within the bound
			for s := range 5 {
				second := measure.Second{Offered: 100, Completed: 100, Response: measure.NewSparseHistogram()}
				for range 100 {
					second.Response.Record(time.Duration(20*(s+1)) * time.Millisecond)
				}
				many.Window.Seconds = append(many.Window.Seconds, second)
			}
		}
		base.Runs, in.Runs = append(base.Runs, alone), append(in.Runs, many)
	}
	in.Over = map[int]Input{1: base}
	for at, id := range []string{"ratio", "p99"} {
		e, err := Explain(in, id)
		require.NoError(t, err)
		agrees(t, in, at, e)
		assert.False(t, e.Runs[2].Counts())
		assert.Contains(t, e.Runs[2].Reasons[0].String(), "no steady state")
		assert.Equal(t, Verified, e.Verdict, "5 of 5")
	}
	e, err := Explain(in, "ratio")
	require.NoError(t, err)
	assert.InDelta(t, 2, e.Runs[0].Value, 0.01)
	assert.Contains(t, strings.Join(e.Changes, "\n"), " x upwards is verified")
}

func TestExplanations(t *testing.T) {
	able := Host{Cores: 2, Memory: suite.GiB}
	for _, c := range []struct {
		name    string
		host    Host
		p99     []int
		verdict Verdict
		want    []string
	}{
		{"verified", able, []int{50, 60, 70, 80, 90, 55}, Verified, []string{
			"1 more of these 6 runs missing the bound would make it inconclusive",
			"any bound from 90.047 ms upwards is verified", "any bound below 50.015 ms is refuted"}},
		{"verified with one dissent", able, []int{50, 60, 70, 80, 90, 55, 52, 53, 54, 150}, Verified,
			[]string{"1 more of these 10 runs missing", "any bound from 90.047 ms upwards"}},
		{
			"refuted", able, []int{150, 160, 170, 180, 190, 155}, Refuted, []string{
				"1 more of these 6 runs meeting the bound would make it inconclusive",
				"any bound below 150.015 ms is refuted",
			},
		},
		{"the runs disagree", able, []int{50, 60, 70, 80, 90, 155}, Inconclusive, []string{
			"4 further runs that counted and met the bound would make it verified",
			"further runs that counted and missed the bound would make it refuted"}},
		{
			"too few", able, []int{50, 60}, Inconclusive,
			[]string{"3 further runs that counted and met the bound would make it verified"},
		},
		{"invalid", able, []int{-150, -160, -170, 80, 90, 55}, Invalid,
			[]string{"further runs that counted and met the bound would make it verified"}},
		{"untestable", Host{Cores: 1, Memory: suite.GiB}, []int{50, 60, 70, 80, 90, 55}, Untestable,
			[]string{"needs 2 cores, this host has 1"}},
	} {
		e := explained(t, c.host, c.p99...)
		assert.Equal(t, c.verdict, e.Verdict, c.name)
		for _, want := range c.want {
			assert.Contains(t, strings.Join(e.Changes, "\n"), want, c.name)
		}
		require.Len(t, e.Runs, len(c.p99))
	}
}

func TestExplanationShowsEveryRun(t *testing.T) {
	e := explained(t, Host{Cores: 2}, 50, -150, 120)
	assert.Equal(t, Outcome{Run: 1, Kind: Met, Sampled: true, Value: e.Runs[0].Value, Meets: true, Reasons: []Reason{}},
		e.Runs[0])
	assert.InDelta(t, 50, e.Runs[0].Value, 0.1)
	assert.False(t, e.Runs[1].Counts())
	assert.False(t, e.Runs[1].Meets)
	assert.Contains(t, e.Runs[1].Reasons[0].String(), "schedule lag of the generator")
	assert.True(t, e.Runs[2].Counts())
	assert.False(t, e.Runs[2].Meets)
	assert.Equal(t, "at most 100 ms", e.Demand)
}

// What an explanation promises about bounds is what the rules say when the bound is there.
func TestPromisedBoundsAreKept(t *testing.T) {
	measured := []float64{50, 60, 70, 80, 90, 55, 52, 53, 54, 150}
	sorted := []float64{50, 52, 53, 54, 55, 60, 70, 80, 90, 150}
	at := func(bound float64) Verdict {
		var counts tally
		for _, v := range measured {
			if v <= bound {
				counts.met++
			} else {
				counts.missed++
			}
		}
		return counts.verdict()
	}
	d := dissents(10)
	assert.Equal(t, Verified, at(sorted[9-d]))
	assert.Equal(t, Inconclusive, at(sorted[9-d]-0.01))
	assert.Equal(t, Refuted, at(sorted[d]-0.01))
	assert.Equal(t, Inconclusive, at(sorted[d]))
}

func TestExplainWhatIsNotThere(t *testing.T) {
	_, err := Explain(Input{}, "P9.p99")
	assert.ErrorIs(t, err, ErrNoClaim)
	assert.ErrorContains(t, err, `"P9.p99"`)
}
