package suite

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnOverrideChangesACopyAndNothingElse(t *testing.T) {
	s := Builtin()
	got, err := s.With(Override{
		Runs: new(1), Duration: new(time.Second), Warmup: new(FixedWarmup(0)), RateScale: new(0.5),
		Seed: new(uint64(0)), Phases: []int{4, 2},
	})
	require.NoError(t, err)
	assert.Equal(t, Builtin(), s, "the suite itself is as it was")

	want := s.Plan
	want.Runs, want.Duration, want.Warmup, want.Seed = 1, time.Second, FixedWarmup(0), 0
	assert.Equal(t, want, got.Plan)
	require.Len(t, got.Phases, 2)
	assert.Equal(t, []int{2, 4}, []int{got.Phases[0].Number, got.Phases[1].Number}, "in the suite's order")
	assert.Equal(t, []Rate{150, 2500}, []Rate{got.Phases[0].Rate, got.Phases[1].Rate})
	require.Len(t, got.Claims, 8)
	for _, c := range got.Claims {
		documented, ok := claimByID(s, c.ID)
		require.True(t, ok)
		if c.Metric == "rate" {
			documented.Value.Value *= 0.5
		}
		assert.Equal(t, documented, c, "claims other than on the rate stay as documented")
	}
}

func claimByID(s *Suite, id string) (Claim, bool) {
	for _, c := range s.Claims {
		if c.ID == id {
			return c, true
		}
	}
	return Claim{}, false
}

func TestNoOverrideIsTheSuiteAsItIs(t *testing.T) {
	for _, none := range []Override{{}, {Phases: []int{}}} {
		got, err := Builtin().With(none)
		require.NoError(t, err)
		want := Builtin()
		require.NoError(t, want.keepPhases(numbersWithout(want, DisturbChaos)))
		assert.Equal(t, want, got)
	}
}

// numbersWithout are the numbers of the phases that are disturbed in another way, or not at all.
func numbersWithout(s *Suite, d Disturb) []int {
	var numbers []int
	for _, p := range s.Phases {
		if p.Disturb != d {
			numbers = append(numbers, p.Number)
		}
	}
	return numbers
}

func TestChaosIsRunOnlyWhenItIsAskedFor(t *testing.T) {
	last := func(o Override) Phase {
		s, err := Builtin().With(o)
		require.NoError(t, err)
		return s.Phases[len(s.Phases)-1]
	}
	minute := time.Minute
	assert.NotEqual(t, DisturbChaos, last(Override{Groups: []Group{GroupBehaviour}}).Disturb)
	for _, o := range []Override{
		{Groups: []Group{GroupBehaviour}, Chaos: &minute}, {Phases: []int{3}, Chaos: &minute}, {Chaos: &minute},
	} {
		got := last(o)
		assert.Equal(t, DisturbChaos, got.Disturb)
		assert.Equal(t, time.Minute, got.Duration)
	}
	named := last(Override{Phases: []int{39}})
	assert.Equal(t, DisturbChaos, named.Disturb)
	assert.Zero(t, named.Duration, "the plan's")

	none, err := Builtin().With(Override{Phases: []int{1}})
	require.NoError(t, err)
	_, err = none.With(Override{Chaos: &minute})
	assert.ErrorContains(t, err, "--chaos: the suite has no phase with disturb: chaos; allowed: ")
	short := time.Millisecond
	_, err = Builtin().With(Override{Chaos: &short})
	assert.ErrorContains(t, err, "--chaos: 1ms is out of range; allowed: from ")
	_, err = Builtin().With(Override{Groups: []Group{GroupBehaviour}, Phases: []int{1}})
	assert.ErrorContains(t, err, "--phase: no phase of the named groups")
}

func TestACopyDoesNotShareAnythingWithItsOriginal(t *testing.T) {
	s := Builtin()
	got, err := s.With(Override{})
	require.NoError(t, err)
	got.Phases[2].Stores[0] = Redis
	got.Workloads[0].Mix[0].Share = 0
	got.Claims[0].ID = "other"
	assert.Equal(t, Builtin(), s)
}

func TestAnOverrideThatCannotBeIsRefusedByItsFlag(t *testing.T) {
	for _, row := range []struct {
		name     string
		override Override
		want     string
	}{
		{"no runs", Override{Runs: new(0)}, "--runs: 0 is out of range; allowed: from 1 to 1000"},
		{"too many runs", Override{Runs: new(1001)}, "--runs: 1001 is out of range; allowed: from 1 to 1000"},
		{"a short window", Override{Duration: new(time.Millisecond)},
			"--duration: 1ms is out of range; allowed: from 1s to 1h0m0s"},
		{"a negative warm-up", Override{Warmup: new(FixedWarmup(-time.Second))},
			"--warmup: -1s is out of range; allowed: from 0s to 1h0m0s"},
		{
			"a factor of zero", Override{RateScale: new(0.0)},
			"--rate: 0x is out of range; allowed: from 0.001x to 1000x",
		},
		{"a negative factor", Override{RateScale: new(-2.0)},
			"--rate: -2x is out of range; allowed: from 0.001x to 1000x"},
		{"a factor that is not a number", Override{RateScale: new(math.NaN())},
			"--rate: NaNx is out of range; allowed: from 0.001x to 1000x"},
		{"an infinite factor", Override{RateScale: new(math.Inf(1))},
			"--rate: +Infx is out of range; allowed: from 0.001x to 1000x"},
		{"a factor that leaves no request", Override{RateScale: new(0.001), Phases: []int{1}},
			"--rate: phase 1: at 0.1 req/s a window of 5 s has no request; allowed: at least one request in a window"},
		{
			"an unknown phase", Override{Phases: []int{1, 7}}, "--phase: the suite has no phase 7; allowed: 1, 2, 3, " +
				"4, 11, 14, 18, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 39",
		},
		{"a phase twice", Override{Phases: []int{1, 1}}, "--phase: phase 1 is named twice; allowed: each phase once"},
		{"several things", Override{Runs: new(-1), Phases: []int{9}, RateScale: new(-1.0)},
			"--runs: -1 is out of range; allowed: from 1 to 1000\n" +
				"--phase: the suite has no phase 9; allowed: 1, 2, 3, 4, 11, 14, 18, 21, 22, 23, 24, 25, 26, 27, 28, " +
				"29, 30, 31, 32, 33, 34, 35, 36, 37, 39\n--rate: -1x is out of range; allowed: from 0.001x to 1000x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := Builtin().With(row.override)
			assert.Nil(t, s)
			require.EqualError(t, err, row.want)
			var flag *FlagError
			assert.True(t, errors.As(err, &flag))
		})
	}
}

func TestAScaledRateStaysWithinWhatARateCanBe(t *testing.T) {
	s := Builtin()
	s.Phases[0].Rate = MaxRate
	_, err := s.With(Override{RateScale: new(2.0)})
	assert.EqualError(
		t, err, "--rate: phase 1 would be offered 20000000 req/s; allowed: a factor that leaves every rate from "+
			"0.001 req/s to 10000000 req/s",
	)
}
