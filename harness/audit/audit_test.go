package audit

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// guide is the built-in suite, which holds the guide's phases, its benchmark table and its advice.
func guide() Input { return FromSuite(suite.Builtin()) }

func check(t *testing.T, in Input) Report {
	t.Helper()
	r, err := Check(in)
	require.NoError(t, err)
	for _, rel := range r.Relations {
		assert.NotEmpty(t, rel.Outcome, rel.ID)
		assert.NotEmpty(t, rel.Says, rel.ID)
		assert.NotEmpty(t, rel.Law, rel.ID)
		if rel.Outcome == OnlyIf {
			assert.NotEmpty(t, rel.Conditions, rel.ID)
		}
		_, err := json.Marshal(rel)
		assert.NoError(t, err, rel.ID)
	}
	return r
}

func relation(t *testing.T, r Report, id string) Relation {
	t.Helper()
	rel, ok := r.Relation(id)
	if !ok {
		var all []string
		for _, rel := range r.Relations {
			all = append(all, rel.ID)
		}
		require.Fail(t, "no relation "+id, "there are %s", strings.Join(all, "; "))
	}
	return rel
}

func figure(t *testing.T, rel Relation, name string) Range {
	t.Helper()
	v, ok := rel.Figure(name)
	require.True(t, ok, "%s has no figure %q: %+v", rel.ID, name, rel.Figures)
	return v
}

func within(t *testing.T, low, high float64, got Range, delta float64) {
	t.Helper()
	assert.InDelta(t, low, got.Low, delta)
	assert.InDelta(t, high, got.High, delta)
}

func TestWorkPerRequestOfTheGuide(t *testing.T) {
	rel := relation(t, check(t, guide()), "demand/B1+B4+B8")
	assert.Equal(t, Consistent, rel.Outcome)
	within(t, 6.0, 8.0, figure(t, rel, "demand of B1"), 1e-9)
	within(t, 7.0, 9.3333333, figure(t, rel, "demand of B4"), 1e-6)
	within(t, 7.5, 10, figure(t, rel, "demand of B8"), 1e-9)
	within(t, 7.5, 8, figure(t, rel, "common demand"), 1e-9)
	within(t, 6, 10, figure(t, rel, "demand"), 1e-9)
	assert.Contains(t, rel.Says, "B1 6–8 ms, B4 7–9.3 ms and B8 7.5–10 ms")
	assert.Len(t, rel.Sources, 3)
}

func TestScalingOfTheGuide(t *testing.T) {
	r := check(t, guide())
	rows := relation(t, r, "scaling/B1+B4+B8")
	assert.Equal(t, Consistent, rows.Outcome)
	assert.InDelta(t, 0, figure(t, rows, "fitted sigma").High, 1e-3)
	assert.InDelta(t, 0, figure(t, rows, "fitted kappa").High, 1e-5)
	within(t, 0, (8.0/6-1)/7, figure(t, rows, "sigma"), 1e-9)
	assert.Contains(t, rows.Says, "linear")
	assert.Contains(t, strings.Join(rows.Conditions, ""), "weak: 3 points")

	phases := relation(t, r, "scaling/phase 1+phase 2+phase 3+phase 4")
	assert.Equal(t, OnlyIf, phases.Outcome, "5,000 of 8 workers is more than 8 times 100 of one")
	within(t, 6.25, 6.25, figure(t, phases, "per worker"), 1e-9)
}

