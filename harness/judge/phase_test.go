package judge

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// shape is what a run is made of; the zero value is a perfect run at 100 req/s for 5 s.
type shape struct {
	response   time.Duration // of every request; 0: 10 ms
	slow       int           // requests that take a second instead
	failed     int
	unsent     int // released, and never given a connection
	unreleased int // never released by the generator
	completed  int // 0: those that succeeded
	lag        time.Duration
	outOfRange uint64
	before     time.Duration // spin; 0: 30 ms
	after      time.Duration
	steal      float64
	faults     []string
	rssMiB     int64   // 0: 100 MiB
	cpu        float64 // seconds of the worker; 0: 2.5
}

const requests = 500

func evidenceOf(s shape) Evidence {
	w := &measure.Window{
		Start: 2 * time.Second, End: 7 * time.Second, Response: measure.NewHistogram(), Service: measure.NewHistogram(),
		ScheduleLag: measure.NewHistogram(), Wait: measure.NewHistogram(), Offered: requests, OutOfRange: s.outOfRange,
	}
	w.Unsent = uint64(s.unsent + s.unreleased)
	w.Sent = requests - w.Unsent
	w.Failed = uint64(s.failed)
	w.Succeeded = w.Sent - w.Failed
	w.Completed, w.Gap = w.Succeeded, 10*time.Millisecond
	w.Workers = []measure.Breakdown{{Name: "1", Succeeded: w.Succeeded, Failed: w.Failed}}
	if s.completed > 0 {
		w.Completed = uint64(s.completed)
	}
	for i := range int(w.Sent) {
		d := or(s.response, 10*time.Millisecond)
		if i < s.slow {
			d = time.Second
		}
		w.Response.Record(d)
		w.Service.Record(max(time.Millisecond, d-s.lag))
	}
	for range requests - s.unreleased {
		w.ScheduleLag.Record(s.lag)
	}
	return Evidence{
		Workers: 1, Window: w, Faults: s.faults,
		Noise: measure.HostNoise{
			SpinBefore: or(s.before, 30*time.Millisecond), SpinAfter: or(s.after, 30*time.Millisecond), Steal: s.steal,
		},
		Usage: &measure.Usage{Series: []measure.Series{{
			Role: measure.RoleWorker, Name: "worker 1", Known: true, CPU: or(s.cpu, 2.5),
			PeakRSS: or(s.rssMiB, 100) << 20,
			Points:  []measure.UsagePoint{{At: time.Second, RSS: or(s.rssMiB, 100) << 20}},
		}}},
	}
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

var (
	good   = shape{}
	broken = shape{faults: []string{"store postgres fell over"}}
)

func repeat(n int, s shape) []Evidence {
	var all []Evidence
	for range n {
		all = append(all, evidenceOf(s))
	}
	return all
}

// input is a phase at 100 req/s with four claims; the runs are numbered from 1.
func input(runs ...Evidence) Input {
	claim := func(metric string, op suite.Op, v float64, u suite.Unit, tolerance suite.Share) suite.Claim {
		return suite.Claim{
			ID: "P1." + metric, Phase: 1, Metric: metric, Op: op, Value: suite.Quantity{Value: v, Unit: u},
			Tolerance: tolerance,
		}
	}
	for i := range runs {
		runs[i].Run = i + 1
	}
	return Input{
		Phase: suite.Phase{Number: 1, Workers: 1, Rate: 100},
		Claims: []suite.Claim{
			claim("rate", suite.AtLeast, 100, suite.RequestsPerSecond, 0.01),
			claim("p99", suite.AtMost, 200, suite.Milliseconds, 0),
			claim("errors", suite.AtMost, 0.1, suite.Percent, 0),
			claim("memory", suite.AtMost, 512, suite.Mebibytes, 0),
		},
		Validity: suite.Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.25},
		Host:     Host{Cores: 2, Memory: 4 * suite.GiB},
		Runs:     runs,
		Planned:  6,
	}
}

// verdicts are those of the four claims: rate, p99, errors, memory.
func verdicts(results []Result) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Verdict.String())
	}
	return strings.Join(names, " ")
}

