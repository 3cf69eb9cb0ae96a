package compared_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/exitcode"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/compared"
)

// Two runs of the phases 1 and 3 that no test changes.
var (
	sample = sync.OnceValue(func() *archive.Run { return archivetest.Sample(1, 3) })
	slower = sync.OnceValue(func() *archive.Run { return archivetest.Slower(1, 3) })
)

// copied is a run whose suite and phases may be changed.
func copied(r *archive.Run) *archive.Run {
	run, parsed := *r, *r.Parsed
	parsed.Workloads = slices.Clone(parsed.Workloads)
	parsed.Workloads[0].Mix = slices.Clone(parsed.Workloads[0].Mix)
	run.Parsed, run.Phases, run.Results = &parsed, slices.Clone(run.Phases), slices.Clone(run.Results)
	for i := range run.Phases {
		run.Phases[i].Providers = slices.Clone(run.Phases[i].Providers)
	}
	return &run
}

func compare(t *testing.T, base, head *archive.Run) *compared.Comparison {
	t.Helper()
	c, err := compared.Of(base, head)
	require.NoError(t, err)
	return c
}

// row is the row of a claim.
func row(t *testing.T, c *compared.Comparison, claim string) compared.Row {
	t.Helper()
	at := slices.IndexFunc(c.Claims, func(r compared.Row) bool { return r.Claim == claim })
	require.GreaterOrEqual(t, at, 0, claim)
	return c.Claims[at]
}

// measured replaces what the runs measured for a claim.
func measured(t *testing.T, r *archive.Run, claim string, values ...float64) {
	t.Helper()
	for i := range r.Results {
		if r.Results[i].Claim == claim {
			r.Results[i].Measured = values
			return
		}
	}
	require.Fail(t, "no claim "+claim)
}

func TestARunBesideItselfHasNotChanged(t *testing.T) {
	effort.NoGoroutines(t)
	c := compare(t, sample(), sample())
	assert.Equal(t, 8, c.Count(compared.NoChange)+c.Count(compared.CannotTell))
	assert.Empty(t, c.Settings)
	assert.NotContains(t, c.Sentence(), "regressed")
	for _, r := range c.Claims {
		assert.InDelta(t, 1, r.Change.Ratio, 0.02, r.Claim)
	}
	for _, r := range c.Others {
		assert.NotContains(t, []compared.Outcome{compared.Regressed, compared.Improved}, r.Outcome, r.Metric)
	}
}

func TestASlowerRunRegressed(t *testing.T) {
	effort.NoGoroutines(t)
	c := compare(t, sample(), slower())
	for _, claim := range []string{"P1.p99", "P3.p99"} {
		r := row(t, c, claim)
		assert.Equal(t, compared.Regressed, r.Outcome, claim)
		assert.InDelta(t, 1.5, r.Change.Ratio, 0.1, claim)
		assert.Equal(t, "verified", r.Verdicts())
	}
	assert.Regexp(t, `^P3\.p99 regressed most, by \+[45]\d\.\d % \(\+3\d\.\d to \+6\d\.\d\); of 8 claims: 2 regressed`,
		c.Sentence())
	assert.Equal(t, compared.Regressed, c.Claims[0].Outcome, "those that regressed stand first")
	assert.Equal(t, compared.Regressed, c.Worst())
	assert.Equal(t, exitcode.Refuted, c.ExitStatus())
	better := compare(t, slower(), sample())
	assert.Equal(t, 2, better.Count(compared.Improved))
	assert.Equal(t, compared.Improved, better.Worst())
	assert.Equal(t, exitcode.Verified, better.ExitStatus())
	assert.Zero(t, better.Count(compared.Regressed))
	assert.True(t, slices.ContainsFunc(c.Others, func(r compared.Row) bool {
		return r.Metric == "p50" && r.Phase == 3 && r.Outcome == compared.Regressed
	}), "figures that nothing is claimed of are compared, too")
}