func TestPhaseFourOfTheGuide(t *testing.T) {
	rel := relation(t, check(t, guide()), "capacity/phase 4")
	assert.Equal(t, OnlyIf, rel.Outcome)
	within(t, 600, 800, figure(t, rel, "rate given"), 1e-9)
	within(t, 6.25, 8.3333333, figure(t, rel, "factor"), 1e-6)
	assert.Contains(t, rel.Says, "a factor of 6.3–8.3")
	within(t, 35, 35, figure(t, rel, "busy cores at the known work"), 1e-9)
	within(t, 37.5, 50, figure(t, rel, "busy cores"), 1e-9)
	within(t, 1.2, 1.2, figure(t, rel, "demand allowed"), 1e-9)
	within(t, 7, 9, figure(t, rel, "clusters"), 1e-9)
	all := strings.Join(rel.Conditions, "\n")
	assert.Contains(t, all, "at most 1.2 ms, at 75 % of 8 cores")
	assert.Contains(t, all, "5 of 6")
	assert.Contains(t, all, "in its workload 85 % can be")
	assert.Contains(t, all, "7–9 such clusters, or regions")
	assert.Contains(t, rel.Sources, "guide.md#phase-4-enterprise-mode")
	assert.Contains(t, rel.Sources, "guide.md#cluster-mode-8-workers")
}

func TestPhaseThreeOfTheGuide(t *testing.T) {
	rel := relation(t, check(t, guide()), "capacity/phase 3")
	assert.Equal(t, OnlyIf, rel.Outcome)
	within(t, 450, 600, figure(t, rel, "rate given"), 1e-9)
	within(t, 0.40, 0.55, figure(t, rel, "cache hits"), 1e-9)
	assert.Contains(t, strings.Join(rel.Conditions, "\n"), "a cache answers 40–55 % of the requests")
	assert.Equal(t, []string{"phase 3", "B4", "B8"}, rel.Between)
}

func TestPhasesThatAgreeWithTheTable(t *testing.T) {
	r := check(t, guide())
	for _, id := range []string{"capacity/phase 1", "capacity/phase 2", "p99/B1", "p99/B4", "p99/B8"} {
		assert.Equal(t, Consistent, relation(t, r, id).Outcome, id)
	}
	// M/M/1 at 60 % and 8 ms: the response time is exponential with mean 8/(1-0.6) = 20 ms.
	assert.InEpsilon(t, 20*math.Log(100), figure(t, relation(t, r, "p99/B1"), "p99 of M/M/c").High, 1e-6)
}

func TestMemoryOfTheGuide(t *testing.T) {
	r := check(t, guide())
	four := relation(t, r, "memory/phase 2+B4")
	assert.Equal(t, OnlyIf, four.Outcome)
	within(t, 4, 4, figure(t, four, "factor"), 1e-9)
	assert.Contains(t, four.Conditions[0], "8 GiB of phase 2 are a limit and the 2 GiB of B4 are use")
	within(t, 16, 16, figure(t, relation(t, r, "memory/phase 4+B8"), "factor"), 1e-9)
	assert.Equal(t, Consistent, relation(t, r, "memory/phase 1+B1").Outcome)
	within(t, 512, 512, figure(t, relation(t, r, "memory per worker/B1+B4+B8"), "memory per worker"), 1e-9)

	advice := relation(t, r, "advice/memory-constrained")
	assert.Equal(t, OnlyIf, advice.Outcome)
	within(t, 16384, 16384, figure(t, advice, "default total"), 1e-9)
	within(t, 4, 4, figure(t, advice, "factor"), 1e-9)
	assert.Contains(t, advice.Conditions[0], "a worker stays below 1 GiB")
	assert.Contains(t, advice.Conditions[0], "B4 states 2 GiB in total")
}

func TestLawsOfFlowOfTheGuide(t *testing.T) {
	r := check(t, guide())
	four := relation(t, r, "connections/phase 4")
	assert.Equal(t, OnlyIf, four.Outcome)
	within(t, 500, 500, figure(t, four, "requests in the system at the p99"), 1e-9)
	within(t, 51.2, 51.2, figure(t, four, "mean response at most"), 1e-9)
	assert.Equal(t, Consistent, relation(t, r, "connections/phase 2").Outcome)
	within(t, 100, 100, figure(t, relation(t, r, "writes/phase 4"), "durable writes"), 1e-9)
	_, ok := r.Relation("writes/phase 2")
	assert.False(t, ok, "phase 2 has no database")
}

