package figures_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

func report(t *testing.T, run *archive.Run) *figures.Report {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	return r
}

// known is a pool's metric that there must be.
func known(t *testing.T, p *figures.Pool, metric string) float64 {
	t.Helper()
	v, ok := p.Metric(metric)
	require.True(t, ok, metric)
	return v
}

func TestPercentilesComeFromTheMergedHistogram(t *testing.T) {
	run := archivetest.Sample(1)
	trials := run.Phases[0].Trials
	all := measure.NewHistogram()
	var averaged float64
	// One run is much slower than the others.
	for i := range trials {
		h := measure.NewHistogram()
		for n := range 1000 {
			d := time.Duration(n) * time.Microsecond
			if i == 0 {
				d *= 100
			}
			h.Record(d)
			all.Record(d)
		}
		p99, _ := h.Quantile(0.99)
		averaged += p99.Seconds() * 1000 / float64(len(trials))
		trials[i].Window.Response = h
	}
	want, _ := all.Quantile(0.99)
	got := known(t, report(t, run).Phases[0].Pool, "p99")
	assert.InDelta(t, want.Seconds()*1000, got, 1e-9)
	assert.Greater(t, math.Abs(got-averaged), 10.0, "an average of percentiles is another number")
}

func TestCountsAreSummedOverTheRunsThatCount(t *testing.T) {
	run := archivetest.Sample(1)
	trials := run.Phases[0].Trials
	var offered, failed uint64
	for i := range trials {
		if i == 2 {
			trials[i].Faults = []string{"store postgres fell over"}
			continue
		}
		if i == 4 {
			trials[i].Interrupted = true
			continue
		}
		offered, failed = offered+trials[i].Window.Offered, failed+trials[i].Window.Failed
	}
	require.NoError(t, run.Judge())
	p := report(t, run).Phases[0]
	assert.Equal(t, offered, p.Pool.Window.Offered)
	assert.Equal(t, failed, p.Pool.Window.Failed)
	assert.Equal(t, 4, p.Counted())
	assert.InDelta(t, 100, known(t, p.Pool, "rate"), 1)
	assert.Equal(t, []figures.Excluded{
		{Phase: "phase 1", Run: 3, Reasons: []string{"store postgres fell over"}},
		{Phase: "phase 1", Run: 5, Reasons: []string{"interrupted: its window was cut short"}},
	}, report(t, run).Excluded())
}

func TestTheArchiveIsNotChanged(t *testing.T) {
	effort.NoGoroutines(t)
	run, same := archivetest.Sample(3), archivetest.Sample(3)
	report(t, run)
	for i, trial := range run.Phases[0].Trials {
		other := same.Phases[0].Trials[i]
		assert.Equal(t, other.Window.Response.Count(), trial.Window.Response.Count())
		assert.Equal(t, other.Window.Errors, trial.Window.Errors)
		assert.Equal(t, len(other.Usage.Series), len(trial.Usage.Series))
	}
}

func TestProcessorTimePerRequest(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Sample(3)
	var seconds float64
	var sent uint64
	for _, trial := range run.Phases[0].Trials {
		for _, s := range trial.Usage.Series {
			if s.Role == measure.RoleWorker || s.Role == measure.RolePrimary {
				seconds += s.CPU
			}
		}
		sent += trial.Window.Sent
	}
	got, ok := report(t, run).Phases[0].Pool.ClusterCPU()
	require.True(t, ok)
	assert.InDelta(t, seconds*1e6/float64(sent), got, 1e-6)

	run.Phases[0].Trials[1].Usage = nil
	_, ok = report(t, run).Phases[0].Pool.ClusterCPU()
	assert.False(t, ok, "one run's share is not known, so the sum is not")

	_, ok = report(t, archivetest.Sample(1)).Phases[0].Pool.StoresCPU()
	assert.False(t, ok, "the phase has no stores")
}

func TestPhasesThatWereNeverStartedAreShown(t *testing.T) {
	run := archivetest.Sample(1, 2)
	run.Phases = run.Phases[:1]
	require.NoError(t, run.Judge())
	r := report(t, run)
	require.Len(t, r.Phases, 2)
	assert.Equal(t, "Phase 2 cluster: 4 workers, 300 req/s, no stores", r.Phases[1].Head())
	assert.Nil(t, r.Phases[1].Pool)
	_, ok := r.Phases[1].Pool.Metric("p99")
	assert.False(t, ok)
	assert.Equal(t, judge.Inconclusive, r.Phases[1].Verdict)
}