func TestPhase(t *testing.T) {
	mixed := func(runs ...[]Evidence) (all []Evidence) {
		for _, r := range runs {
			all = append(all, r...)
		}
		return all
	}
	for _, row := range []struct {
		name string
		runs []Evidence
		want string
	}{
		{"six good runs", repeat(6, good), "verified verified verified verified"},
		{"six slow runs miss the p99", repeat(6, shape{slow: 6}), "verified refuted verified verified"},
		{"a percentile just within the bound", repeat(6, shape{slow: 5}), "verified verified verified verified"},
		{"one slow run of six", mixed(repeat(5, good), repeat(1, shape{slow: 6})),
			"verified inconclusive verified verified"},
		{"one slow run of ten", mixed(repeat(9, good), repeat(1, shape{slow: 6})),
			"verified verified verified verified"},
		{"four good runs decide nothing", repeat(4, good), "inconclusive inconclusive inconclusive inconclusive"},
		{"no run", nil, "inconclusive inconclusive inconclusive inconclusive"},
		{"failing requests", repeat(6, shape{failed: 10}), "refuted verified refuted verified"},
		{"every request fails, and fast", repeat(6, shape{failed: requests}), "refuted invalid refuted verified"},
		{"every request fails, and slowly", repeat(6, shape{failed: requests, response: time.Second}),
			"refuted refuted refuted verified"},
		{"too much memory", repeat(6, shape{rssMiB: 600}), "verified verified verified refuted"},
		{"goodput of a tenth, the rest waits for 60 s", repeat(6, shape{response: 59 * time.Second, failed: 450}),
			"refuted refuted refuted verified"},
		{
			"goodput of a tenth, the rest beyond what can be recorded",
			repeat(6, shape{response: 61 * time.Second, failed: 450, outOfRange: 500}),
			"invalid invalid invalid invalid",
		},
		{"the system holds all connections throughout", repeat(6, shape{unsent: requests}),
			"refuted refuted refuted verified"},
		{"the system holds all connections: fast answers for the few that got one", repeat(6, shape{unsent: 450}),
			"refuted refuted refuted verified"},
		{"the generator was cut short", repeat(6, shape{unreleased: 450}), "invalid invalid invalid invalid"},
		{"a late generator only hurts: what is met all the same is met",
			repeat(6, shape{lag: 21 * time.Millisecond}), "verified verified verified verified"},
		{"so late that the load was eased", repeat(6, shape{lag: 60 * time.Millisecond}),
			"verified verified invalid invalid"},
		{"every run with a fault", repeat(6, broken), "invalid invalid invalid invalid"},
		{"one run with a fault", mixed(repeat(5, good), repeat(1, broken)), "verified verified verified verified"},
		{"two of six with a fault", mixed(repeat(4, good), repeat(2, broken)), "invalid invalid invalid invalid"},
		{"nothing was offered", []Evidence{{Window: &measure.Window{}}}, "invalid invalid invalid invalid"},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, verdicts(Phase(input(row.runs...)))) })
	}
}

func TestAMetricWithoutSamplesIsInvalid(t *testing.T) {
	runs := repeat(6, good)
	for i := range runs {
		runs[i].Usage.Series[0].Known = false
	}
	results := Phase(input(runs...))
	assert.Equal(t, "verified verified verified invalid", verdicts(results))
	memory := results[3]
	assert.Equal(t, "no samples: no run measured memory", memory.Reasons[0])
	assert.Equal(t, "run 1: no sample of memory", memory.Invalid[0])
	assert.Empty(t, memory.Measured)
	assert.Zero(t, memory.Headroom)
}

