package bisect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func commits(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint("c", i))
	}
	return all
}

// simulate searches among n commits of which those from first on are worse by a ratio, with noise of a
// relative size on each measurement. It returns the result and the number of pairs.
func simulate(t *testing.T, n, first int, ratio, noise float64, seed uint64, o Options) (Result, int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	s, err := New(commits(n), true, o)
	require.NoError(t, err)
	drift := 0.0
	for pairs := 0; ; pairs++ {
		require.Less(t, pairs, 10_000, "it ends")
		step := s.Next()
		if step.Measure == "" {
			return step.Result, pairs
		}
		var at int
		_, err := fmt.Sscanf(step.Measure, "c%d", &at)
		require.NoError(t, err)
		level := 1.0
		if at >= first {
			level = ratio
		}
		drift += 0.02 * r.NormFloat64() // of the machine: it falls on both alike
		measured := func(level float64) float64 { return level * math.Exp(drift+noise*r.NormFloat64()) }
		require.NoError(t, s.Record(step.Measure, measured(1), measured(level)))
	}
}

func TestTheFirstBadCommitIsFound(t *testing.T) {
	for _, row := range []struct {
		n, first     int
		ratio, noise float64
	}{
		{1, 0, 1.2, 0.01}, {2, 1, 1.2, 0.01}, {3, 0, 1.1, 0.02}, {100, 37, 1.1, 0.03}, {100, 99, 2, 0.2},
		{1000, 512, 1.3, 0.1},
	} {
		found, _ := simulate(t, row.n, row.first, row.ratio, row.noise, 7, Options{})
		assert.Equal(t, []string{fmt.Sprint("c", row.first)}, found.Suspects, "%+v", row)
	}
}

func TestErrorsStayWithinTheRisk(t *testing.T) {
	const searches = 400
	wrong, alarms, pairs := 0, 0, 0
	for seed := range uint64(searches) {
		first := int(seed) % 32
		// of pairs 0.07, a quarter of which stray over half of ln 1.1
		found, n := simulate(t, 32, first, 1.1, 0.05, seed, Options{})
		if len(found.Suspects) > 0 && !contains(found.Suspects, fmt.Sprint("c", first)) {
			wrong++
		}
		pairs += n
		if found, _ := simulate(t, 32, 32, 1, 0.02, seed, Options{}); len(found.Suspects) > 0 { // none is bad
			alarms++
		}
	}
	t.Logf("%d of %d wrong, %d false alarms, %.1f pairs a search", wrong, searches, alarms, float64(pairs)/searches)
	assert.LessOrEqual(t, wrong, searches*5/100+8,
		"the risk of 5 per cent, and two standard deviations of 400 searches")
	assert.LessOrEqual(t, alarms, searches*5/100+8)
}

func contains(all []string, one string) bool {
	for _, c := range all {
		if c == one {
			return true
		}
	}
	return false
}

func TestLessNoiseNeedsFewerPairs(t *testing.T) {
	_, quiet := simulate(t, 64, 20, 1.2, 0.001, 3, Options{})
	_, loud := simulate(t, 64, 20, 1.2, 0.15, 3, Options{})
	assert.Equal(t, 7*6, quiet, "seven commits, six pairs each")
	assert.Greater(t, loud, quiet)
}

func TestWhatIsNotWorseOrUnclearIsSaid(t *testing.T) {
	found, _ := simulate(t, 8, 8, 1, 0.001, 1, Options{})
	assert.Empty(t, found.Suspects)
	assert.Contains(t, found.Why, "not worse than the good one by 5 % or more")

	s, err := New(commits(4), true, Options{Most: 6})
	require.NoError(t, err)
	for i := range 6 { // now worse, now not
		require.NoError(t, s.Record("c3", 1, 1+0.5*float64(i%2)))
	}
	assert.Equal(t, Unclear, s.State("c3"))
	assert.Contains(t, s.Next().Result.Why, "6 pairs do not tell")

	s, err = New(commits(4), true, Options{})
	require.NoError(t, err)
	s.Break("c3")
	assert.Contains(t, s.Next().Result.Why, "the bad commit cannot be measured")
}

func TestCommitsThatCannotBeMeasuredAreSkipped(t *testing.T) {
	record := func(s *Search, commit string, other float64) {
		for range 8 {
			require.NoError(t, s.Record(commit, 100, other))
		}
	}
	s, err := New(commits(5), true, Options{})
	require.NoError(t, err)
	record(s, "c4", 150)
	assert.Equal(t, "c1", s.Next().Measure)
	s.Break("c1")
	assert.Equal(t, "c0", s.Next().Measure, "the nearest to it")
	record(s, "c0", 100)
	assert.Equal(t, "c2", s.Next().Measure)
	record(s, "c2", 150)
	step := s.Next()
	assert.Empty(t, step.Measure)
	assert.Equal(t, []string{"c1", "c2"}, step.Result.Suspects)
	assert.Contains(t, step.Result.Why, "1 commits before the last of them")
}

func TestWhereHigherIsBetterAFallIsWorse(t *testing.T) {
	s, err := New(commits(1), false, Options{})
	require.NoError(t, err)
	for range 8 {
		require.NoError(t, s.Record("c0", 100, 80))
	}
	assert.Equal(t, Bad, s.State("c0"))
	ratio, ok := s.Ratio("c0")
	assert.True(t, ok)
	assert.InDelta(t, 0.8, ratio, 1e-9)
	assert.Equal(t, 8, s.Pairs("c0"))
	_, ok = s.Ratio("c9")
	assert.False(t, ok)
}

func TestWrongUseIsRefused(t *testing.T) {
	for _, o := range []Options{{Least: 1}, {Least: -1}, {Risk: 0.5}, {Most: 4}} {
		_, err := New(commits(1), true, o)
		assert.ErrorContains(t, err, "allowed", "%+v", o)
	}
	_, err := New(nil, true, Options{})
	assert.ErrorContains(t, err, "no commit")
	s, err := New(commits(1), true, Options{})
	require.NoError(t, err)
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		assert.Error(t, s.Record("c0", 1, bad))
		assert.Error(t, s.Record("c0", bad, 1))
	}
}
