package judge

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// pick is one of the values, by chance.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// arbitrary is a phase with claims and runs of every kind that there is, by chance.
func arbitrary(r *rand.Rand, pool []Evidence) Input {
	in := input()
	in.Planned = pick(r, 1, 3, 5, 6, 8, 10)
	in.Host.Cores = pick(r, 0, 1, 2, 8)
	for i := range in.Claims {
		in.Claims[i].Needs.Cores = pick(r, 0, 0, 0, 4)
	}
	in.Claims = append(in.Claims,
		suite.Claim{
			ID: "ratio", Phase: 1, Metric: "rate", Op: suite.AtLeast, Over: 9,
			Value: suite.Quantity{Value: 0.9, Unit: suite.Ratio},
		},
		suite.Claim{
			ID: "range", Phase: 1, Metric: "rate", Op: suite.AtLeast, Value: suite.Quantity{Value: 40},
			To: suite.Quantity{Value: 80},
		},
	)
	in.Host.Online = in.Host.Cores
	in.Phase.Workers, in.Phase.Cores = pick(r, 1, 4), pick(r, 0, 0, 8)
	in.Memory, in.Phase.Memory = pick(r, 0, 110*suite.MiB, suite.GiB), suite.GiB
	switch r.IntN(6) {
	case 0:
		in.Phase.Disturb = suite.DisturbKill
	case 1:
		in.Phase.Shape = suite.Shape{Kind: suite.Ramp, From: 100}
	}
	in.Over = map[int]Input{9: input(chosen(r, pool, r.IntN(8))...)}
	in.Runs = input(chosen(r, pool, r.IntN(9))...).Runs
	return in
}

// chosen are runs of the pool, half of the time all alike but for one.
func chosen(r *rand.Rand, pool []Evidence, n int) []Evidence {
	runs := make([]Evidence, n)
	for i := range runs {
		runs[i] = pick(r, pool...)
	}
	if r.IntN(2) == 0 {
		for i := 2; i < n; i++ {
			runs[i] = runs[1]
		}
	}
	return runs
}

func arbitraryRun(r *rand.Rand) Evidence {
	odd := func(n int) int { return pick(r, 0, 0, 0, n) }
	e := evidenceOf(shape{
		response: pick(r, 0, 0, 100*time.Millisecond, 225*time.Millisecond, 260*time.Millisecond), slow: odd(6),
		failed: pick(r, 0, 0, 0, 10, requests), unsent: odd(6), unreleased: odd(50), completed: odd(250),
		lag: pick(r, 0, 0, 30*time.Millisecond, time.Second), outOfRange: uint64(odd(1)),
		after: pick(r, 0, 0, 60*time.Millisecond), before: pick(r, 0, 0, 60*time.Millisecond),
		steal: pick(r, 0, 0, 0.4), rssMiB: int64(odd(600)),
	})
	e.Usage.Series = append(e.Usage.Series,
		measure.Series{Role: measure.RoleHost, Name: "host", Known: true, CPU: pick(r, 3, 9.6, 20, 40)})
	switch r.IntN(12) {
	case 0:
		e.Faults = []string{"a store fell over"}
	case 1:
		e.Usage = nil
	case 2:
		e.Window = nil
	case 3, 4: // ever slower, within the bounds
		for s := range 5 {
			second := measure.Second{Offered: 100, Completed: 100, Response: measure.NewSparseHistogram()}
			for range 100 {
				second.Response.Record(time.Duration(20*(s+1)) * time.Millisecond)
			}
			e.Window.Seconds = append(e.Window.Seconds, second)
		}
	}
	return e
}

func TestExplanationsAgreeWithVerdictsWhateverTheRuns(t *testing.T) {
	effort.NoGoroutines(t)
	r := rand.New(rand.NewPCG(12, 1))
	pool := make([]Evidence, 400)
	for i := range pool {
		if pool[i] = evidenceOf(good); i%4 > 0 {
			pool[i] = arbitraryRun(r)
		}
	}
	seen := map[Verdict]int{}
	kinds := map[Kind]int{}
	for range effort.Of(500, 1_000, 10_000) {
		in := arbitrary(r, pool)
		results := Phase(in)
		for at, c := range in.Claims {
			e, err := Explain(in, c.ID)
			require.NoError(t, err)
			require.Equal(t, results[at], e.Result)
			require.Len(t, e.Runs, len(in.Runs))
			counted := []float64{}
			for _, o := range e.Runs {
				kinds[o.Kind]++
				if o.Counts() {
					counted = append(counted, o.Value)
				}
				if o.Kind == Excluded {
					require.NotEmpty(t, o.Reasons, "an excluded run says why")
				}
			}
			require.Equal(t, e.Measured, counted)
			if lacking(in.Host, c) == "" {
				require.Equal(t, e.Verdict, tallied(e.Runs).verdict(),
					"the verdict follows from the runs that are shown")
			}
			seen[e.Verdict]++
		}
	}
	for v := Verified; v <= Refuted; v++ {
		assert.Positive(t, seen[v], "%v occurs", v)
	}
	for _, k := range []Kind{Met, Missed, Limited, Disturbed, Excluded} {
		assert.Positive(t, kinds[k], "%v occurs", k)
	}
}

// Every code has its sentence, and every guard's code its direction.
func TestEveryCodeHasASentence(t *testing.T) {
	for code := range directions {
		assert.Contains(t, words, code)
	}
	for code := range words {
		text := Reason{Code: code, Name: "x", Seen: 1, Allowed: 1, From: 1, To: 2}.String()
		assert.NotEmpty(t, text, code)
		assert.NotContains(t, text, "%!", code)
	}
	assert.Empty(t, Reason{}.String())
	assert.Equal(t, "of-later", Reason{Code: "of-later"}.String(), "an archive of a later version can be shown")
}