func TestAResultSaysWhatItRestsOn(t *testing.T) {
	runs := append(repeat(5, shape{response: 100 * time.Millisecond}),
		evidenceOf(shape{response: 120 * time.Millisecond}))
	r := Phase(input(runs...))[1]
	assert.Equal(t, Verified, r.Verdict)
	assert.InDeltaSlice(t, []float64{100, 100, 100, 100, 100, 120}, r.Measured, 0.2)
	assert.Equal(t, "sign test: 6 of 6 runs met the bound", r.Rule)
	assert.InDelta(t, 1.0/64, r.Alpha, 1e-12)
	assert.InDelta(t, 2, r.Headroom, 0.01)
	assert.InDelta(t, 0.079, r.Spread, 0.001)
	assert.Equal(t, "headroom needed for a verdict: 1.19 (2.4 × CV 7.91 %); seen 2.00", r.Power)
	assert.Equal(t, []string{"6 of 6 runs met the bound", "median 100 ms, at most 200 ms documented"}, r.Reasons)
}

func TestAVerdictSaysHowManyRunsWereDisturbed(t *testing.T) {
	runs := several(4, evidenceOf(shape{}))
	runs = append(runs, several(2, evidenceOf(shape{before: 30 * time.Millisecond, after: 60 * time.Millisecond}))...)
	r := Phase(input(runs...))[1]
	require.Equal(t, Verified, r.Verdict)
	assert.Equal(
		t, []string{"6 of 6 runs met the bound", "2 runs met the bound under a disturbance, which can only hurt"},
		r.Reasons[:2],
	)
	assert.Equal(t, WhyInSpite, r.Whys[1].Code)
}

func TestTooFewRunsAreIndicativeOnly(t *testing.T) {
	r := Phase(input(repeat(3, good)...))[0]
	assert.Equal(t, "indicative only: 3 runs, at least 5 needed for a verdict", r.Reasons[0])
	assert.Equal(t, []float64{100, 100, 100}, r.Measured)
	assert.Zero(t, r.Alpha)
}

func TestDiscardedRunsThatMissedAreNamed(t *testing.T) {
	bad := evidenceOf(shape{slow: 10, faults: []string{"a worker was replaced"}})
	r := Phase(input(append(repeat(6, good), bad)...))[1]
	assert.Equal(t, Verified, r.Verdict)
	assert.Contains(t, strings.Join(r.Reasons, "\n"), "run 7 with 1000 ms was excluded, and missed the bound")
	assert.Equal(t, []string{"run 7: a worker was replaced"}, r.Invalid)
}

func TestUndecidedRunsSayHowMuchLongerTheyMustBe(t *testing.T) {
	runs := append(repeat(4, shape{response: 150 * time.Millisecond}),
		repeat(2, shape{response: 240 * time.Millisecond})...)
	r := Phase(input(runs...))[1]
	assert.Equal(t, Inconclusive, r.Verdict)
	assert.Equal(t, "4 of 6 runs met the bound and 2 missed it; none may differ for a verdict", r.Reasons[0])
	assert.Contains(t, r.Power, "times as long would decide")
}

func TestAHostThatHasNotWhatAClaimNeedsCannotTestIt(t *testing.T) {
	for _, row := range []struct {
		name  string
		needs suite.Needs
		host  Host
		want  string
	}{
		{"cores", suite.Needs{Cores: 8}, Host{Cores: 2, Memory: suite.GiB}, "needs 8 cores, this host has 2"},
		{"memory", suite.Needs{Memory: 32 * suite.GiB}, Host{Cores: 2, Memory: 8 * suite.GiB},
			"needs 32 GiB of memory, this host has 8 GiB"},
		{"both", suite.Needs{Cores: 8, Memory: 2 * suite.GiB}, Host{Cores: 1, Memory: suite.GiB},
			"needs 8 cores, this host has 1; needs 2 GiB of memory, this host has 1 GiB"},
		{"not known", suite.Needs{Memory: suite.GiB}, Host{Cores: 1},
			"needs 1 GiB of memory, this host has an unknown amount"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(repeat(6, good)...)
			in.Host, in.Claims[0].Needs = row.host, row.needs
			r := Phase(in)[0]
			assert.Equal(t, Untestable, r.Verdict)
			assert.Equal(t, []string{row.want}, r.Reasons)
			assert.Len(t, r.Measured, 6, "what was measured is told all the same")
		})
	}
	in := input(repeat(6, good)...)
	in.Claims[0].Needs = suite.Needs{Cores: 2, Memory: 4 * suite.GiB}
	assert.Equal(t, Verified, Phase(in)[0].Verdict, "exactly enough is enough")
}

