package reports_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

// made makes up runs that nothing keeps from being archived.
type made struct{ *rand.Rand }

func (m made) name() string {
	all := []string{
		"", "account", "</svg><script>alert(1)</script>", "a|b\n::error::c", "=1+1", "@someone", "\x00\x1b[31m\u202e",
		strings.Repeat("long ", 300), strings.Repeat("w", 2000), "\xff\xfe", "-->", "1", "12",
	}
	return all[m.IntN(len(all))]
}

// huge is now and then a number at an end of its range.
func (m made) huge(usual uint64) uint64 {
	switch m.IntN(8) {
	case 0:
		return 0
	case 1:
		return math.MaxUint64 >> m.IntN(64)
	}
	return usual
}

func (m made) cores() float64 {
	all := []float64{0, 0.5, 1, 1e300, math.NaN(), math.Inf(1), -1, math.SmallestNonzeroFloat64}
	return all[m.IntN(len(all))]
}

// figure is one that run.json can hold.
func (m made) figure() float64 {
	all := []float64{0, 0.5, 1, 99.99, 1e15, -1, 1e300, math.SmallestNonzeroFloat64}
	return all[m.IntN(len(all))]
}

func (m made) histogram() *measure.Histogram {
	if m.IntN(6) == 0 {
		return nil
	}
	h := measure.NewSparseHistogram()
	for range m.IntN(40) {
		h.RecordAll(1+m.huge(3)>>20, time.Duration(m.huge(uint64(m.IntN(1e9)))>>1))
	}
	return h
}

func (m made) window(start, end time.Duration) *measure.Window {
	if m.IntN(8) == 0 {
		return nil
	}
	w := &measure.Window{
		Start: start, End: end, Offered: m.huge(100), Sent: m.huge(100), Unsent: m.huge(0), Succeeded: m.huge(90),
		Failed: m.huge(10), Completed: m.huge(90), Response: m.histogram(), Service: m.histogram(),
		ScheduleLag: m.histogram(), Wait: m.histogram(),
	}
	for i := range m.IntN(70) {
		w.Workers = append(w.Workers, measure.Breakdown{
			Name: fmt.Sprint(i), Succeeded: m.huge(5), Failed: m.huge(1), Response: m.histogram(),
			Service: m.histogram(),
		})
	}
	for range m.IntN(5) {
		w.Endpoints = append(w.Endpoints, measure.Breakdown{
			Name: m.name(), Succeeded: m.huge(5), Response: m.histogram(), Service: m.histogram(),
		})
		w.Errors = append(w.Errors, measure.ErrorCount{
			Endpoint: m.name(), Message: m.name(), Count: m.huge(3), Example: m.name(),
		})
	}
	for at := start; at < end && m.IntN(50) > 0; at += time.Second {
		w.Seconds = append(w.Seconds, measure.Second{
			At: at, Offered: m.huge(20), Completed: m.huge(20), Failed: m.huge(0), Response: m.histogram(),
		})
	}
	return w
}

func (m made) usage() *measure.Usage {
	if m.IntN(4) == 0 {
		return nil
	}
	u := &measure.Usage{}
	for i := range m.IntN(66) {
		s := measure.Series{
			Role: measure.RoleWorker, Name: fmt.Sprint("worker ", i), Known: m.IntN(5) > 0, CPU: m.cores(),
			PeakRSS: int64(m.huge(1 << 20)),
		}
		for second := range m.IntN(4) {
			s.Points = append(s.Points, measure.UsagePoint{
				At: time.Duration(second) * time.Second, CPU: m.cores(), RSS: int64(m.huge(1 << 20)),
			})
		}
		u.Series = append(u.Series, s)
	}
	return u
}

func (m made) search() *archive.Search {
	if m.IntN(3) > 0 {
		return nil
	}
	s := &archive.Search{Start: m.figure()}
	for i := range m.IntN(4) {
		s.Trials = append(s.Trials, archive.SearchTrial{
			Offered: suite.Rate(m.figure()), Outcome: m.name(),
			Trial: archive.Trial{Number: i + 1, Window: m.window(0, time.Second)},
		})
	}
	if m.IntN(2) == 0 {
		s.Found = &archive.Found{
			Capacity: m.figure(), Low: m.figure(), High: m.figure(), AtLeast: m.IntN(2) == 0, AtMost: m.IntN(4) == 0,
			Reason: m.name(), Bottleneck: m.name(),
		}
	}
	return s
}

func (m made) result(phase int) judge.Result {
	metrics := []string{suite.Goodput, suite.P99, suite.ScaledRate, "errors", "memory", m.name()}
	r := judge.Result{
		Claim: m.name(), Phase: phase, Metric: metrics[m.IntN(len(metrics))], Op: suite.AtLeast, Value: m.figure(),
		Bound: m.figure(), Unit: suite.Milliseconds, Verdict: judge.Verdict(m.IntN(7)), Headroom: m.figure(),
		HeadroomLow: m.figure(), HeadroomHigh: m.figure(), Spread: m.figure(),
	}
	for range m.IntN(4) {
		r.Measured = append(r.Measured, m.figure())
		r.Because(judge.Why{Code: judge.WhyTally, Text: m.name()})
	}
	return r
}

// run is a made-up run, some of whose phases and results the sample suite knows.
func (m made) run() *archive.Run {
	run := archivetest.Sample(1)
	run.Phases, run.Results, run.Parsed = nil, nil, nil
	run.ID, run.Suite.Title, run.Failure, run.Host.CPUModel = m.name(), m.name(), m.name(), m.name()
	run.Notes, run.ExitStatus, run.Interrupted = []string{m.name()}, m.IntN(6), m.IntN(4) == 0
	run.Verdict, run.Options.RateScale = judge.Verdict(m.IntN(7)), m.figure()
	phases := m.IntN(4)
	for n := 1; n <= phases; n++ {
		p := archive.Phase{
			Number: n, Name: m.name(), Workers: m.IntN(65), Offered: suite.Rate(m.figure()), Search: m.search(),
			MemoryLimit: suite.Size(m.huge(1 << 30)),
		}
		end := time.Duration(m.IntN(5)) * time.Second
		for i := range m.IntN(4) {
			p.Trials = append(p.Trials, archive.Trial{
				Number: i + 1, Warmup: m.window(0, end),
				Window: m.window(end, end+time.Second*time.Duration(m.IntN(5))), Usage: m.usage(),
				Interrupted: m.IntN(5) == 0,
			})
		}
		run.Phases = append(run.Phases, p)
		for range m.IntN(4) {
			run.Results = append(run.Results, m.result(n))
		}
	}
	return run
}

func TestRunsThatAreMadeUpAreReported(t *testing.T) {
	t.Parallel()
	effort.NoGoroutines(t)
	for seed := range effort.Of[uint64](2, 5, 1000) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run := made{rand.New(rand.NewPCG(seed, 15))}.run()
			checkReports(t, run, false, seed%10 == 0)
			checkBeside(t, run, false)
		})
	}
}

func TestManyPhasesAreReported(t *testing.T) {
	t.Parallel()
	effort.NoGoroutines(t)
	run := archivetest.Sample(1)
	like := run.Phases[0]
	like.Trials = like.Trials[:1]
	phases := effort.Of(5, 20, 200)
	for n := 2; n <= phases; n++ {
		like.Number = n
		run.Phases = append(run.Phases, like)
		result := run.Results[0]
		result.Phase, result.Claim = n, fmt.Sprint("P", n)
		run.Results = append(run.Results, result)
	}
	require.Len(t, run.Phases, phases)
	checkReports(t, run, false, false)
}