func TestNumbers(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "5,000": 5000, "1,234,568": 1234567.8, "99.9": 99.94, "12": 12, "1.31": 1.314, "0.0222": 0.02222,
		"< 0.0001": 0.00001, "-1,234": -1234, "> -0.0001": -0.00001, "unknown": math.NaN(), "1e+15": 1e15,
		"999,999,999,999,999": 999999999999999,
	} {
		assert.Equal(t, want, figures.Number(v))
	}
	assert.Equal(t, "unknown", figures.Number(math.Inf(-1)))
	assert.Equal(t, "18,446,744,073,709,551,615", figures.Count(math.MaxUint64))
}

func TestMeasuredAndHeadroom(t *testing.T) {
	for name, row := range map[string]struct {
		measured           []float64
		headroom           float64
		wantText, wantHead string
	}{
		"nothing measured":              {nil, 0, "none", ""},
		"one run has no spread":         {[]float64{12.34}, 1.5, "12.3 ms", "1.50×"},
		"runs that are written alike":   {[]float64{12.34, 12.35}, 1.5, "12.3 ms", "1.50×"},
		"the median with its spread":    {[]float64{30, 10, 20}, 123.4, "20 ms (10–30)", "123×"},
		"a bound that is far off":       {[]float64{0}, judge.MaxHeadroom, "0 ms", "> 999×"},
		"a bound that is missed by far": {[]float64{75000}, 0.00134, "75,000 ms", "0.00134×"},
	} {
		t.Run(name, func(t *testing.T) {
			r := judge.Result{Measured: row.measured, Headroom: row.headroom, Unit: suite.Milliseconds}
			assert.Equal(t, row.wantText, figures.Measured(r))
			assert.Equal(t, row.wantHead, figures.Headroom(r))
		})
	}
}

func TestElapsedAndMemory(t *testing.T) {
	assert.Equal(t, "59 s", figures.Elapsed(59*time.Second))
	assert.Equal(t, "4 min 3 s", figures.Elapsed(243*time.Second))
	assert.Equal(t, "1 h 1 min", figures.Elapsed(61*time.Minute))
	assert.Equal(t, "unknown", figures.Elapsed(-time.Second))
	assert.Equal(t, "512 MiB", figures.Memory(512*suite.MiB))
	assert.Equal(t, "1.50 GiB", figures.Memory(1536*suite.MiB))
	assert.Equal(t, "unknown", figures.Memory(0))
}

func TestForeignTextIsCleaned(t *testing.T) {
	for name, row := range map[string]struct{ in, want string }{
		"escape sequences":             {"\x1b[31mred\x1b[0m", "[31mred[0m"},
		"line breaks and tabs":         {"a\r\n\tb\u2028c", "a b c"},
		"text that runs backwards":     {"safe\u202eevil\u2066", "safeevil"},
		"nothing to be seen":           {"a\u200bb\ufeff\u00ad", "ab"},
		"bytes that are no text":       {"a\xffb", "a\ufffdb"},
		"C1 controls":                  {"a\u009b31mb", "a31mb"},
		"letters of any script remain": {"größe 大きさ", "größe 大きさ"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, row.want, figures.Clean(row.in)) })
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1b[2J", "\u202e", "\xff\xfe", strings.Repeat("x ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean := figures.Clean(s)
		assert.Equal(t, clean, figures.Clean(clean))
		for _, r := range clean {
			assert.False(t, r < 0x20 || r >= 0x7f && r < 0xa0, "%q", clean)
		}
		assert.LessOrEqual(t, len([]rune(figures.Shorten(clean, 10))), 10)
	})
}

func TestConclusions(t *testing.T) {
	effort.NoGoroutines(t)
	assert.Equal(t, "all 16 claims hold on this machine", report(t, archivetest.Sample()).Conclusion())
	assert.Equal(t, "of 4 claims: 3 refuted, 1 verified", report(t, archivetest.Overloaded(1)).Conclusion())
	assert.Equal(t, "nothing was judged", report(t, &archive.Run{}).Conclusion())
	for status, want := range map[int]string{
		0: "verified", 1: "refuted", 3: "no verdict", 4: "environment", 130: "interrupted", 77: "not a status",
	} {
		assert.Contains(t, report(t, &archive.Run{ExitStatus: status}).ExitMeaning(), want)
	}
	assert.Equal(t, "Über", figures.Capital("über"))
	assert.Empty(t, figures.Capital(""))
}

func TestNotesTellWhyAMoreRealStoreWasNotUsed(t *testing.T) {
	effort.NoGoroutines(t)
	notes := report(t, archivetest.Sample(3, 4)).Notes()
	assert.Contains(t, notes, "redis, embedded miniredis 2.40.0: not local: no redis-server was found")
	assert.Len(t, notes, 5, "each once, although two phases say so")
}