func TestGuards(t *testing.T) {
	for _, row := range []struct {
		name string
		run  shape
		want string // "": the run counts
	}{
		{"a good run", good, ""},
		{"schedule lag just within the limit", shape{lag: 19900 * time.Microsecond}, ""},
		{
			"schedule lag beyond it", shape{lag: 25 * time.Millisecond},
			"schedule lag of the generator: p99 25.0 ms, at most 20 ms (10 % of the p99 bound of 200 ms) allowed",
		},
		{"1 % not released", shape{unreleased: 5}, ""},
		{
			"more not released", shape{unreleased: 50},
			"the load was not offered: 450 of 500 requests were released (90 %, at least 99 % needed)",
		},
		{"not sent for want of a connection: the system's failure", shape{unsent: 250}, ""},
		{"values out of range", shape{outOfRange: 3}, "3 values lay outside what the recorder holds (1µs to 1m0s)"},
		{
			"a slower host afterwards", shape{after: 45 * time.Millisecond},
			"the host changed its speed: a fixed piece of work took 30 ms before and 45 ms after (50 % apart, at " +
				"most 25 % allowed)",
		},
		{
			"a faster host afterwards", shape{before: 45 * time.Millisecond},
			"the host changed its speed: a fixed piece of work took 45 ms before and 30 ms after (50 % apart, at " +
				"most 25 % allowed)",
		},
		{"a host measured only before", shape{after: -1}, "the host's speed was not measured before and after the run"},
		{
			"stolen time", shape{steal: 0.4},
			"the hypervisor took 40 % of the host's processor time (at most 25 % allowed)",
		},
		{"a fault", broken, "store postgres fell over"},
		{"nothing sent for want of a connection: the system's failure", shape{unsent: requests}, ""},
		{"nothing released", shape{unreleased: requests}, "no samples: no request of the measurement window was sent"},
		{"a system that fails every request", shape{failed: requests}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			assert.Equal(t, row.want, strings.Join(Texts(Guards(input(), evidenceOf(row.run))), "; "))
		})
	}
	t.Run("a schedule below the phase's rate", func(t *testing.T) {
		in := input()
		in.Phase.Rate = 200
		assert.Equal(
			t, []string{"the load was not offered: 500 of 999 requests were released (50.1 %, at least 99 % needed)"},
			Texts(Guards(in, evidenceOf(good))),
		)
	})
	t.Run("no schedule lag recorded", func(t *testing.T) {
		e := evidenceOf(good)
		e.Window.ScheduleLag = nil
		assert.Equal(t, []Reason{{Code: LagUnknown}}, Guards(input(), e))
	})
}

func TestTheBoundThatTheScheduleLagIsHeldTo(t *testing.T) {
	claim := func(metric string, ms float64) suite.Claim {
		return suite.Claim{Metric: metric, Op: suite.AtMost, Value: suite.Quantity{Value: ms}}
	}
	for _, row := range []struct {
		name   string
		claims []suite.Claim
		want   time.Duration
	}{
		{
			"the tightest p99, whatever else is claimed",
			[]suite.Claim{claim("p50", 5), claim("p99", 150), claim("p99", 100)}, 100 * time.Millisecond,
		},
		{"without a p99 the tightest percentile", []suite.Claim{claim("p999", 80), claim("p50", 20)},
			20 * time.Millisecond},
		{"without a response time the default", []suite.Claim{claim("errors", 1)}, DefaultBound},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, _ := lagBound(row.claims)
			assert.Equal(t, row.want, got)
		})
	}
}

