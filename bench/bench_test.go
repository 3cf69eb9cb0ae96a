package bench

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/reference"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/stats"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestMain(m *testing.M) {
	reference.Hook()
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" {
		archive.WriteBenchHead(os.Stdout, probe.HostInfo())
	}
	goleak.VerifyTestMain(m)
}

// BenchmarkPhase makes one independent run of each phase for every iteration and reports their
// medians: -count 6 -benchtime 1x gives benchstat six runs. NAMEPLATE_STORES chooses the stores,
// as it does for the command.
func BenchmarkPhase(b *testing.B) {
	for _, phase := range suite.Builtin().Phases {
		if phase.Group == suite.GroupBehaviour {
			continue // judged by counts, not by figures
		}
		b.Run(fmt.Sprintf("phase=%d/workers=%d/rate=%.0f", phase.Number, phase.Workers, float64(phase.Rate)),
			func(b *testing.B) {
				repeat(b, phase.Number, os.Getenv("NAMEPLATE_STORES"))
			})
	}
}

// repeat makes a short run of a phase for every iteration.
func repeat(b *testing.B, phase int, stores string) {
	runs, warmup, duration := 1, time.Second, 2*time.Second
	if testing.Short() {
		warmup, duration = 500*time.Millisecond, time.Second
	}
	repeatAs(b, stores, suite.Override{
		Runs: &runs, Warmup: new(suite.FixedWarmup(warmup)), Duration: &duration, Phases: []int{phase},
	})
}

// repeatAs makes the one run of the one phase that is left of the built-in suite, for every iteration.
func repeatAs(b *testing.B, stores string, with suite.Override) {
	values := map[string][]float64{}
	for b.Loop() {
		p := measured(b, stores, with, nil)
		if len(p.Trials) == 0 {
			b.Skip("this host does not have what the phase needs")
		}
		settings(b, p)
		for _, f := range p.BenchFigures(p.Trials[0]) {
			values[f.Unit] = append(values[f.Unit], f.Value)
		}
	}
	b.ReportMetric(0, "ns/op") // an iteration's length is chosen, not measured
	for unit, all := range values {
		b.ReportMetric(stats.Median(all), unit)
	}
}

// measured measures a phase of the built-in suite on stores of some kind.
func measured(b *testing.B, want string, with suite.Override, observe func(run.Event)) archive.Phase {
	b.Helper()
	s := suite.Builtin()
	config, err := run.Prepare(s, run.Options{
		Ref: archive.RefOf(s, "built-in", suite.BuiltinYAML()), Override: with,
		Parts: reference.Setup{Stores: want}.Parts, Out: b.TempDir(), Observe: observe,
		Archived: archive.Options{Stores: want},
	})
	require.NoError(b, err)
	r, err := run.Verify(b.Context(), config)
	require.NoError(b, err)
	return r.Phases[0]
}

// told are the settings that were printed before each benchmark.
var told = map[string]string{}

// settings prints what the stores of a benchmark run on, as configuration lines before its
// first result. They cannot change later: the name of the next result is printed already.
func settings(b *testing.B, p archive.Phase) {
	b.Helper()
	var now strings.Builder
	archive.WriteBenchStores(&now, p)
	before, again := told[b.Name()]
	if !again {
		told[b.Name()] = now.String()
		fmt.Print(now.String())
		return
	}
	require.Equal(b, before, now.String(), "the stores have changed between runs; name a provider in NAMEPLATE_STORES")
}
