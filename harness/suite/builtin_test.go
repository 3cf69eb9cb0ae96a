package suite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTheBuiltInSuiteHoldsTheDocumentedCapacityOfTheFourPhases(t *testing.T) {
	s := Builtin()
	both := []Store{Postgres, Redis}
	for i, want := range []struct {
		cluster bool
		workers int
		memory  Size
		stores  []Store
		rate    Rate
		p99     float64
	}{
		{false, 1, 512 * MiB, nil, 100, 200},
		{true, 4, 2 * GiB, nil, 300, 150},
		{true, 6, 4 * GiB, both, 1000, 150},
		{true, 8, 8 * GiB, both, 5000, 100},
	} {
		p := s.Phases[i]
		assert.Equal(t, i+1, p.Number)
		assert.Equal(t, want.cluster, p.Cluster)
		assert.Equal(t, want.workers, p.Workers)
		assert.Equal(t, want.memory, p.Memory)
		assert.Equal(t, want.stores, p.Stores)
		assert.Equal(t, want.rate, p.Rate)
		id := fmt.Sprintf("P%d", i+1)
		claims := s.ClaimsOf(p.Number)
		if assert.Len(t, claims, 4) {
			assertClaim(t, claims[0], id+".rate", "rate", Quantity{float64(want.rate), RequestsPerSecond}, 0.01)
			assertClaim(t, claims[1], id+".p99", "p99", Quantity{want.p99, Milliseconds}, 0)
			assertClaim(t, claims[2], id+".errors", "errors", Quantity{0.1, Percent}, 0)
			assertClaim(t, claims[3], id+".memory", "memory", Quantity{float64(want.memory / MiB), Mebibytes}, 0)
		}
	}
	phases, err := s.With(Override{Groups: []Group{GroupPhases}})
	assert.NoError(t, err)
	assert.Len(t, phases.Phases, 4)
	assert.Len(t, phases.Claims, 16)
}

func assertClaim(t *testing.T, c Claim, id, metric string, value Quantity, tolerance Share) {
	t.Helper()
	m, _ := MetricByName(metric)
	assert.Equal(t, id, c.ID)
	assert.Equal(t, metric, c.Metric)
	assert.Equal(t, m.Op, c.Op)
	assert.Equal(t, value, c.Value)
	assert.Equal(t, tolerance, c.Tolerance)
	assert.NotEqual(t, c.Source == "", c.Derived == "", "%s has a source or a reason", id)
}

func TestTheBuiltInPlanFitsAFewMinutes(t *testing.T) {
	s, err := Builtin().With(Override{Groups: []Group{GroupPhases}})
	assert.NoError(t, err)
	assert.Equal(t, Plan{
		Runs: 6, Warmup: Warmup{1500 * time.Millisecond, 30 * time.Second}, Duration: 5 * time.Second,
		Timeout: 10 * time.Second, Seed: 1, Connections: 256, Arrivals: ArrivalsConstant,
		Validity: Validity{ScheduleLag: 0.1, Offered: 0.99, HostNoise: 0.5},
	}, s.Plan)
	assert.Equal(t, Dataset{Accounts: 10_000, Transactions: 100_000}, s.Dataset)
	load := time.Duration(len(s.Phases)*s.Plan.Runs) * (s.Plan.Warmup.Least + s.Plan.Duration)
	assert.Less(t, load, 4*time.Minute)
}

func TestTheBuiltInWorkloadsSuitTheirPhases(t *testing.T) {
	s := Builtin()
	share := func(phase int, operation string) Share {
		p, _ := s.Phase(phase)
		w, _ := s.Workload(p.Workload)
		for _, item := range w.Mix {
			if item.Operation == operation {
				return item.Share
			}
		}
		return 0
	}
	for _, operation := range Operations {
		assert.Positive(t, share(1, operation), "phase 1 asks for %s", operation)
	}
	assert.Zero(t, share(2, "session"), "sessions in memory do not cross workers")
	assert.GreaterOrEqual(t, float64(share(4, "account")+share(4, "session")), 5.0/6,
		"a cache can answer five of six requests")
}

func TestTheBuiltInSuiteIsHandedOutAsACopy(t *testing.T) {
	text := BuiltinYAML()
	text[0] = 'x'
	assert.NotEqual(t, text[0], BuiltinYAML()[0])
	first, _, _ := strings.Cut(string(BuiltinYAML()), "\n")
	assert.Equal(t, "# yaml-language-server: $schema="+SchemaURL, first)
}

func TestTheBuiltInSuiteHoldsTheBenchmarkTable(t *testing.T) {
	s, err := Builtin().With(Override{Groups: []Group{GroupBenchmarks}})
	assert.NoError(t, err)
	for i, want := range []struct {
		workers  int
		low, top float64
		p99, cpu float64
	}{{1, 75, 100, 200, 60}, {4, 300, 400, 150, 70}, {8, 600, 800, 100, 75}} {
		p := s.Phases[i]
		assert.Equal(t, want.workers, p.Workers)
		claims := s.ClaimsOf(p.Number)
		assert.Equal(t, Quantity{want.low, RequestsPerSecond}, claims[0].Value)
		assert.Equal(t, Quantity{want.top, RequestsPerSecond}, claims[0].To)
		assert.InDelta(t, want.cpu, 100*float64(claims[0].AtCPU), 1e-9)
		assert.Equal(t, Quantity{want.p99, Milliseconds}, claims[1].Value)
		assert.Equal(t, Quantity{want.cpu, Percent}, claims[2].Value)
		assert.Equal(t, want.workers+1, claims[0].Needs.Cores)

		// Utilization law: the documented rates at the documented share leave room for
		// the work that the calibrated request does, or say that they do not.
		w, _ := s.Workload(p.Workload)
		atShare := want.cpu / 100 * float64(want.workers) / w.CPU.Seconds()
		assert.GreaterOrEqual(t, atShare, want.low)
	}
}

func TestTheBuiltInSuiteHoldsThePromisedBehaviour(t *testing.T) {
	s, err := Builtin().With(Override{Groups: []Group{GroupBehaviour}})
	assert.NoError(t, err)
	promises := map[string]bool{}
	for _, c := range s.Claims {
		promise, _, _ := strings.Cut(c.ID, ".")
		promises[promise] = true
	}
	for _, promise := range []string{"H1", "S1", "S2", "S3", "S4", "S5", "S8"} {
		assert.True(t, promises[promise], promise)
	}
}
