package bench

import (
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/fixtures"
	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// guardWindow is the window of each run that the guards are tried on.
const guardWindow = 3 * time.Second

// guardTook is what a busy process must have got, in cores over the window, to have taken a core for
// half of it: half of that, since the host's scheduler shares a core among all who want it.
const guardTook = 0.25

// BenchmarkHostGuards says how often the guards on the host err: it makes short runs of the reference
// cluster, and in a seeded half of them a process tries to occupy a core for half of the window. It
// reports the share of the other runs that were excluded, and the share of the disturbed runs that
// were caught: of those in which the process got half of a core or more for that time, by its own clock, and
// of the others. Run it on a quiet host, e.g. with -bench 'HostGuards/provider=local/phase=3' -benchtime 40x.
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
	s := suite.Builtin()
	d := &disturber{
		tb: b, r: mathrand.New(mathrand.NewPCG(s.Plan.Seed, uint64(phase))), folder: b.TempDir(),
		disturbed: map[int]bool{},
	}
	defer d.end()
	measured := measured(b, provider, suite.Override{
		Runs: &runs, Warmup: new(suite.FixedWarmup(warmup)), Duration: &duration, Phases: []int{phase},
	}, d.observe)
	d.end()
	var count, excluded [3]float64 // of quiet runs, of those in which a core was taken, and of those in which less was
	in := judge.Input{Validity: s.Plan.Validity, Phase: s.Phases[slices.IndexFunc(s.Phases, func(p suite.Phase) bool {
		return p.Number == phase
	})]}
	for _, t := range measured.Trials {
		side := d.side(t.Number)
		count[side]++
		reasons := judge.HostDisturbed(in, judge.Evidence{Window: t.Window, Noise: t.Noise, Usage: t.Usage})
		if len(reasons) > 0 {
			excluded[side]++
		}
		if os.Getenv("NAMEPLATE_GUARDS") != "" {
			d.show(b.Name(), t, len(reasons))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(count[0], "quiet-runs")
	b.ReportMetric(count[1], "disturbed-runs")
	b.ReportMetric(count[2], "hardly-disturbed-runs")
	for side, unit := range []string{"wrongly-excluded-%", "caught-%", "hardly-disturbed-caught-%"} {
		if count[side] > 0 {
			b.ReportMetric(100*excluded[side]/count[side], unit)
		}
	}
}

// disturber lets a busy process take a core for half of the windows of half of the runs.
type disturber struct {
	tb        testing.TB
	r         *mathrand.Rand
	folder    string       // of the files in which each process leaves what it got
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
	// progress comes up to 250 ms late
	disturbed, wait := d.r.IntN(2) == 1, time.Duration(d.r.Int64N(int64(guardWindow*2/5)))
	d.disturbed[e.Run] = disturbed
	if disturbed {
		d.burning.Go(func() { d.burn(e.Run, wait, guardWindow/2) })
	}
}

// busyLoop keeps a processor busy until it is told to end, and leaves its processor time in a file.
const busyLoop = `trap 'times > "$0.new"; mv "$0.new" "$0"; exit' TERM; while :; do :; done`

// burn keeps a process of the usual priority busy. It is no child of this one: what a process starts is taken
// for its own, and not for a disturbance.
func (d *disturber) burn(number int, wait, length time.Duration) {
	time.Sleep(wait)
	seconds := strconv.FormatFloat(length.Seconds(), 'f', 3, 64)
	cmd := exec.Command("setsid", "--fork", "timeout", seconds, "sh", "-c", busyLoop, d.file(number))
	assert.NoError(d.tb, cmd.Run())
	for { // timeout ends it in any case
		if _, err := os.Stat(d.file(number)); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (d *disturber) file(number int) string { return filepath.Join(d.folder, strconv.Itoa(number)) }

// got is what the busy process of a run used, in cores over the window; 0 when there was none, or it has not ended.
func (d *disturber) got(number int) float64 {
	text, err := os.ReadFile(d.file(number))
	if err != nil {
		return 0
	}
	var used time.Duration
	line, _, _ := strings.Cut(string(text), "\n") // user and system time of the shell itself: 0m1.490000s 0m0.010000s
	for _, field := range strings.Fields(line) {
		d, err := time.ParseDuration(field)
		if err != nil {
			return 0
		}
		used += d
	}
	return used.Seconds() / guardWindow.Seconds()
}

// side is 0 for a quiet run, 1 for one in which a core was taken, and 2 for one in which less was.
func (d *disturber) side(number int) int {
	switch {
	case d.got(number) >= guardTook:
		return 1
	case d.disturbed[number]:
		return 2
	}
	return 0
}

// show prints a run's figures, for a closer look.
func (d *disturber) show(name string, t archive.Trial, excluded int) {
	o, n := t.Usage.Others, t.Noise
	fmt.Printf("# %s run=%d at=%s side=%d got=%.3f excluded=%d took=%.3f stolen=%.3f pressure=%.3f spins=%v,%v "+
		"idle=%v,%v waited=%v\n",
		name, t.Number, t.Started.Add(t.Window.Start).Format(time.TimeOnly), d.side(t.Number), d.got(t.Number),
		excluded, o.Taken*o.Cores, o.Stolen*o.Cores, o.Pressure, n.SpinBefore, n.SpinAfter,
		n.QuietBefore.Idle, n.QuietAfter.Idle, n.QuietAfter.Waited)
}

func (d *disturber) end() { d.burning.Wait() }
