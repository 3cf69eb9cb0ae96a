package figures

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestWhatIsDocumentedAndWhatWasMeasuredIsWrittenWithItsUnit(t *testing.T) {
	for want, r := range map[string]judge.Result{
		"≥ 100 req/s":   {Op: suite.AtLeast, Value: 100, Unit: suite.RequestsPerSecond},
		"≤ 200 ms":      {Op: suite.AtMost, Value: 200, Unit: suite.Milliseconds},
		"300–400 req/s": {Op: suite.AtLeast, Value: 300, To: 400, Unit: suite.RequestsPerSecond},
		"≥ 3×":          {Op: suite.AtLeast, Value: 3, Unit: suite.Ratio},
	} {
		assert.Equal(t, want, Documented(r))
	}
	projected := judge.Result{Unit: suite.RequestsPerSecond, Projection: &judge.Projection{Value: 650}}
	assert.Equal(t, "projected 650 req/s", Measured(projected))
	projected.Measured = []float64{600}
	assert.Equal(t, "600 req/s", Measured(projected), "what was measured goes before what was projected")
}

func TestTheHeadroomOfARateIsThatOfItsCapacity(t *testing.T) {
	for want, r := range map[string]judge.Result{
		"–": {Metric: suite.Goodput, Measured: []float64{100}},
		"≥ 2.00×": {
			Metric: suite.Goodput, Measured: []float64{100}, Headroom: 2, HeadroomAtLeast: true, HeadroomLow: 1.9,
			HeadroomHigh: 2.1,
		},
		"1.92× (1.80–2.05)": {
			Metric: suite.Goodput, Measured: []float64{100}, Headroom: 1.92, HeadroomLow: 1.8, HeadroomHigh: 2.05,
		},
		"1.92×": {
			Metric: suite.Goodput, Measured: []float64{100}, Headroom: 1.92, HeadroomLow: 1.92, HeadroomHigh: 1.92,
		},
		"100×":   {Metric: suite.P99, Measured: []float64{1}, Headroom: 100},
		"99.99×": {Metric: suite.P99, Measured: []float64{1}, Headroom: 99.99},
		"0.01×":  {Metric: suite.P99, Measured: []float64{1}, Headroom: 0.01},
	} {
		assert.Equal(t, want, Headroom(r))
	}
}

func TestTheCapacityIsToldAsFarAsItIsKnown(t *testing.T) {
	search := func(found *archive.Found) *archive.Search {
		return &archive.Search{
			Start:  100,
			Trials: []archive.SearchTrial{{Offered: 100, Outcome: "met"}, {Offered: 200, Outcome: "missed"}},
			Found:  found,
		}
	}
	for what, row := range map[string]struct {
		found *archive.Found
		want  []string
	}{
		"broken off":       {nil, []string{"not known"}},
		"nothing is known": {&archive.Found{Reason: "void"}, []string{"not known; void"}},
		"none that it sustains": {
			&archive.Found{Capacity: 25, AtMost: true, Reason: "too few"}, []string{"below 25 req/s; too few"},
		},
		"more than could be had": {
			&archive.Found{Capacity: 200, AtLeast: true, Reason: "generator", Bottleneck: "the generator"},
			[]string{"at least 200 req/s, 2× the documented rate; generator", "the generator"},
		},
		"an interval": {&archive.Found{
			Capacity: 150, Low: 140, High: 160, Level: 0.95, Reason: "narrow\x1b[2J", Bottleneck: "processors",
		},
			[]string{"150 req/s (140–160 with a chance of 95 %), 1.50× the documented rate; narrow[2J", "processors"}},
	} {
		p := Phase{}
		p.Search = search(row.found)
		assert.Equal(t, append(row.want, "tried 100 met, 200 missed"), p.CapacityLines(), what)
	}
	assert.Empty(t, Phase{}.CapacityLines())
	assert.Equal(t, "unknown times", times(100, 0))
}

// recorded is a run of ten seconds in which a store did that.
func recorded(counts, levels map[string]float64) Run {
	r := Run{}
	r.Stores = &measure.StoreRecord{
		Window: measure.StoreWork{Start: 2 * time.Second, End: 12 * time.Second, Counts: counts, Levels: levels},
	}
	return r
}

func TestTheWorkOfTheStoresIsSummedOverTheRunsThatCount(t *testing.T) {
	excluded := recorded(map[string]float64{"redis_commands": 1e6}, nil)
	excluded.Reasons = []judge.Reason{{Code: judge.HostSlowed}}
	p := Phase{Pool: &Pool{}, Runs: []Run{
		recorded(map[string]float64{"redis_commands": 100, "redis_hits": 3, "redis_misses": 0, "redis_evicted": 7},
			map[string]float64{"redis_connections": 4}),
		excluded,
		recorded(map[string]float64{"redis_commands": 300, "redis_hits": 0, "redis_misses": 1},
			map[string]float64{"redis_connections": 5}),
	}}
	assert.Equal(t, []string{"redis: 20 commands/s, 75 % hits, 5 connections"}, p.StoreLines(),
		"400 in 20 s; what one run does not tell is not known of both; a level is the last run's")

	p.Runs = p.Runs[1:2]
	assert.Empty(t, p.StoreLines(), "no run counts")
	p.Excluded = &Pool{}
	assert.Equal(t, []string{"redis: 100,000 commands/s"}, p.StoreLines(), "where none counts, all are shown")
	assert.Empty(t, Phase{Runs: []Run{{}}}.StoreLines(), "nothing was recorded")
}