// other is a suite of someone else: no benchmark table, a claim on processor time.
const other = `version: 1
name: other
title: A shop
source: shop.md
plan:
  runs: 6
  warmup: 1 s
  duration: 5 s
  timeout: 5 s
  seed: 1
  connections: 64
  arrivals: constant
  validity: {schedule_lag: 10 %, offered: 99 %, host_noise: 50 %}
dataset: {accounts: 1000, transactions: 1000}
workloads:
  - name: shop
    kind: platform
    mix: {account: 90 %, transfer: 10 %}
phases:
  - {phase: 1, name: small, source: shop.md#small, cluster: true, workers: 2, memory: 1 GiB, stores: [], rate: 200 req/s, workload: shop}
  - {phase: 2, name: large, source: shop.md#large, cluster: true, workers: 4, memory: 1 GiB, stores: [], rate: 1000 req/s, workload: shop}
claims:
  - {id: small.rate, phase: 1, source: shop.md#small, metric: rate, op: ">=", value: 200 req/s}
  - {id: small.cpu, phase: 1, source: shop.md#small, metric: cpu, op: "<=", value: 50 %}
  - {id: small.p99, phase: 1, source: shop.md#small, metric: p99, op: "<=", value: 400 ms}
  - {id: large.rate, phase: 2, source: shop.md#large, metric: rate, op: ">=", value: 1000 req/s}
  - {id: large.cpu, phase: 2, source: shop.md#large, metric: cpu, op: "<=", value: 80 %}
`

func TestAnotherSuite(t *testing.T) {
	s, err := suite.Parse("other.yaml", []byte(other))
	require.NoError(t, err)
	r := check(t, FromSuite(s))
	work := relation(t, r, "demand/phase 1+phase 2")
	within(t, 0, 5, figure(t, work, "demand of phase 1"), 1e-9) // at most 50 % of 2 cores at 200/s
	within(t, 0, 3.2, figure(t, work, "demand of phase 2"), 1e-9)
	assert.Equal(t, Consistent, work.Outcome)

	// The same work on twice the workers cannot give five times the throughput.
	scaling := relation(t, r, "scaling/phase 1+phase 2")
	assert.Equal(t, Contradictory, scaling.Outcome)
	within(t, 2.5, 2.5, figure(t, scaling, "per worker"), 1e-9)
	assert.Equal(t, 1, r.Count(Contradictory))

	little := relation(t, r, "connections/phase 1")
	assert.Equal(t, OnlyIf, little.Outcome, "200/s x 400 ms = 80 > 64")
}