func TestWorseIsLessOfARateAndMoreOfATime(t *testing.T) {
	much, little := []float64{120, 121, 119, 122, 118, 120.5}, []float64{100, 101, 99, 102, 98, 100.5}
	for _, test := range []struct {
		claim      string
		base, head []float64
		want       compared.Outcome
		difference string
	}{
		{"P1.rate", much, little, compared.Regressed, "−16.6 % (−18.2 to −15.1)"},
		{"P1.rate", little, much, compared.Improved, "+20.0 % (+17.8 to +22.2)"},
		{"P1.p99", little, much, compared.Regressed, "+20.0 % (+17.8 to +22.2)"},
		{"P1.p99", much, little, compared.Improved, "−16.6 % (−18.2 to −15.1)"},
		{"P1.p99", little, little[:3], compared.CannotTell, "from 100 to 100 ms"},
		{"P1.p99", little, nil, compared.CannotTell, "unknown"},
		{"P1.errors", []float64{0, 0, 0, 0, 0, 0}, []float64{1, 2, 1, 2, 1, 2}, compared.Regressed, "from 0 to 1.50 %"},
		{"P1.errors", []float64{0, 0, 0, 0, 0.1}, []float64{0, 0.1, 0, 0, 0}, compared.CannotTell,
			"none at the median"},
		{"P1.errors", []float64{0, 0, 0, 0, 0.001}, []float64{0, 0.002, 0, 0, 0}, compared.NoChange,
			"none at the median"},
		{"P1.errors", []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}, compared.NoChange, "none"},
		{"P1.memory", little, much, compared.CannotTell, "+20.0 % (+17.8 to +22.2)"}, // pages of the program's file
	} {
		base, head := copied(sample()), copied(sample())
		base.Phases, head.Phases = nil, nil
		measured(t, base, test.claim, test.base...)
		measured(t, head, test.claim, test.head...)
		r := row(t, compare(t, base, head), test.claim)
		assert.Equal(t, test.want, r.Outcome, "%s: %s", test.claim, r.Why)
		assert.Equal(t, test.difference, r.Difference(), test.claim)
		assert.NotEmpty(t, r.Why)
	}
}

func TestMemoryIsComparedByWhatNobodyShares(t *testing.T) {
	base, head := archivetest.Sample(1), archivetest.Sample(1)
	for side, run := range []*archive.Run{base, head} {
		for i := range run.Phases[0].Trials {
			for s := range run.Phases[0].Trials[i].Usage.Series {
				run.Phases[0].Trials[i].Usage.Series[s].Points[0].Own = int64((20 + 10*side + i%2) << 20)
			}
		}
	}
	r := row(t, compare(t, base, head), "P1.memory")
	assert.Equal(t, compared.Regressed, r.Outcome)
	assert.Equal(t, "memory_own", r.By)
	assert.Contains(t, r.Reason(), "compared by memory_own")
	one, two := r.Measured()
	assert.Equal(t, []string{"20.5 MiB (20–21)", "30.5 MiB (30–31)"}, []string{one, two})
}

func TestAClaimOfOneRunAloneIsNotCompared(t *testing.T) {
	effort.NoGoroutines(t)
	both, one := sample(), archivetest.Sample(3)
	c := compare(t, both, one)
	assert.Equal(t, 4, c.Count(compared.NotComparable))
	r := row(t, c, "P1.p99")
	assert.Equal(t, "only the base has this claim", r.Why)
	assert.Equal(t, "verified, then not claimed", r.Verdicts())
	assert.Equal(t, "only the head has this claim", row(t, compare(t, one, both), "P1.p99").Why)

	other := copied(both)
	for i := range other.Results {
		if other.Results[i].Claim == "P1.p99" {
			other.Results[i].Metric = "p95"
		}
	}
	assert.Equal(t, "the claim is about another figure", row(t, compare(t, both, other), "P1.p99").Why)
}

func TestExcludedRunsAreLeftOut(t *testing.T) {
	base, head := archivetest.Sample(1), archivetest.Sample(1)
	head.Phases[0].Trials[2].Faults = []string{"store postgres fell over"}
	require.NoError(t, head.Judge())
	c := compare(t, base, head)
	assert.Len(t, row(t, c, "P1.p99").Change.Base, 6)
	assert.Len(t, row(t, c, "P1.p99").Change.Head, 5)
	for _, r := range c.Others {
		assert.Len(t, r.Change.Head, 5, r.Metric)
	}
}

func TestOtherSettingsAreNamed(t *testing.T) {
	effort.NoGoroutines(t)
	for name, test := range map[string]struct {
		change func(*archive.Run)
		why    string
		none   []string // claims that may be compared none the less
	}{
		"host": {func(r *archive.Run) { r.Host.Cores = 2 }, "cores of the host: 8, then 2", nil},
		"two": {func(r *archive.Run) { r.Host.Cores, r.Host.CPUModel = 2, "Other" },
			"processor of the host: Example CPU @ 2.50GHz, then Other; cores of the host: 8, then 2", nil},
		"suite": {func(r *archive.Run) { r.Suite.Name = "other" }, "name of the suite: sample, then other", nil},
		"rates": {func(r *archive.Run) { r.Options.RateScale = 0.5 },
			"rates of the options: 1 × documented, then 0.5 × documented", nil},
		"duration": {func(r *archive.Run) { r.Options.Duration = time.Minute },
			"measurement window of the options: 5s, then 1m0s", nil},
		"provider": {func(r *archive.Run) { r.Phases[1].Providers[0].Provider = "embedded" },
			"stores of the phase 3: local PostgreSQL 17.2 + embedded miniredis 2.40.0, then " +
				"embedded PostgreSQL 17.2 + embedded miniredis 2.40.0", []string{"P1.p99"}},
		"workload": {func(r *archive.Run) { r.Parsed.Workloads[0].Mix[0].Share /= 2 },
			"workload of the phase 3: mixed as it was, then mixed with other requests", []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			head := copied(slower())
			test.change(head)
			c := compare(t, sample(), head)
			r := row(t, c, "P3.p99")
			assert.Equal(t, compared.NotComparable, r.Outcome)
			assert.Equal(t, test.why, r.Why)
			assert.Contains(t, r.Difference(), "+", "the difference is shown")
			assert.Equal(t, len(test.none) == 0, !c.Comparable())
			for _, claim := range test.none {
				assert.Equal(t, compared.Regressed, row(t, c, claim).Outcome)
			}
			if !c.Comparable() {
				assert.Contains(t, c.Why(), test.why)
				assert.Equal(t, "not comparable: "+c.Why(), c.Sentence())
				assert.Equal(t, compared.NotComparable, c.Worst())
				assert.Equal(t, exitcode.NoVerdict, c.ExitStatus())
			}
		})
	}
}

