package bench

import (
	"crypto/rand"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl"
	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/cmd/wiring"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) {
	clusterimpl.Hook()
	fixtures.Hook()
	os.Exit(m.Run())
}

// BenchmarkPhase makes one independent run of each phase for every iteration: -benchtime=6x makes six.
// NAMEPLATE_STORES chooses the stores, as it does for the command.
func BenchmarkPhase(b *testing.B) {
	for _, phase := range suite.Builtin().Phases {
		if phase.Group == suite.GroupBehaviour {
			continue // judged by counts, not by figures
		}
		b.Run(fmt.Sprintf("phase=%d/workers=%d/rate=%.0f", phase.Number, phase.Workers, float64(phase.Rate)), func(b *testing.B) {
			for b.Loop() {
				report(b, one(b, phase.Number, os.Getenv("NAMEPLATE_STORES")))
			}
		})
	}
}

// one makes one run of a phase on stores of some kind.
func one(b *testing.B, phase int, want string) archive.Trial {
	b.Helper()
	runs, duration := 1, 2*time.Second
	if testing.Short() {
		duration = time.Second
	}
	s, err := suite.Builtin().With(suite.Override{Runs: &runs, Duration: &duration, Phases: []int{phase}})
	require.NoError(b, err)
	r, err := run.Verify(b.Context(), run.Config{
		Suite: s, Ref: archive.SuiteRef{Name: s.Name, File: "built-in", YAML: suite.BuiltinYAML()},
		Options: archive.Options{
			Runs: runs, Duration: duration, Warmup: s.Plan.Warmup, RateScale: 1, Seed: s.Plan.Seed, Phases: []int{phase}, Stores: want,
		},
		Host: probe.HostInfo(), System: wiring.Reference{}, Workload: wiring.Platform{}, Stores: wiring.Stores{Want: want},
		Out: b.TempDir(), ID: archive.NewID(time.Now(), rand.Reader), Now: time.Now, Spin: probe.Spin,
	})
	require.NoError(b, err)
	if len(r.Phases[0].Trials) == 0 {
		b.Skip(r.Notes)
	}
	return r.Phases[0].Trials[0]
}

// report gives the figures of a run in the units that benchstat knows.
func report(b *testing.B, t archive.Trial) {
	w := t.Window
	b.ReportMetric(0, "ns/op") // an iteration's length is chosen, not measured
	b.ReportMetric(w.Goodput(), "req/s")
	for unit, q := range map[string]float64{"p50-ns": 0.5, "p99-ns": 0.99} {
		value, ok := w.Response.Quantile(q)
		require.True(b, ok, "no request was answered")
		b.ReportMetric(float64(value), unit)
	}
	if cpu, ok := t.Usage.CPUOf(measure.RoleWorker); ok && w.Sent > 0 {
		b.ReportMetric(cpu*1e9/float64(w.Sent), "cpu-ns/req")
	}
	if cpu, ok := t.Usage.CPUOf(measure.RoleStore); ok && w.Sent > 0 {
		b.ReportMetric(cpu*1e9/float64(w.Sent), "store-cpu-ns/req")
	}
	if memory, ok := judge.Value("memory", judge.Evidence{Window: w, Usage: t.Usage}); ok {
		b.ReportMetric(memory*float64(suite.MiB), "B-rss/worker")
	}
}
