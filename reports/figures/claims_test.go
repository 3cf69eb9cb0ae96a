package figures

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// result is a verdict on a p99 of at most 100 ms.
func result(claim string, v judge.Verdict, headroom float64, why judge.WhyCode, measured ...float64) judge.Result {
	return judge.Result{
		Claim: claim, Phase: 1, Metric: suite.P99, Op: suite.AtMost, Value: 100, Bound: 100, Unit: suite.Milliseconds,
		Verdict: v, Headroom: headroom, Measured: measured, Whys: []judge.Why{{Code: why, Text: string(why)}},
	}
}

// missed is a rate of which the capacity was not searched for, and so much was achieved of 100 req/s.
func missed(claim string, v judge.Verdict, achieved float64) judge.Result {
	return judge.Result{
		Claim: claim, Phase: 1, Metric: suite.Goodput, Op: suite.AtLeast, Value: 100, Bound: 99,
		Unit: suite.RequestsPerSecond, Verdict: v, Measured: []float64{achieved},
	}
}

func TestTheDecisiveClaimsComeFirst(t *testing.T) {
	r := &Report{Run: &archive.Run{Results: []judge.Result{
		result("v2", judge.Verified, 2, judge.WhyTally, 50), missed("v-unknown", judge.Verified, 99.8),
		result("v1", judge.Verified, 1.2, judge.WhyTally, 80), result("u", judge.Untestable, 0, judge.WhyNeeds),
		result("c", judge.Inconclusive, 1, judge.WhyTally, 100), result("i", judge.Invalid, 0, judge.WhyUnsampled),
		result("r1", judge.Refuted, 0.7, judge.WhyTally, 143), missed("r0", judge.Refuted, 30),
		{Claim: "none"},
	}}}
	var order []string
	for _, c := range r.Claims() {
		order = append(order, c.Claim)
	}
	assert.Equal(t, []string{"r0", "r1", "i", "c", "u", "v1", "v2", "v-unknown", "none"}, order)
}

func TestAClaimKnowsItsPlaceInTheDocument(t *testing.T) {
	r, err := Of(archivetest.Sample(1))
	require.NoError(t, err)
	for _, c := range r.Claims() {
		if c.Metric == "errors" {
			assert.Equal(t, "a sustained rate leaves no more than this behind", c.Derived)
			continue
		}
		assert.Equal(t, "sample.md#phase-1", c.Source)
		assert.Empty(t, c.Derived)
	}
}

func TestTheSentenceNamesTheWorstClaim(t *testing.T) {
	good := result("P1.p99", judge.Verified, 2, judge.WhyTally, 50)
	for want, run := range map[string]archive.Run{
		"Verified: the claim P1.p99 holds on this machine; the least headroom is that of P1.p99, 2.00× " +
			"(measured 50 ms, documented ≤ 100 ms)": {Results: []judge.Result{good}},
		"Verified: all 2 claims hold on this machine; the least headroom is that of P2, 1.31× " +
			"(measured 76 ms, documented ≤ 100 ms)": {
			Results: []judge.Result{good, result("P2", judge.Verified, 1.31, judge.WhyTally, 76)},
		},
		"Verified: all 2 claims hold on this machine": {
			Results: []judge.Result{missed("a", judge.Verified, 100), missed("b", judge.Verified, 100)},
		},
		"Refuted: P3.p99 measured 143 ms, documented ≤ 100 ms; 1 of 2 claims verified": {
			Results: []judge.Result{good, result("P3.p99", judge.Refuted, 0.7, judge.WhyTally, 131, 143, 150)},
		},
		"Invalid: x was measured by no run (documented ≤ 100 ms); 1 of 2 claims verified": {
			Results: []judge.Result{good, result("x", judge.Invalid, 0, judge.WhyUnsampled)},
		},
		"Inconclusive: x is met by some runs and missed by others (measured 100 ms, documented ≤ 100 ms); " +
			"0 of 1 claim verified": {Results: []judge.Result{result("x", judge.Inconclusive, 1, judge.WhyTally, 100)}},
		"Untestable: x needs what this host does not have (documented ≤ 100 ms); 1 of 2 claims verified": {
			Results: []judge.Result{good, result("x", judge.Untestable, 0, judge.WhyNeeds)},
		},
		"Inconclusive: old is not decided (measured 99 ms, documented ≤ 100 ms); 0 of 1 claim verified": {
			Results: []judge.Result{result("old", judge.Inconclusive, 1, "", 99)},
		},
		"Not judged: no claim is made on what was run": {},
		"Interrupted before the plan was done; until then inconclusive: x has no finished run " +
			"(documented ≤ 100 ms); 0 of 1 claim verified": {
			Interrupted: true, Results: []judge.Result{result("x", judge.Inconclusive, 0, judge.WhyNothing)},
		},
		"Failed (no more room); until then refuted: x measured 143 ms, documented ≤ 100 ms; 0 of 1 claim verified": {
			Interrupted: true, Failure: "no more\nroom",
			Results: []judge.Result{result("x", judge.Refuted, 0.7, judge.WhyTally, 143)},
		},
		"Failed (no engine); until then not judged: no claim is made on what was run": {Failure: "no engine"},
		"Capacity not searched for: no run was finished": {
			Options: archive.Options{Capacity: archive.CapacityOnly},
		},
	} {
		assert.Equal(t, want, (&Report{Run: &run}).Sentence())
	}
}

