package page

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// decoded is the data of a run's page.
func decoded(t testing.TB, run *archive.Run) live {
	t.Helper()
	report, err := figures.Of(run)
	require.NoError(t, err)
	drawn, err := liveOf(report)
	require.NoError(t, err)
	text, err := drawn.embedded()
	require.NoError(t, err)
	require.NotContains(t, text, "<")
	var all live
	if text != "" {
		require.NoError(t, json.Unmarshal([]byte(text), &all))
	}
	return all
}

// long gives every run of a sample windows of so many seconds, at the phase's rate or at most that.
func long(run *archive.Run, seconds int, most float64) *archive.Run {
	rng := rand.New(rand.NewPCG(9, 10))
	for i := range run.Phases {
		p := &run.Phases[i]
		for n := range p.Trials {
			trial := &p.Trials[n]
			start := trial.Window.Start
			w := measure.NewWindow(start, start+time.Duration(seconds)*time.Second)
			w.Endpoints, w.Workers = trial.Window.Endpoints, trial.Window.Workers
			for s := range seconds {
				at := start + time.Duration(s)*time.Second
				second := measure.Second{At: at, Response: measure.NewSparseHistogram()}
				for range int(min(most, float64(p.Offered))) {
					took := time.Duration(2e6 * math.Exp(0.8*rng.NormFloat64()))
					second.Response.Record(took)
					w.Response.Record(took)
					w.Service.Record(took - took/20)
					second.Offered++
					second.Completed++
				}
				w.Offered, w.Sent = w.Offered+second.Offered, w.Sent+second.Offered
				w.Succeeded, w.Completed = w.Succeeded+second.Offered, w.Completed+second.Completed
				w.Seconds = append(w.Seconds, second)
			}
			for s := range trial.Usage.Series {
				points := trial.Usage.Series[s].Points
				for at := points[len(points)-1].At + time.Second; at <= w.End; at += time.Second {
					point := measure.UsagePoint{At: at, CPU: rng.Float64(), RSS: 50<<20 + rng.Int64N(1<<20)}
					points = append(points, point)
				}
				trial.Usage.Series[s].Points = points
			}
			trial.Window = w
		}
	}
	return run
}

// pageOf is the whole page.
func pageOf(t testing.TB, run *archive.Run) string {
	t.Helper()
	report, err := figures.Of(run)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, Write(&b, report, chart.All(report), nil))
	return b.String()
}

func TestTheScriptIsSmall(t *testing.T) {
	assert.LessOrEqual(t, len(liveScript), 30_000)
	assert.NotContains(t, liveScript, "innerHTML")
	assert.NotContains(t, liveScript, "eval(")
	assert.NotContains(t, strings.ToLower(liveScript), "</script")
}

func TestThePageStaysSmall(t *testing.T) {
	effort.NoGoroutines(t)
	for name, run := range map[string]*archive.Run{
		"four phases of six runs of 5 s":  archivetest.Sample(),
		"four phases of six runs of 60 s": long(archivetest.Sample(), 60, math.Inf(1)),
	} {
		html := pageOf(t, run)
		t.Logf("%s: %d bytes, of these %d of data", name, len(html), len(html)-strings.Index(html, `id="data">`))
		assert.LessOrEqual(t, len(html), 2<<20, name)
	}
}

func TestLongRunsAreFoldedByMerging(t *testing.T) {
	effort.NoGoroutines(t)
	const seconds = 2000
	run := long(archivetest.Sample(3), seconds, 3)
	run.Phases[0].Trials = run.Phases[0].Trials[:2]
	p := decoded(t, run).Phases[0]
	assert.Equal(t, 4, p.Step, "2003 s in at most 600 bins")
	assert.Equal(t, -1, p.First)
	assert.Equal(t, 501, p.Bins)
	w := run.Phases[0].Trials[0].Window
	got := uncoded(p.Runs[0].Quantiles[2], 1)
	for bin := range seconds / p.Step {
		all := measure.NewHistogram()
		offered := uint64(0)
		for _, s := range w.Seconds[bin*p.Step : (bin+1)*p.Step] {
			require.NoError(t, all.Merge(s.Response))
			offered += s.Offered
		}
		want, _ := all.Quantile(0.99)
		require.Equal(t, float64(want.Microseconds()), got[bin-p.First])
		require.Equal(t, float64(offered), uncoded(p.Runs[0].Offered, 1)[bin-p.First])
	}
	assert.Equal(t, 3.0, uncoded(p.Runs[0].Lengths, 1000)[0], "the bin of the warm-up holds 3 s")
}