func TestEveryMetricOfTheSuiteCanBeRead(t *testing.T) {
	read := func(m suite.Metric, e Evidence) bool {
		_, ok := of(suite.Claim{Metric: m.Name, AtCPU: map[bool]suite.Share{true: 0.6}[m.Name == suite.ScaledRate]}, e)
		return ok
	}
	for _, m := range suite.Metrics {
		e := evidenceOf(good)
		e.Usage.Series[0].Points[0].Own = 50 << 20
		e.Usage.Series = append(e.Usage.Series, measure.Series{Role: measure.RoleStore, Known: true, CPU: 1},
			measure.Series{Role: measure.RoleGenerator, Known: true, CPU: 1})
		// that one is of the warm-up
		assert.Equal(t, len(m.From) == 0 && m.Name != suite.TimeToSteady, read(m, e), "%s without a disturbance",
			m.Name)
		e.Values = map[string]float64{m.Name: math.NaN()}
		if m.Name != suite.ScaledRate { // made of others
			assert.False(t, read(m, e), "%s that is not a number", m.Name)
			e.Values[m.Name] = 0
			assert.True(t, read(m, e), "%s of a disturbance", m.Name)
		}
		assert.False(t, read(m, Evidence{Window: &measure.Window{}}), "%s of nothing", m.Name)
		assert.False(t, read(m, Evidence{}), "%s without a window", m.Name)
	}
	for figure := range methods {
		assert.NotEmpty(t, suite.Those(figure), "a method for %s, of which there is no metric", figure)
	}
	_, ok := Value("colour", evidenceOf(good))
	assert.False(t, ok)
}

func TestFairnessIsJainsIndexOverAllWorkers(t *testing.T) {
	for _, row := range []struct {
		name    string
		workers int
		answers []uint64
		want    float64
		ok      bool
	}{
		{"as many each", 4, []uint64{100, 100, 100, 100}, 100, true},
		{"one gave all, the others nothing", 4, []uint64{400}, 25, true},
		{"published example: 100, 200, 300 of three", 3, []uint64{100, 200, 300}, 100 * 600 * 600 / (3 * 140_000.0),
			true},
		{"too few to tell", 4, []uint64{99, 100, 100, 100}, 0, false},
		{"nobody answered", 4, nil, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			e := evidenceOf(good)
			e.Workers, e.Window.Workers = row.workers, nil
			for i, n := range row.answers {
				e.Window.Workers = append(e.Window.Workers,
					measure.Breakdown{Name: fmt.Sprint(i + 1), Succeeded: n - 1, Failed: 1})
			}
			got, ok := Value("jain", e)
			assert.Equal(t, row.ok, ok)
			assert.InDelta(t, row.want, got, 1e-9)
		})
	}
}

func TestARateIsScaledToTheDocumentedProcessorShare(t *testing.T) {
	e := evidenceOf(shape{cpu: 2.5}) // 100 req/s at 50 % of one processor
	claim := suite.Claim{Metric: "rate_at_cpu", AtCPU: 0.6}
	got, ok := of(claim, e)
	assert.True(t, ok)
	assert.InDelta(t, 120, got, 1e-9)
	e.Usage = nil
	_, ok = of(claim, e)
	assert.False(t, ok, "without the processor share")
}

func TestARangeIsTwoClaimsAndSaysWhenItUndersells(t *testing.T) {
	for _, row := range []struct {
		name        string
		low, top    float64
		verdict     Verdict
		understated float64
	}{
		{"within the range", 90, 110, Verified, 0},
		{"above the range", 40, 80, Verified, 1.25},
		{"at its upper end", 40, 100, Verified, 0},
		{"below the range", 110, 120, Refuted, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := input(repeat(6, good)...)
			in.Claims = []suite.Claim{{ID: "B1.rate", Metric: "rate", Op: suite.AtLeast,
				Value: suite.Quantity{Value: row.low, Unit: suite.RequestsPerSecond},
				To:    suite.Quantity{Value: row.top, Unit: suite.RequestsPerSecond}}}
			r := Phase(in)[0]
			assert.Equal(t, row.verdict, r.Verdict)
			assert.InDelta(t, row.understated, r.Understated, 1e-9)
			if row.understated > 0 {
				assert.Contains(
					t, r.Reasons[1],
					"understated: every run lay above the documented range, the median at 1.25 times its upper "+
						"end of 80 req/s",
				)
			}
		})
	}
}

