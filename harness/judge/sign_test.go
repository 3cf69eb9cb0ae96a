package judge

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestDissentsAllowed(t *testing.T) {
	effort.NoGoroutines(t)
	for _, row := range []struct {
		runs, dissents int
		alpha          float64
	}{
		{5, 0, 1.0 / 32}, {6, 0, 1.0 / 64}, {7, 0, 1.0 / 128}, {8, 0, 1.0 / 256}, {9, 0, 1.0 / 512},
		{10, 1, 11.0 / 1024}, {11, 1, 12.0 / 2048}, {12, 1, 13.0 / 4096}, {13, 2, 92.0 / 8192},
		{20, 4, 6196.0 / 1048576},
	} {
		assert.Equal(t, row.dissents, dissents(row.runs), "%d runs", row.runs)
		assert.InDelta(t, row.alpha, alpha(row.runs), 1e-12, "%d runs", row.runs)
	}
	for n := 6; n <= 200; n++ {
		binomial := distuv.Binomial{N: float64(n), P: 0.5}
		d := float64(dissents(n))
		assert.LessOrEqual(t, binomial.CDF(d), 1.0/64+1e-12)
		assert.Greater(t, binomial.CDF(d+1), 1.0/64)
	}
}

func TestVerdictFollowsFromTheCounts(t *testing.T) {
	for _, row := range []struct {
		name                 string
		met, missed, invalid int
		want                 Verdict
	}{
		{"6 of 6 met", 6, 0, 0, Verified},
		{"6 of 6 missed", 0, 6, 0, Refuted},
		{"5 of 6 met", 5, 1, 0, Inconclusive},
		{"5 of 5 met", 5, 0, 0, Verified},
		{"4 of 4 met: too few", 4, 0, 0, Inconclusive},
		{"4 of 4 missed: too few", 0, 4, 0, Inconclusive},
		{"9 of 10 met", 9, 1, 0, Verified},
		{"8 of 10 met", 8, 2, 0, Inconclusive},
		{"1 of 10 met", 1, 9, 0, Refuted},
		{"no run", 0, 0, 0, Inconclusive},
		{"one of six invalid", 5, 0, 1, Verified},
		{"two of six invalid: fewer than five remain", 4, 0, 2, Invalid},
		{"two of eight invalid", 6, 0, 2, Verified},
		{"three of eight invalid: more than a third", 5, 0, 3, Invalid},
		{"three of nine invalid: a third is not more", 6, 0, 3, Verified},
		{"all invalid", 0, 0, 6, Invalid},
		{"one of one invalid", 0, 0, 1, Invalid},
		{"one of four invalid: too few anyway", 3, 0, 1, Inconclusive},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, tally{met: row.met, missed: row.missed, invalid: row.invalid}.verdict())
		})
	}
}

func TestSmallHostsAndDisturbancesInTheTally(t *testing.T) {
	for _, row := range []struct {
		name string
		runs tally
		want Verdict
	}{
		{"three of three limited settle it", tally{limited: 3}, Untestable},
		{"two of two do not yet", tally{limited: 2}, Inconclusive},
		{"two of six, the others met", tally{met: 4, limited: 2}, Untestable},
		{"one of six, the others met", tally{met: 5, limited: 1}, Untestable},
		{"one of ten, the others met: one may differ", tally{met: 9, limited: 1}, Verified},
		{"one of six, the others missed with room", tally{missed: 5, limited: 1}, Refuted},
		{"one of six by no more than fewer processors explain", tally{missed: 5, limited: 1, explained: 1},
			Inconclusive},
		{"one of ten by no more than they explain: one may differ", tally{missed: 9, limited: 1, explained: 1},
			Refuted},
		{"two of six, the others missed with room: too few", tally{missed: 4, limited: 2}, Untestable},
		{"five of ten, the others missed with room: more than a third", tally{missed: 5, limited: 5}, Untestable},
		{"three of twenty, the others missed with room", tally{missed: 17, limited: 3}, Refuted},
		{"the runs disagree, and one was limited", tally{met: 3, missed: 2, limited: 1}, Inconclusive},
		{"three limited, and a store fell over in the others", tally{limited: 3, invalid: 3}, Untestable},
		{"one of six disturbed: six of six is asked for", tally{met: 5, disturbed: 1}, Inconclusive},
		{"one of ten disturbed: one may differ", tally{met: 9, disturbed: 1}, Verified},
		{"one of ten disturbed, one missed", tally{met: 8, missed: 1, disturbed: 1}, Inconclusive},
		{"two of six disturbed: fewer than five are evidence", tally{met: 4, disturbed: 2}, Invalid},
		{"disturbed misses refute nothing", tally{disturbed: 6}, Invalid},
		{"a disturbed miss does not keep five others from refuting", tally{missed: 5, disturbed: 1}, Refuted},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, row.runs.verdict()) })
	}
	assert.True(t, tally{limited: 3}.fixed(3, true), "the other three of six need not be made")
	assert.False(t, tally{limited: 2}.fixed(4, true))
	assert.False(t, tally{limited: 3}.fixed(17, true), "17 of 20 may still refute it")
}

