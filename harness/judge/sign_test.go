package judge

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestDissentsAllowed(t *testing.T) {
	for _, row := range []struct {
		runs, dissents int
		alpha          float64
	}{
		{5, 0, 1.0 / 32}, {6, 0, 1.0 / 64}, {7, 0, 1.0 / 128}, {8, 0, 1.0 / 256}, {9, 0, 1.0 / 512},
		{10, 1, 11.0 / 1024}, {11, 1, 12.0 / 2048}, {12, 1, 13.0 / 4096}, {13, 2, 92.0 / 8192}, {20, 4, 6196.0 / 1048576},
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
			assert.Equal(t, row.want, tally{row.met, row.missed, row.invalid}.verdict())
		})
	}
}

// completions calls yield with every way that the remaining runs may turn out.
func completions(t tally, remaining int, yield func(tally)) {
	if remaining == 0 {
		yield(t)
		return
	}
	completions(tally{t.met + 1, t.missed, t.invalid}, remaining-1, yield)
	completions(tally{t.met, t.missed + 1, t.invalid}, remaining-1, yield)
	completions(tally{t.met, t.missed, t.invalid + 1}, remaining-1, yield)
}

func TestFixedIsExactlyThatEveryCompletionGivesTheSame(t *testing.T) {
	for planned := 1; planned <= 11; planned++ {
		for made := 0; made <= planned; made++ {
			for met := 0; met <= made; met++ {
				for missed := 0; met+missed <= made; missed++ {
					now := tally{met, missed, made - met - missed}
					if planned-made > 7 {
						continue // 3^7 sequences at most
					}
					same := true
					completions(now, planned-made, func(then tally) { same = same && then.verdict() == now.verdict() })
					require.Equal(t, same, now.fixed(planned-made), "%+v of %d planned", now, planned)
				}
			}
		}
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