func TestAPhaseIsComparedWithAnotherRunByRun(t *testing.T) {
	over := input(repeat(6, shape{failed: 250})...) // half the goodput
	claim := suite.Claim{
		ID: "B4.scaling", Metric: "rate", Op: suite.AtLeast, Value: suite.Quantity{Value: 2, Unit: suite.Ratio},
		Over: 1,
	}
	judged := func(other Input, runs ...Evidence) Result {
		in := input(runs...)
		in.Phase.Number, in.Claims, in.Over = 2, []suite.Claim{claim}, map[int]Input{1: other}
		return Phase(in)[0]
	}
	r := judged(over, repeat(6, good)...)
	assert.Equal(t, Verified, r.Verdict)
	assert.Equal(t, []float64{2, 2, 2, 2, 2, 2}, r.Measured)
	assert.Equal(t, suite.Ratio, r.Unit)

	assert.Equal(t, Refuted, judged(over, repeat(6, shape{failed: 10})...).Verdict)
	assert.Equal(t, Invalid, judged(input(), repeat(6, good)...).Verdict, "nothing to compare with")
	assert.Equal(t, Invalid, judged(input(repeat(6, broken)...), repeat(6, good)...).Verdict,
		"nothing that counts to compare with")
}

func TestAPhaseThatAHostCannotTestIsKnownBeforehand(t *testing.T) {
	in := input()
	assert.False(t, Lacking(in))
	in.Claims[0].Needs.Cores = 64
	assert.False(t, Lacking(in), "other claims can be tested")
	for i := range in.Claims {
		in.Claims[i].Needs.Cores = 64
	}
	assert.True(t, Lacking(in))
	in.Claims = nil
	assert.False(t, Lacking(in))
}

func TestValues(t *testing.T) {
	for _, row := range []struct {
		metric string
		run    shape
		want   float64
	}{
		{"rate", shape{completed: 400}, 80},
		{"p50", good, 10},
		{"p99", shape{slow: 6}, 1000},
		{"p99", shape{slow: 5}, 10},
		{"p99", shape{unsent: 6}, 60_000},
		{"p50", shape{unsent: requests}, 60_000},
		{"p90", shape{unsent: 6}, 10},
		{"p90", shape{slow: 20, unsent: 30}, 10},
		{"p90", shape{slow: 30, unsent: 30}, 1000},
		{"p999", shape{unsent: 1}, 60_000},
		{"errors", shape{failed: 10, unsent: 15}, 5},
		{"memory", shape{rssMiB: 42}, 42},
		{"cpu", shape{cpu: 3}, 60},
	} {
		got, ok := Value(row.metric, evidenceOf(row.run))
		require.True(t, ok)
		assert.InEpsilon(t, row.want, got, 0.001, "%s of %+v", row.metric, row.run)
	}
}

func TestHeadroom(t *testing.T) {
	claim := func(op suite.Op, bound float64) suite.Claim {
		return suite.Claim{Op: op, Value: suite.Quantity{Value: bound}}
	}
	for _, row := range []struct {
		name     string
		claim    suite.Claim
		measured []float64
		want     float64
	}{
		{"half of what is allowed", claim(suite.AtMost, 100), []float64{50}, 2},
		{"twice what is asked", claim(suite.AtLeast, 100), []float64{200}, 2},
		{"nothing measured", claim(suite.AtLeast, 100), nil, 0},
		{"no errors at all", claim(suite.AtMost, 0.1), []float64{0, 0}, MaxHeadroom},
		{"nothing allowed, nothing seen", claim(suite.AtMost, 0), []float64{0}, MaxHeadroom},
		{"nothing allowed, something seen", claim(suite.AtMost, 0), []float64{1}, 0},
		{"nothing done of what is asked", claim(suite.AtLeast, 100), []float64{0}, 0},
	} {
		t.Run(row.name, func(t *testing.T) { assert.InDelta(t, row.want, headroom(row.claim, row.measured), 1e-12) })
	}
}