func TestFixedIsExactlyThatEveryCompletionGivesTheSame(t *testing.T) {
	effort.NoGoroutines(t)
	kinds := []tally{{met: 1}, {missed: 1}, {limited: 1}, {limited: 1, explained: 1}, {disturbed: 1}, {invalid: 1}}
	others := []tally{{met: 1}, {missed: 1}, {disturbed: 1}, {invalid: 1}}
	// same reports whether every way that the remaining runs may turn out gives the verdict.
	var same func(now tally, kinds []tally, remaining int, v Verdict) bool
	same = func(now tally, kinds []tally, remaining int, v Verdict) bool {
		if len(kinds) == 1 {
			return now.plus(kinds[0], remaining).verdict() == v
		}
		for k := 0; k <= remaining; k++ {
			if !same(now.plus(kinds[0], k), kinds[1:], remaining-k, v) {
				return false
			}
		}
		return true
	}
	var made func(now tally, kinds []tally, n int, yield func(tally))
	made = func(now tally, kinds []tally, n int, yield func(tally)) {
		if len(kinds) == 1 {
			yield(now.plus(kinds[0], n))
			return
		}
		for k := 0; k <= n; k++ {
			made(now.plus(kinds[0], k), kinds[1:], n-k, yield)
		}
	}
	for n := 0; n <= 8; n++ {
		made(tally{}, kinds, n, func(now tally) {
			for remaining := 0; remaining <= 4; remaining++ {
				require.Equal(t, same(now, others, remaining, now.verdict()), now.fixed(remaining, false),
					"%+v and %d more, none limited", now, remaining)
				require.Equal(t, same(now, kinds, remaining, now.verdict()), now.fixed(remaining, true),
					"%+v and %d more", now, remaining)
			}
		})
	}
}

func TestFixed(t *testing.T) {
	for _, row := range []struct {
		name    string
		runs    []Evidence
		planned int
		want    bool
	}{
		{"all planned runs were made", repeat(6, good), 6, true},
		{"five of six met: the sixth may dissent", repeat(5, good), 6, false},
		{"nine of ten met: the tenth may dissent", repeat(9, good), 10, true},
		{"eight of ten met: the other two may dissent", repeat(8, good), 10, false},
		{"three of six invalid: no verdict can come of it", repeat(3, broken), 6, true},
		{"two of six invalid: the four that remain are too few", repeat(2, broken), 6, true},
		{"two of eight invalid: six may still count", repeat(2, broken), 8, false},
		{"nothing yet", nil, 6, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(row.runs...)
			in.Planned = row.planned
			assert.Equal(t, row.want, Fixed(in))
		})
	}
	t.Run("a claim that cannot be tested here holds nothing up", func(t *testing.T) {
		in := input()
		for i := range in.Claims {
			in.Claims[i].Needs.Cores = 64
		}
		assert.True(t, Fixed(in))
	})
}

func TestPowerIsWhatSimulatedRunsHave(t *testing.T) {
	effort.NoGoroutines(t)
	const rounds, cv = 20_000, 0.05
	rng := rand.New(rand.NewPCG(1, 2))
	for _, op := range []suite.Op{suite.AtLeast, suite.AtMost} {
		for _, n := range []int{5, 6, 10, 13} {
			headroom := needed(op, n, cv)
			typical := 1 / headroom // of a bound of 1
			if op == suite.AtLeast {
				typical = headroom
			}
			claim := suite.Claim{Op: op, Value: suite.Quantity{Value: 1}}
			verified := 0
			for range rounds {
				var counts tally
				for range n {
					if claim.Met(typical * (1 + cv*rng.NormFloat64())) {
						counts.met++
					} else {
						counts.missed++
					}
				}
				if counts.verdict() == Verified {
					verified++
				}
			}
			assert.InDelta(t, wantedPower, float64(verified)/rounds, 0.007, "%s, %d runs", op, n)
		}
	}
	assert.InDelta(t, 2.4, margin(6), 0.02, "the rule of thumb for 6 of 6")
	assert.InDelta(t, 1.12, needed(suite.AtMost, 6, 0.05), 0.001)
	assert.True(t, math.IsInf(needed(suite.AtLeast, 6, 0.5), 1), "runs that vary so much verify nothing")
}

func TestWrongVerdictsAreRare(t *testing.T) {
	effort.NoGoroutines(t)
	const rounds, cv = 20_000, 0.1
	rng := rand.New(rand.NewPCG(3, 4))
	sigma := math.Sqrt(math.Log(1 + cv*cv)) // of a lognormal with that coefficient of variation
	for _, n := range []int{6, 10} {
		for _, row := range []struct {
			name   string
			median float64 // of the runs; the bound is 1, at most
			wrong  []Verdict
		}{
			{"20 % on the good side", 0.8, []Verdict{Refuted}},
			{"at the bound", 1, []Verdict{Verified}},
			{"at the bound, the other way", 1, []Verdict{Refuted}},
			{"20 % on the bad side", 1.2, []Verdict{Verified}},
		} {
			wrong := 0
			for range rounds {
				var counts tally
				for range n {
					if row.median*math.Exp(sigma*rng.NormFloat64()) <= 1 {
						counts.met++
					} else {
						counts.missed++
					}
				}
				for _, v := range row.wrong {
					if counts.verdict() == v {
						wrong++
					}
				}
			}
			assert.LessOrEqual(t, float64(wrong)/rounds, 0.02, "%d runs, %s", n, row.name)
		}
	}
}