func TestTheSentenceOfASearchNamesTheCapacities(t *testing.T) {
	found := func(number int, f *archive.Found) Phase {
		return Phase{Phase: archive.Phase{Number: number, Search: &archive.Search{Found: f}}}
	}
	r := &Report{
		Run: &archive.Run{Options: archive.Options{Capacity: archive.CapacityOnly}},
		Phases: []Phase{
			found(1, &archive.Found{Capacity: 1600, AtLeast: true}),
			found(2, &archive.Found{Capacity: 7500, Low: 7000, High: 8100}),
			found(3, &archive.Found{Capacity: 50, AtMost: true}), found(4, nil), {},
		},
	}
	assert.Equal(t, "Capacity: phase 1 at least 1,600 req/s, phase 2 7,500 req/s (7,000–8,100), "+
		"phase 3 below 50 req/s, phase 4 unknown; nothing was judged", r.Sentence())
	r.Phases = append(r.Phases, found(5, nil))
	assert.Equal(t, "Capacity found of 2 of 5 phases; nothing was judged", r.Sentence())
}

func TestTheNextStepFollowsFromTheReason(t *testing.T) {
	of := func(v judge.Verdict, why judge.WhyCode, runs ...judge.Outcome) judge.Result {
		r := result("P1.p99", v, 0, why)
		r.Runs = runs
		return r
	}
	run := func(kind judge.Kind, codes ...judge.Code) judge.Outcome {
		o := judge.Outcome{Kind: kind}
		for _, c := range codes {
			o.Reasons = append(o.Reasons, judge.Reason{Code: c})
		}
		return o
	}
	r := &Report{Run: &archive.Run{}}
	for want, result := range map[string]judge.Result{
		"":                           of(judge.Verified, judge.WhyTally),
		"run it to its end":          of(judge.Inconclusive, judge.WhyNothing),
		"make at least 5 runs":       of(judge.Inconclusive, judge.WhyIndicative),
		"look at what each run says": of(judge.Inconclusive, "of a later version"),
		"the hypervisor gave the processors to others: run on a host of your own": of(judge.Invalid, judge.WhyExcluded,
			run(judge.Excluded, judge.ProcessorStolen), run(judge.Excluded, judge.ProcessorStolen, judge.ClockJump),
			run(judge.Met, judge.ClockJump), run(judge.Met, judge.ClockJump)),
		byLack[judge.MemoryGaveOut]: of(judge.Untestable, judge.WhyLimited,
			run(judge.Limited, judge.MemoryGaveOut)),
		byWhy[judge.WhyNeeds]:           of(judge.Untestable, judge.WhyNeeds),
		byFigure[suite.OfResponse].text: of(judge.Refuted, judge.WhyTally),
	} {
		assert.Equal(t, want, r.stepOf(result).Text)
	}
	assert.Equal(t, "nameplate verify --phase 1 --profile profiles",
		r.stepOf(of(judge.Refuted, judge.WhyTally)).Command)
	r.Run.Suite.File = "my suite.yaml"
	assert.Equal(t, "nameplate capacity 'my suite.yaml' --phase 1", r.stepOf(missed("x", judge.Refuted, 3)).Command)
}

