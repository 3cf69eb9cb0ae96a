package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func noisy(r *rand.Rand, n int, middle, cv float64) []float64 {
	var all []float64
	for range n {
		all = append(all, middle*(1+cv*r.NormFloat64()))
	}
	return all
}

func TestOutcomes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, row := range []struct {
		name   string
		series Series
		want   Outcome
	}{
		{"20 % slower", Series{Better: stats.Lower, Base: noisy(r, 8, 100, 0.02), Head: noisy(r, 8, 120, 0.02)},
			Regress},
		{"20 % faster", Series{Better: stats.Lower, Base: noisy(r, 8, 100, 0.02), Head: noisy(r, 8, 80, 0.02)},
			Improve},
		{
			"20 % more, and more is better",
			Series{Better: stats.Higher, Base: noisy(r, 8, 100, 0.02), Head: noisy(r, 8, 120, 0.02)}, Improve,
		},
		{
			"20 % less, and more is better",
			Series{Better: stats.Higher, Base: noisy(r, 8, 100, 0.02), Head: noisy(r, 8, 80, 0.02)}, Regress,
		},
		{
			"2 % slower, told apart and too little to matter",
			Series{Better: stats.Lower, Base: noisy(r, 20, 100, 0.002), Head: noisy(r, 20, 102, 0.002)}, Same,
		},
		{"the same, narrowly", Series{Better: stats.Lower, Base: noisy(r, 8, 100, 0.01), Head: noisy(r, 8, 100, 0.01)},
			Same},
		{"the same, widely", Series{Better: stats.Lower, Base: noisy(r, 6, 100, 0.3), Head: noisy(r, 6, 100, 0.3)},
			CannotTell},
		{"three runs", Series{Better: stats.Lower, Base: []float64{1, 1, 1}, Head: []float64{9, 9, 9}}, CannotTell},
		{"always nothing", Series{Better: stats.Lower, Base: make([]float64, 6), Head: make([]float64, 6)}, Same},
		{
			"errors where there were none",
			Series{Better: stats.Lower, Base: make([]float64, 8), Head: noisy(r, 8, 3, 0.1)}, Regress,
		},
		{
			"another amount of something without a direction",
			Series{Base: noisy(r, 8, 100, 0.01), Head: noisy(r, 8, 200, 0.01)}, CannotTell,
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := Judge([]Series{row.series}, Options{}).Changes[0]
			assert.Equal(t, row.want, c.Outcome, "%+v", c)
			assert.NotEmpty(t, c.Why)
		})
	}
}

func TestHeadAgainstItselfIsNeverWorse(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	alarms := 0
	const times = 500
	for range times {
		var all []Series
		for range 8 { // the units of a phase
			all = append(all, Series{Better: stats.Lower, Base: noisy(r, 6, 100, 0.04), Head: noisy(r, 6, 100, 0.04)})
		}
		alarms += Judge(all, Options{}).Count(Regress)
	}
	assert.LessOrEqual(t, float64(alarms)/times, 0.02, "comparisons with a false regression")
}

func TestASlowdownOfATenthIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	seen := 0
	const times = 200
	for range times {
		all := []Series{{Better: stats.Lower, Base: noisy(r, 8, 100, 0.03), Head: noisy(r, 8, 110, 0.03)}}
		for range 7 {
			all = append(all, Series{Better: stats.Lower, Base: noisy(r, 8, 100, 0.03), Head: noisy(r, 8, 100, 0.03)})
		}
		if Judge(all, Options{}).Changes[0].Outcome == Regress {
			seen++
		}
	}
	assert.GreaterOrEqual(t, float64(seen)/times, 0.9)
}

// pairs are n pairs of a head that takes so many times as long as the base. What the host does, which both of a pair
// share, varies by a tenth; what is each one's own by a standard deviation, and one pair in ten by three times as much.
func pairs(r *rand.Rand, n int, ratio, own float64) Series {
	s := Series{Better: stats.Lower}
	for range n {
		host, sd := math.Exp(0.1*r.NormFloat64()), own
		if r.IntN(10) == 0 {
			sd *= 3
		}
		s.Base = append(s.Base, 100*host)
		s.Head = append(s.Head, 100*host*ratio*math.Exp(sd*r.NormFloat64()))
	}
	return s
}