func TestAClaimThatCannotBeTestedIsProjectedFromTheSameWork(t *testing.T) {
	like := input(repeat(6, shape{cpu: 2.5})...) // 100 req/s of one worker at 50 %: 5 ms per request
	claim := func(metric string, op suite.Op, v float64, u suite.Unit) suite.Claim {
		return suite.Claim{
			ID: "B4." + metric, Metric: metric, Op: op, Value: suite.Quantity{Value: v, Unit: u},
			Needs: suite.Needs{Cores: 5},
		}
	}
	rate := claim("rate_at_cpu", suite.AtLeast, 300, suite.RequestsPerSecond)
	rate.AtCPU = 0.7
	scaling := rate
	scaling.Over, scaling.Value = 11, suite.Quantity{Value: 3, Unit: suite.Ratio}
	for _, row := range []struct {
		name  string
		claim suite.Claim
		want  float64
		met   bool
	}{
		{"0.7 x 4 / 5 ms", rate, 560, true},
		{"of four workers over one", scaling, 4, true},
		{"400 x 5 ms / 4", claim("cpu", suite.AtMost, 40, suite.Percent), 50, false},
		{"as much memory", claim("memory", suite.AtMost, 512, suite.Mebibytes), 100, true},
		{"M/M/4 at 50 %", claim("p99", suite.AtMost, 150, suite.Milliseconds), 23.82, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := Input{
				Phase: suite.Phase{Number: 14, Workers: 4, Rate: 400}, Claims: []suite.Claim{row.claim},
				Host: Host{Cores: 2}, Like: &like,
			}
			r := Phase(in)[0]
			assert.Equal(t, Untestable, r.Verdict)
			require.NotNil(t, r.Projection)
			assert.InDelta(t, row.want, r.Projection.Value, 0.1)
			assert.Equal(t, row.met, r.Projection.Met)
			assert.LessOrEqual(t, r.Projection.Low, r.Projection.Value)
			assert.GreaterOrEqual(t, r.Projection.High, r.Projection.Value)
			assert.Contains(t, r.Reasons[1], "projected")
			assert.Empty(t, r.Measured)
		})
	}
	none := Input{
		Phase:  suite.Phase{Number: 14, Workers: 4, Rate: 400},
		Claims: []suite.Claim{claim("errors", suite.AtMost, 1, suite.Percent)}, Host: Host{Cores: 2}, Like: &like,
	}
	assert.Nil(t, Phase(none)[0].Projection, "no model for errors")
	like.Runs = repeat(6, broken)
	none.Claims = []suite.Claim{rate}
	assert.Nil(t, Phase(none)[0].Projection, "nothing that counts to project from")
}

func TestALateGeneratorExcusesASystemByItsDelayAndNoMore(t *testing.T) {
	late := 30 * time.Millisecond // the bound of 200 ms allows 20
	for _, row := range []struct {
		name string
		runs shape
		want string // rate, p99, errors, memory
	}{
		{"all bounds met", shape{lag: late}, "verified verified verified verified"},
		{"answers of 225 ms: 195 with the delay taken off", shape{lag: late, response: 225 * time.Millisecond},
			"verified invalid verified verified"},
		{"answers of 260 ms", shape{lag: late, response: 260 * time.Millisecond},
			"verified refuted verified verified"},
		{"nearly the rate: within the delay", shape{lag: late, completed: 493},
			"invalid verified verified verified"},
		{"half the rate", shape{lag: late, completed: 250}, "refuted verified verified verified"},
		{"too much memory", shape{lag: late, rssMiB: 600}, "verified verified verified refuted"},
		{
			"half the rate, and a store that fell over",
			shape{lag: late, completed: 250, faults: []string{"a store fell over"}},
			"invalid invalid invalid invalid",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			for _, r := range Phase(input(repeat(6, row.runs)...)) {
				got = append(got, r.Verdict.String())
			}
			assert.Equal(t, row.want, strings.Join(got, " "))
		})
	}
}