// TestEveryReasonHasAStep keeps the tables complete: what a verdict can rest on, a reader can do something about.
func TestEveryReasonHasAStep(t *testing.T) {
	for _, m := range suite.Metrics {
		if m.Figure == suite.OfDisturbance || m.Figure == suite.OfFairness || m.Figure == suite.OfServed {
			continue // what each run says is all there is
		}
		assert.NotEmpty(t, byFigure[m.Figure].text, m.Name)
	}
	for code := range whys {
		assert.NotEmpty(t, byWhy[code], code)
	}
}

func TestTheCommandRepeatsTheRun(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Sample(1, 3)
	r, err := Of(run)
	require.NoError(t, err)
	assert.Equal(t, "nameplate verify sample.yaml --phase 1,3 --runs 6 --duration 5s --warmup 3s --seed 1 "+
		"--stores auto --no-headroom", r.Repeat())
	run.Suite.File = "it's.yaml\n"
	run.Options = archive.Options{Stores: "postgres=local,redis=embedded", Capacity: archive.CapacityOnly, RateScale: 2}
	assert.Equal(t, "nameplate capacity suite.yaml --seed 0 --stores postgres=local,redis=embedded", r.Repeat())
	run.Suite.File = "it's.yaml"
	assert.Contains(t, r.Repeat(), ` 'it'\''s.yaml' `)
	run.Suite.File, run.Options = "built-in", archive.Options{
		Runs: 5, Warmup: 1500e6, WarmupMost: 30e9, Duration: 1500e6, RateScale: 0.5, Headroom: true, Strict: true,
		Slowdown: 10e3, Stores: "auto; rm -rf /",
	}
	assert.Equal(t, "nameplate verify --runs 5 --duration 1500ms --rate 0.5x --seed 0 --stores 'auto; rm -rf /' "+
		"--slowdown 10us --strict", r.Repeat())
}

func TestWhatLimitsIsToldByRole(t *testing.T) {
	r, err := Of(archivetest.Overloaded(2))
	require.NoError(t, err)
	all := r.Limits()
	require.Len(t, all, 1)
	l := all[0]
	assert.Equal(t, 8, l.Cores)
	assert.True(t, l.Known)
	assert.InDelta(t, 1.6, l.Roles["worker"], 0.1)
	assert.InDelta(t, 2, l.Busy, 0.2)
	sum := l.Others()
	for _, cores := range l.Roles {
		sum += cores
	}
	assert.InDelta(t, l.Busy, sum, 1e-9)
	assert.Regexp(t, `^The workers' processors run out first, .* % busy at .* req/s, fully at about .* req/s`, l.Line)

	run := archivetest.Sample(1)
	for i := range run.Phases[0].Trials {
		run.Phases[0].Trials[i].Usage = nil
	}
	r, err = Of(run)
	require.NoError(t, err)
	assert.False(t, r.Limits()[0].Known)
	assert.Equal(t, "not known: what was used of the processors was not measured", r.Limits()[0].Line)
	assert.Zero(t, r.Limits()[0].Others())
	assert.Empty(t, (&Report{Run: &archive.Run{}, Phases: []Phase{{}}}).Limits())
}

func TestNotesStandInGroups(t *testing.T) {
	effort.NoGoroutines(t)
	r, err := Of(archivetest.Sample())
	require.NoError(t, err)
	var titles []string
	n := 0
	for _, g := range r.NoteGroups() {
		titles = append(titles, g.Title)
		n += len(g.Notes)
	}
	assert.Equal(t, []string{
		"About the run", "About redis on embedded miniredis 2.40.0", "Providers of stores that were not used",
	}, titles)
	assert.Len(t, r.Notes(), n, "no note is lost, and none is new")
}