func TestPairsTellWhatTheirRunsAloneDoNot(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	times := effort.Of(300, 500, 10_000)
	paired, alone, held := 0, 0, 0
	for range times {
		all := []Series{pairs(r, 8, 1.05, 0.01)}
		for range 7 { // the other units of a phase
			all = append(all, pairs(r, 8, 1, 0.01))
		}
		c := Judge(all, Options{Paired: true, Least: 0.03}).Changes[0]
		if c.Outcome == Regress {
			paired++
		}
		if Judge(all, Options{Least: 0.03}).Changes[0].Outcome == Regress {
			alone++
		}
		if c.Low <= 1.05 && 1.05 <= c.High {
			held++
		}
	}
	share := func(n int) float64 { return float64(n) / float64(times) }
	t.Logf("found %.3f, without pairs %.3f; the interval holds %.3f", share(paired), share(alone), share(held))
	assert.GreaterOrEqual(t, share(paired), 0.9)
	assert.LessOrEqual(t, share(alone), 0.05)
	assert.GreaterOrEqual(t, share(held), 0.91)
}

func TestLikePairsAreSeldomToldApart(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	times := effort.Of(1000, 1500, 30_000)
	for _, n := range []int{4, 6, 8, 20} {
		for _, own := range []float64{0.01, 0.05, 0.2} {
			alarms := 0
			for range times {
				var all []Series
				for range 8 {
					all = append(all, pairs(r, n, 1, own))
				}
				if report := Judge(all, Options{Paired: true, Least: 0.001}); report.Count(Regress)+
					report.Count(Improve) > 0 {
					alarms++
				}
			}
			assert.LessOrEqual(t, float64(alarms)/float64(times), 0.02, "%d pairs, %v: like builds called different", n,
				own)
		}
	}
}

func TestPairsWithoutARatioAreJudgedByTheirRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for name, s := range map[string]Series{
		"errors where there were none": {Better: stats.Lower, Base: make([]float64, 8), Head: noisy(r, 8, 3, 0.1)},
		"a run more on one side": {
			Better: stats.Lower, Base: noisy(r, 8, 100, 0.01), Head: noisy(r, 9, 120, 0.01),
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := Judge([]Series{s}, Options{Paired: true}).Changes[0]
			assert.Equal(t, Regress, c.Outcome)
			assert.InDelta(t, stats.RankSum(s.Base, s.Head), c.P, 1e-12)
		})
	}
	lone := Series{
		Better: stats.Lower, Base: slices.Repeat([]float64{100}, 6), Head: []float64{121, 120, 122, 121, 120, 99},
	}
	c := Judge([]Series{lone}, Options{Paired: true, Rate: 0.05}).Changes[0]
	assert.Equal(t, CannotTell, c.Outcome, "one of six points the other way")
}

func TestBenchmarkFilesAreRead(t *testing.T) {
	file := func(scale float64) []Input {
		var b strings.Builder
		b.WriteString("goos: linux\nUnit p99-ns better=lower\nUnit req/s better=higher\n\n")
		for range 5 {
			fmt.Fprintf(&b, "BenchmarkPhase/phase=4/workers=8/rate=5000 25000 5000 req/s %v p99-ns\n", 2e6*scale)
		}
		return []Input{
			{"bench.txt", strings.NewReader(b.String() + fmt.Sprintf("BenchmarkOnly%d 1 5 ns/op\n", int(scale)))},
		}
	}
	all, only, err := Read(file(1), file(2))
	require.NoError(t, err)
	require.Len(t, all, 2)
	assert.Equal(
		t,
		Series{"Phase/phase=4/workers=8/rate=5000", "req/s", stats.Higher, []float64{5000, 5000, 5000, 5000, 5000},
			[]float64{5000, 5000, 5000, 5000, 5000}}, all[0],
	)
	assert.Equal(t, stats.Lower, all[1].Better)
	assert.Equal(t, []string{"Only1 ns/op", "Only2 ns/op"}, only)
	r := Judge(all, Options{})
	assert.Equal(t, Same, r.Changes[0].Outcome)
	assert.Equal(t, Regress, r.Changes[1].Outcome)
	assert.InDelta(t, 2, r.Changes[1].Ratio, 1e-9)

	_, _, err = Read(file(1), []Input{{"empty.txt", strings.NewReader("no benchmark here\n")}})
	assert.ErrorIs(t, err, ErrEmpty)
	assert.ErrorContains(t, err, "of the head")
	_, _, err = Read(file(1), []Input{{"bad.txt", strings.NewReader("BenchmarkX 1 five ns/op\n")}})
	assert.ErrorContains(t, err, "bad.txt:1")
}