func TestWhatARunIsMadeToFindOutMayDiffer(t *testing.T) {
	effort.NoGoroutines(t)
	base, head := sample(), copied(slower())
	head.Build.Revision, head.Options.Seed, head.Host.Kernel = "fedcba9876543210", 7, "6.13.0"
	for i := range head.Results {
		head.Results[i].Value *= 2
	}
	c := compare(t, base, head)
	assert.Equal(t, compared.Regressed, row(t, c, "P1.p99").Outcome)
	assert.Equal(t, "≤ 200 ms, then ≤ 400 ms", row(t, c, "P1.p99").Documented())
	var names []string
	for _, s := range c.Settings {
		assert.False(t, s.Matters, s.Name)
		names = append(names, s.String())
	}
	assert.Contains(t, names, "revision of the build: 0123456789ab…, then fedcba987654…")
	assert.Contains(t, names, "seed of the options: 1, then 7")
	assert.Contains(t, names, "kernel of the host: 6.12.0, then 6.13.0")
	assert.Contains(t, names, "documented figure of the claim P1.p99: ≤ 200 ms, then ≤ 400 ms")
}

// TestMirroredRunsDifferTheOtherWay compares runs both ways round.
func TestMirroredRunsDifferTheOtherWay(t *testing.T) {
	effort.NoGoroutines(t)
	rng := rand.New(rand.NewPCG(1, 2))
	mirror := map[compared.Outcome]compared.Outcome{
		compared.Regressed: compared.Improved, compared.Improved: compared.Regressed,
		compared.NoChange: compared.NoChange, compared.CannotTell: compared.CannotTell,
	}
	one, two := copied(sample()), copied(sample())
	one.Phases, two.Phases = nil, nil
	found := map[compared.Outcome]int{}
	for range 300 {
		factor := []float64{1, 1.3, 1 / 1.3}[rng.IntN(3)] // well away from the least change
		for _, run := range []*archive.Run{one, two} {
			values := make([]float64, 4+rng.IntN(5))
			for i := range values {
				values[i] = 100 * (1 + 0.01*rng.NormFloat64())
				if run == two {
					values[i] *= factor
				}
			}
			measured(t, run, "P1.p99", values...)
		}
		there, back := row(t, compare(t, one, two), "P1.p99"), row(t, compare(t, two, one), "P1.p99")
		require.Equal(t, mirror[there.Outcome], back.Outcome, "%v %v", there.Change, back.Change)
		require.InEpsilon(t, there.Change.Low, 1/back.Change.High, 1e-9)
		require.InEpsilon(t, there.Change.High, 1/back.Change.Low, 1e-9)
		require.InEpsilon(t, there.Change.Ratio, 1/back.Change.Ratio, 0.001)
		found[there.Outcome]++
	}
	for o := range mirror {
		assert.Positive(t, found[o], o)
	}
}

func TestRunsThatLackEverythingAreCompared(t *testing.T) {
	effort.NoGoroutines(t)
	c := compare(t, &archive.Run{}, &archive.Run{})
	assert.Equal(t, "neither run has a claim that was judged", c.Sentence())
	assert.Empty(t, c.Settings)
	c = compare(t, &archive.Run{}, archivetest.Sample(2))
	assert.False(t, c.Comparable())
	odd := archivetest.Sample(2)
	odd.Parsed, odd.Phases[0].Trials[0].Window, odd.Phases[0].Trials[1].Usage = nil, nil, nil
	odd.Host = measure.Host{CPUModel: "x\x1b[31m"}
	odd.Phases[0].Offered = suite.Rate(1)
	c = compare(t, archivetest.Sample(2), odd)
	assert.Contains(t, c.Sentence(), "processor of the host: Example CPU @ 2.50GHz, then x[31m")
}
