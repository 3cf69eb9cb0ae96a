package bench

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/cmd/wiring"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/probe"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// guardWindow is the window of each run that the guards are tried on.
const guardWindow = 3 * time.Second

// BenchmarkHostGuards says how often the guards on the host err: it makes short runs of the reference
// cluster, and in a seeded half of them a busy process takes a core for half of the window. It
// reports the share of the other runs that were excluded and the share of the disturbed runs that
// were caught. Run it on a quiet host, e.g. with -bench 'HostGuards/provider=local/phase=3' -benchtime 40x.
func BenchmarkHostGuards(b *testing.B) {
	if testing.Short() {
		b.Skip("-short: error rates take many runs")
	}
	offers := fixtures.Offers(b.Context(), nil)
	for _, provider := range []string{fixtures.Local, fixtures.Containers, fixtures.Embedded, fixtures.External} {
		for _, phase := range []int{2, 3, 4} {
			b.Run(fmt.Sprintf("provider=%s/phase=%d", provider, phase), func(b *testing.B) {
				for _, o := range offers {
					if o.Provider == provider && o.Reason != "" {
						b.Skipf("%s: %s", o.Kind, o.Reason)
					}
				}
				guards(b, provider, phase)
			})
		}
	}
}

// guards makes b.N runs of a phase.
func guards(b *testing.B, provider string, phase int) {
	runs, warmup, duration := b.N, time.Second, guardWindow
	fixed := suite.FixedWarmup(warmup)
	s, err := suite.Builtin().With(suite.Override{Runs: &runs, Warmup: &fixed, Duration: &duration, Phases: []int{phase}})
	require.NoError(b, err)
	d := &disturber{tb: b, r: mathrand.New(mathrand.NewPCG(s.Plan.Seed, uint64(phase))), disturbed: map[int]bool{}}
	defer d.end()
	r, err := run.Verify(b.Context(), run.Config{
		Suite: s, Ref: archive.SuiteRef{Name: s.Name, File: "built-in", YAML: suite.BuiltinYAML()},
		Options: archive.Options{
			Runs: runs, Duration: duration, Warmup: warmup, RateScale: 1, Seed: s.Plan.Seed, Phases: []int{phase}, Stores: provider,
		},
		Host: probe.HostInfo(), System: wiring.Reference{}, Workload: wiring.Platform{}, Stores: wiring.Stores{Want: provider},
		Out: b.TempDir(), ID: archive.NewID(time.Now(), rand.Reader), Now: time.Now, Spin: probe.Spin, Settle: probe.Settle,
		Observe: d.observe,
	})
	require.NoError(b, err)
	var count, excluded [2]float64 // of quiet and of disturbed runs
	for _, t := range r.Phases[0].Trials {
		side := 0
		if d.disturbed[t.Number] {
			side = 1
		}
		count[side]++
		reasons := judge.HostDisturbed(judge.Input{Phase: s.Phases[0], Validity: s.Plan.Validity}, judge.Evidence{Window: t.Window, Noise: t.Noise, Usage: t.Usage})
		if len(reasons) > 0 {
			excluded[side]++
		}
		if os.Getenv("NAMEPLATE_GUARDS") != "" { // each run's figures, for a closer look
			o := t.Usage.Others
			fmt.Printf("# %s run=%d disturbed=%d excluded=%d took=%.3f stolen=%.3f pressure=%.3f spins=%v,%v idle=%v,%v waited=%v\n", b.Name(), t.Number, side,
				len(reasons), o.Taken*o.Cores, o.Stolen*o.Cores, o.Pressure, t.Noise.SpinBefore, t.Noise.SpinAfter,
				t.Noise.QuietBefore.Idle, t.Noise.QuietAfter.Idle, t.Noise.QuietAfter.Waited)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(count[0], "quiet-runs")
	b.ReportMetric(count[1], "disturbed-runs")
	if count[0] > 0 {
		b.ReportMetric(100*excluded[0]/count[0], "wrongly-excluded-%")
	}
	if count[1] > 0 {
		b.ReportMetric(100*excluded[1]/count[1], "caught-%")
	}
}

// disturber lets a busy process take a core for half of the windows of half of the runs.
type disturber struct {
	tb        testing.TB
	r         *mathrand.Rand
	disturbed map[int]bool // by the runs' numbers
	seen      int          // the last run whose window has begun
	burning   sync.WaitGroup
}

// observe starts the disturbance of a run when its window has begun.
func (d *disturber) observe(e run.Event) {
	if e.Stage != run.StageMeasure || e.Run == d.seen {
		return
	}
	d.seen = e.Run
	disturbed, wait := d.r.IntN(2) == 1, time.Duration(d.r.Int64N(int64(guardWindow*2/5))) // progress comes up to 250 ms late
	d.disturbed[e.Run] = disturbed
	if disturbed {
		d.burning.Go(func() { d.burn(wait, guardWindow/2) })
	}
}

// burn keeps a process of the usual priority busy.
func (d *disturber) burn(wait, length time.Duration) {
	time.Sleep(wait)
	cmd := exec.Command("timeout", strconv.FormatFloat(length.Seconds(), 'f', 3, 64), "sh", "-c", "while :; do :; done")
	_ = cmd.Run() // it is ended by timeout, which is what its status says
}

func (d *disturber) end() { d.burning.Wait() }