func TestWhatIsEmbeddedIsBounded(t *testing.T) {
	effort.NoGoroutines(t)
	run := long(archivetest.Sample(1), 700, 1)
	p := &run.Phases[0]
	p.Trials = p.Trials[:1]
	trial := &p.Trials[0]
	for n := range 70 {
		name := strings.Repeat("w", n)
		trial.Window.Workers = append(trial.Window.Workers, measure.Breakdown{Name: name})
		trial.Usage.Series = append(trial.Usage.Series, measure.Series{
			Role: measure.RoleWorker, Name: name, Known: true,
			Points: []measure.UsagePoint{{At: time.Second, RSS: int64(n)}},
		})
		trial.Disturbed = append(trial.Disturbed, "1.000 s: "+strings.Repeat("x", 9999))
	}
	one, err := json.Marshal(decoded(t, run).Phases[0].Runs[0])
	require.NoError(t, err)
	assert.Less(t, len(one), 100_000)
	trial.Window.Workers, trial.Usage = nil, nil
	for len(p.Trials) < 24 {
		p.Trials = append(p.Trials, *trial)
	}
	all := decoded(t, run).Phases[0]
	assert.Len(t, all.Runs, 24)
	assert.LessOrEqual(t, all.Bins, budgetBins/24+1)
}

// scaled is a run with capacities of 1, 2 and 4 workers, and one that is projected.
func scaled() *archive.Run {
	run := archivetest.Sample()
	for i, workers := range []int{1, 2, 4, 16} {
		run.Parsed.Phases[i].Stores, run.Parsed.Phases[i].Workload = nil, run.Parsed.Phases[0].Workload
		run.Phases[i].Workers = workers
		n := float64(workers)
		found := archive.Found{Capacity: 900 * n / (1 + 0.05*(n-1)), AtLeast: workers == 16}
		run.Phases[i].Search = &archive.Search{Found: &found}
	}
	return run
}

func TestTheFitOfScalingIsEmbedded(t *testing.T) {
	effort.NoGoroutines(t)
	s := decoded(t, scaled()).Scaling
	require.NotNil(t, s)
	assert.Len(t, s.Points, 3)
	assert.Equal(t, 4.0, s.Measured)
	assert.Equal(t, 1.0, s.Curve[0].N)
	assert.Equal(t, 16.0, s.Curve[len(s.Curve)-1].N, "as far as it is projected")
	assert.InDelta(t, 900, s.Curve[0].X, 1)
}

func TestTheFitOfScalingIsDrawn(t *testing.T) {
	t.Parallel()
	p := browsertest.OpenText(t, pageOf(t, scaled()), browsertest.Options{})
	assert.Empty(t, p.Messages())
	told := browsertest.Eval[string](p, `(() => {
		const chart = document.querySelector("section:has(> [data-scaling]) .live-chart");
		const over = chart.querySelector(".u-over");
		const r = over.getBoundingClientRect(), place = {clientX: r.right - 1, clientY: r.top + 9, bubbles: true};
		for (const type of ["mouseenter", "mousemove"]) over.dispatchEvent(new MouseEvent(type, place));
		return chart.querySelector("h4").textContent + " " + chart.querySelector(".live-read").textContent;
	})()`)
	assert.Contains(t, told, "beyond 4 workers projected")
	assert.Contains(t, told, "16 workers:")
	assert.Regexp(t, `fit – req/s`, told, "what is projected is no fit")
	assert.Regexp(t, `projected [0-9,]+ req/s`, told)
	p.Keep("page-verified", false)
}