func TestTheSlowestStatementsAreThreeAtMost(t *testing.T) {
	r := recorded(nil, nil)
	for range 4 {
		r.Stores.Window.Slowest = append(r.Stores.Window.Slowest,
			measure.Statement{Query: "SELECT\n1", Calls: 1234, Mean: 0.5})
	}
	lines := Phase{Runs: []Run{r}}.StatementLines()
	require.Len(t, lines, 3)
	assert.Equal(t, "statement: 1,234 × 0.5 ms: SELECT 1", lines[0])
	assert.Empty(t, Phase{}.StatementLines())
}

func TestTheNextStepIsForTheMostFrequentReason(t *testing.T) {
	run := func(codes ...judge.Code) Run {
		r := Run{}
		for _, c := range codes {
			r.Reasons = append(r.Reasons, judge.Reason{Code: c})
		}
		return r
	}
	achieved := func(rate float64) *Pool {
		return &Pool{Window: &measure.Window{End: 10 * time.Second, Offered: 1000, Sent: 1000,
			Succeeded: uint64(10 * rate), Completed: uint64(10 * rate),
			Response: measure.NewHistogram()}}
	}
	for what, row := range map[string]struct {
		achieved float64 // req/s, of 100 offered
		runs     []Run
		want     string
	}{
		"late, half was achieved": {50, []Run{run(judge.ScheduleLag)}, "offer less (--rate 0.4x)"},
		"late, all was achieved":  {100, []Run{run(judge.ScheduleLag)}, "offer less (--rate 0.5x)"},
		"late, next to nothing":   {1, []Run{run(judge.LoadNotOffered)}, "offer less (--rate 0.1x)"},
		"a noisy host, twice of thrice": {50, []Run{run(judge.HostSlowed), run(judge.ClockJump), run(judge.HostSlowed)},
			"something else slowed the host down"},
		"the more frequent of a run": {
			50, []Run{run(judge.ScheduleLag, judge.ClockJump), run(judge.ClockJump)}, "the clock was set",
		},
		"one that has no step": {
			50, []Run{run(judge.Interrupted), run(judge.Interrupted), run(judge.BrokenMeanwhile)}, "something broke",
		},
		"none that has": {50, []Run{run(judge.Interrupted)}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			p := Phase{Excluded: achieved(row.achieved), Runs: row.runs}
			p.Offered = 100
			if row.want == "" {
				assert.Empty(t, p.Next())
				return
			}
			assert.Contains(t, p.Next(), row.want)
			p.Excluded = nil
			assert.Empty(t, p.Next(), "where runs count, nothing is to be done")
		})
	}
}

func TestWhatRanOnTheSameIsOneProvider(t *testing.T) {
	local := archive.Provider{Store: suite.Redis, Provider: "local", Product: "Redis", Version: "7.2"}
	other := local
	other.Version = "8.0"
	of := func(n int, on ...archive.Provider) Phase {
		p := Phase{}
		p.Number, p.Providers = n, on
		return p
	}
	all := (&Report{Run: &archive.Run{}, Phases: []Phase{of(3, local), of(4, other), of(5, local)}}).Providers()
	require.Len(t, all, 2)
	assert.Equal(t, []int{3, 5}, all[0].Phases)
	assert.Equal(t, []int{4}, all[1].Phases)
	assert.Equal(t, "local Redis 7.2", all[0].String())
}

func TestScaledRatesAreAmongTheNotes(t *testing.T) {
	run := archivetest.Sample(1)
	for scale, want := range map[float64]bool{0: false, 1: false, 0.5: true} {
		run.Options.RateScale = scale
		notes := (&Report{Run: run}).Notes()
		if want {
			assert.Contains(t, notes, "the rates were 0.5 times the documented ones")
		} else {
			assert.Equal(t, run.Notes, notes)
		}
	}
}

func TestBreakdownsAreSortedByNumberThenByName(t *testing.T) {
	all := []measure.Breakdown{{Name: "10"}, {Name: "2"}, {Name: "b"}, {Name: "1"}, {Name: "a"}}
	sortBreakdowns(all)
	var names []string
	for _, b := range all {
		names = append(names, b.Name)
	}
	assert.Equal(t, []string{"a", "b", "1", "2", "10"}, names)
}

func TestErrorsOfRunsAreAddedUp(t *testing.T) {
	all := addErrors(nil,
		[]measure.ErrorCount{{Endpoint: "get", Message: "m", Count: 2}, {Endpoint: "put", Message: "m", Count: 1}})
	all = addErrors(all, []measure.ErrorCount{
		{Endpoint: "get", Message: "m", Count: 3, Example: "e"}, {Endpoint: "get", Message: "n", Count: 1},
	})
	assert.Equal(t, []measure.ErrorCount{
		{Endpoint: "get", Message: "m", Count: 5, Example: "e"}, {Endpoint: "put", Message: "m", Count: 1},
		{Endpoint: "get", Message: "n", Count: 1},
	}, all)
}

func TestTheReasonsOfATableAreThoseThatItDoesNotShow(t *testing.T) {
	r := judge.Result{Whys: []judge.Why{
		{Code: judge.WhyMedian, Text: "median"}, {Code: judge.WhyTally, Text: "tally\x00"},
		{Code: judge.WhyRun, Text: "run"}, {Code: judge.WhyScaled, Text: "scaled"},
	}}
	assert.Equal(t, []string{"tally"}, Why(r))
}