func TestContradictions(t *testing.T) {
	row := func(id string, workers int, low, high, busy float64) Configuration {
		return Configuration{
			ID: id, Group: "table", Workers: workers, Rate: Range{low, high}, Utilization: Exactly(busy),
			Cores: workers,
		}
	}
	for _, c := range []struct {
		name string
		in   Input
		id   string
		want Outcome
	}{
		{
			"no work per request fits both rows",
			Input{Configurations: []Configuration{row("A", 1, 100, 100, 0.5), row("B", 4, 300, 300, 0.9)}},
			"demand/A+B", Contradictory,
		},
		{"same requests, more than the row gives", Input{Configurations: []Configuration{row("A", 4, 300, 400, 0.7),
			{ID: "X", Group: "list", Workers: 4, Rate: Exactly(900)}}}, "capacity/X", Contradictory},
		{"other requests, more than the row gives", Input{Configurations: []Configuration{row("A", 4, 300, 400, 0.7),
			{ID: "X", Group: "list", Workers: 4, Rate: Exactly(900), Work: "lighter"}}}, "capacity/X", OnlyIf},
		{"in proportion beyond the table", Input{Configurations: []Configuration{row("A", 4, 300, 400, 0.7),
			{ID: "X", Group: "list", Workers: 8, Rate: Exactly(700)}}}, "capacity/X", Consistent},
		{"p99 below the mean work", Input{Configurations: []Configuration{
			{ID: "A", Workers: 1, Rate: Exactly(10), Utilization: Exactly(0.5), Cores: 1, P99: 10 * time.Millisecond},
		}}, "p99/A", Contradictory},
		{"p99 below that of the queue", Input{Configurations: []Configuration{
			{ID: "A", Workers: 1, Rate: Exactly(10), Utilization: Exactly(0.5), Cores: 1, P99: 100 * time.Millisecond},
		}}, "p99/A", OnlyIf},
		{"use beyond the limit", Input{Configurations: []Configuration{
			{ID: "A", Group: "a", Workers: 2, Memory: Memory{Total: 8 * suite.GiB, Meaning: Use}},
			{ID: "B", Group: "b", Workers: 2, Memory: Memory{PerWorker: 1 * suite.GiB, Meaning: Limit}}}}, "memory/A+B",
			Contradictory},
		{"limit above the use", Input{Configurations: []Configuration{
			{ID: "A", Group: "a", Workers: 2, Memory: Memory{Total: 1 * suite.GiB, Meaning: Use}},
			{ID: "B", Group: "b", Workers: 2, Memory: Memory{PerWorker: 1 * suite.GiB, Meaning: Limit}}}}, "memory/B+A",
			Consistent},
		{"two limits", Input{Configurations: []Configuration{
			{ID: "A", Group: "a", Workers: 2, Memory: Memory{Total: 1 * suite.GiB, Meaning: Limit}},
			{ID: "B", Group: "b", Workers: 2, Memory: Memory{PerWorker: 1 * suite.GiB, Meaning: Limit}}}}, "memory/B+A",
			Contradictory},
		{
			"advice that the default fits",
			Input{Advice: []Advice{{ID: "A", Source: "x", Least: 4 * suite.GiB, Workers: 4, PerWorker: suite.GiB}}},
			"advice/A", Consistent,
		},
	} {
		assert.Equal(t, c.want, relation(t, check(t, c.in), c.id).Outcome, c.name)
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		c    Configuration
		want string
	}{
		{Configuration{Workers: 1}, "ID"},
		{Configuration{ID: "A"}, "workers 0"},
		{Configuration{ID: "A", Workers: 1, Rate: Range{2, 1}}, "rate 2 to 1"},
		{Configuration{ID: "A", Workers: 1, Rate: Range{1, math.NaN()}}, "rate 1 to NaN"},
		{Configuration{ID: "A", Workers: 1, Utilization: Exactly(60)}, "utilization 60 to 60"},
		{Configuration{ID: "A", Workers: 1, P99: -1}, "negative"},
	} {
		_, err := Check(Input{Configurations: []Configuration{c.c}})
		assert.ErrorContains(t, err, c.want)
	}
}

func TestNothingToSay(t *testing.T) {
	r := check(t, Input{})
	assert.Empty(t, r.Relations)
	data, err := json.Marshal(r)
	require.NoError(t, err)
	assert.JSONEq(t, `{"relations": []}`, string(data))
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0.0", 6.25: "6.3", 8.3333: "8.3", 0.25: "0.3"} {
		assert.Equal(t, want, tenth(v), v)
	}
	for v, want := range map[float64]string{
		0: "0", 1.2: "1.2", 5000: "5,000", 1234567: "1,234,567", 0.0476: "0.0476", 37.5: "37.5", 999.6: "1,000",
		50: "50", 512: "512",
	} {
		assert.Equal(t, want, digits(v), v)
	}
	for v, want := range map[float64]string{9.3333: "9.3", 7.5: "7.5", 10: "10", 512: "512", 0.0476: "0.048"} {
		assert.Equal(t, want, two(v), v)
	}
}
