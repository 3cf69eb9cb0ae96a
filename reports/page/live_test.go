package page_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
	"github.com/nameplate-dev/nameplate/reports/figures"
)

// lively is a run with all that the page's script draws: stores that count, a disturbance, an excluded run.
func lively(t *testing.T, phases ...int) *archive.Run {
	t.Helper()
	run := archivetest.Sample(phases...)
	for i := range run.Phases {
		for n := range run.Phases[i].Trials {
			trial := &run.Phases[i].Trials[n]
			trial.Stores = &measure.StoreRecord{}
			for s, second := range trial.Window.Seconds {
				trial.Stores.Seconds = append(trial.Stores.Seconds, measure.StoreWork{
					Start: second.At, End: second.At + time.Second,
					Counts: map[string]float64{"postgres_commits": float64(second.Completed) / 2, "redis_commands": 17},
					Levels: map[string]float64{"redis_used_memory_bytes": float64(1<<20 + 1000*s)},
				})
			}
		}
		trials := run.Phases[i].Trials
		trials[1].Disturbed = []string{"4.500 s: killed worker 2", "5.250 s: worker 2 is back", "no moment"}
		trials[2].Faults = []string{"the generator ran out of connections"}
	}
	require.NoError(t, run.Judge())
	return run
}

// helpers are what the tests ask the page with.
const helpers = `
window.chart = name => document.querySelector('.live-chart[data-name="' + name + '"]');
window.words = name => Object.fromEntries([...chart(name).querySelectorAll(".live-read span:not(.live-at)")].map(s => {
	const b = s.querySelector("b").textContent;
	return [s.textContent.slice(0, s.textContent.length - b.length).trim(), b];
}));
window.at = () => [...document.querySelectorAll(".live-at")].map(e => e.textContent);
window.over = name => chart(name).querySelector(".u-over");
window.mouse = (name, type, seconds) => {
	const r = over(name).getBoundingClientRect(), [from, to] = chart(name).dataset.x.split(",").map(Number);
	const place = {clientX: r.left + (seconds - from) / (to - from) * r.width, clientY: r.top + r.height / 2,
		bubbles: true, button: 0, movementX: 1};
	for (const t of type.split(" ")) over(name).dispatchEvent(new MouseEvent(t, place));
	if (type === "mouseup") document.dispatchEvent(new MouseEvent(type, place));
};
window.control = label => [...document.querySelectorAll(".live label")]
	.find(l => l.textContent.trim().startsWith(label)).querySelector("input, select");
window.set = (label, value) => {
	const c = control(label);
	c.value = value;
	c.dispatchEvent(new Event(c.tagName === "SELECT" ? "change" : "input"));
	return document.querySelector(".live-result").textContent;
};
window.press = text => [...document.querySelectorAll(".live button")].find(b => b.textContent === text).click();
window.shows = what => getComputedStyle(document.querySelector(what)).display;
window.controls = () => [...document.querySelectorAll(".live :is(input, select, button)")];
window.result = () => document.querySelector(".live-result").textContent;
window.spans = () => [...new Set([...document.querySelectorAll(".live-chart[data-x]")].map(c => c.dataset.x))].length;
true`

// opened is a page with the helpers, on which nothing went wrong.
func opened(t *testing.T, html string, o browsertest.Options) *browsertest.Page {
	t.Helper()
	p := browsertest.OpenText(t, html, o)
	browsertest.Eval[bool](p, helpers)
	assert.Empty(t, p.Messages())
	assert.Len(t, p.Requests(), 1)
	return p
}

// inJS is a number as the script writes it, with at most so many digits after the point.
func inJS(v float64, most int) string {
	whole, rest, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'f', most, 64), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest = strings.TrimRight(rest, "0"); rest != "" {
		whole += "." + rest
	}
	return whole
}

// words are what a chart says under the cursor, by the name of the line.
func words(p *browsertest.Page, chart string) map[string]string {
	return browsertest.Eval[map[string]string](p, fmt.Sprintf("words(%q)", chart))
}

// counted are the runs that count, merged: the response times of all.
func counted(t *testing.T, runs []figures.Run) *measure.Histogram {
	t.Helper()
	all := measure.NewHistogram()
	for _, r := range runs {
		if r.Counts() {
			require.NoError(t, all.Merge(r.Window.Response))
		}
	}
	return all
}

func TestEveryChartOfThePageIsDrawn(t *testing.T) {
	t.Parallel()
	p := opened(t, written(t, lively(t, 3)), browsertest.Options{})
	assert.Equal(t, 11, browsertest.Eval[int](p, `document.querySelectorAll(".live-chart").length`))
	blank := browsertest.Eval[[]string](p, `[...document.querySelectorAll(".live-chart")].filter(c => {
		const canvas = c.querySelector("canvas"), {width, height} = canvas;
		const all = canvas.getContext("2d").getImageData(0, 0, width, height);
		return new Set(new Uint32Array(all.data.buffer)).size < 20;
	}).map(c => c.dataset.name)`)
	assert.Empty(t, blank, "these charts are blank")
	assert.Equal(t, "none", browsertest.Eval[string](p, `shows("[data-phase]")`))
	browsertest.Eval[bool](p, `press("Charts as images"), true`)
	assert.NotEqual(t, "none", browsertest.Eval[string](p, `shows("[data-phase]")`))
	browsertest.Eval[bool](p, `press("Charts as images"), true`)
	assert.Empty(t, p.Messages())
	p.Print()
	assert.Equal(t, "none", browsertest.Eval[string](p, `shows(".live")`))
	assert.NotEqual(t, "none", browsertest.Eval[string](p, `shows("[data-phase]")`))
	p.Light()
	browsertest.Eval[bool](p, only)
	p.Keep("live-light", false)
	p.Dark()
	p.Keep("live-dark", false)
}

func TestTheCursorTellsWhatTheArchiveHolds(t *testing.T) {
	t.Parallel()
	run := lively(t, 3)
	report, err := figures.Of(run)
	require.NoError(t, err)
	p := opened(t, written(t, run), browsertest.Options{})
	const second = 2 // of the measurement window
	browsertest.Eval[bool](p, `mouse("throughput", "mouseenter mousemove", 2.5), true`)
	for chart, read := range map[string]func(measure.Second) string{
		"throughput": func(s measure.Second) string { return inJS(float64(s.Completed), 1) + " req/s" },
		"failures":   func(s measure.Second) string { return inJS(float64(s.Failed), 1) + " req/s" },
		"lag":        func(s measure.Second) string { return inJS(float64(s.Lag.Microseconds())/1000, 3) + " ms" },
		"latency": func(s measure.Second) string {
			v, _ := s.Response.Quantile(0.99)
			return inJS(float64(v.Microseconds())/1000, 3) + " ms"
		},
		"stores": func(s measure.Second) string { return inJS(float64(s.Completed)/2, 2) },
	} {
		told := words(p, chart)
		for _, r := range report.Phases[0].Runs {
			if name := fmt.Sprintf("run %d", r.Number); r.Counts() {
				assert.Equal(t, read(r.Window.Seconds[second]), strings.TrimSpace(told[name]), "%s, %s", chart, name)
			}
		}
	}
	pooled, offered := measure.NewHistogram(), uint64(0)
	for _, r := range report.Phases[0].Runs {
		if r.Counts() {
			require.NoError(t, pooled.Merge(r.Window.Seconds[second].Response))
			offered += r.Window.Seconds[second].Offered
		}
	}
	v, _ := pooled.Quantile(0.99)
	assert.Equal(t, inJS(float64(v.Microseconds())/1000, 3)+" ms", words(p, "latency")["all runs that count, merged"])
	assert.Contains(t, words(p, "heat")[""], "of "+inJS(float64(offered), 0)+" requests")
	cores, runs := 0.0, 0.0
	for _, r := range report.Phases[0].Runs {
		if !r.Counts() {
			continue
		}
		runs++
		for _, s := range r.Usage.Series {
			if s.Role == measure.RoleGenerator {
				cores += math.Round(1000*s.Points[r.Window.Start/time.Second+second+1].CPU) / 1000
			}
		}
	}
	assert.Equal(t, inJS(cores/runs, 3)+" cores", words(p, "roles")["generator"])
	seen := map[string]int{}
	for _, at := range browsertest.Eval[[]string](p, `at()`) {
		seen[at]++
	}
	assert.Equal(t, map[string]int{"2 to 3 s:": 9, "under the cursor:": 2}, seen, "one cursor over all charts in time")
	browsertest.Eval[bool](p, `control("moment").value = 0, control("moment").dispatchEvent(new Event("input")), true`)
	assert.Contains(t, browsertest.Eval[[]string](p, `at()`), "-3 to -2 s, warm-up:", "by the keyboard, too")
}

func TestAnyPercentileOfTheRunsThatAreOn(t *testing.T) {
	t.Parallel()
	run := lively(t, 3)
	report, err := figures.Of(run)
	require.NoError(t, err)
	p := opened(t, written(t, run), browsertest.Options{})
	runs := report.Phases[0].Runs
	all := counted(t, runs)
	for _, percent := range []string{"0", "12.5", "50", "90", "95", "99", "99.9", "99.95", "99.99", "100"} {
		share, _ := strconv.ParseFloat(percent, 64)
		want, _ := all.Quantile(share / 100)
		assert.Contains(t, browsertest.Eval[string](p, fmt.Sprintf("set('percentile', %q)", percent)),
			fmt.Sprintf("p%s: response %s ms", percent, inJS(float64(want.Microseconds())/1000, 3)))
	}
	assert.Contains(t, browsertest.Eval[string](p, `set("percentile", "101")`), "from 0 to 100")
	browsertest.Eval[string](p, `set("percentile", "99.9")`)
	browsertest.Eval[bool](p, `control("run 1").click(), control("run 3").click(), true`)
	some := measure.NewHistogram()
	for _, r := range runs[1:] {
		require.NoError(t, some.Merge(r.Window.Response))
	}
	want, _ := some.Quantile(0.999)
	assert.Contains(t, browsertest.Eval[string](p, `result()`),
		fmt.Sprintf("p99.9: response %s ms", inJS(float64(want.Microseconds())/1000, 3)))
	assert.NotContains(t, words(p, "throughput"), "run 1")
	assert.Contains(t, words(p, "throughput"), "run 3 (excluded)")
	browsertest.Eval[bool](p, `controls().filter(c => c.checked).forEach(c => c.click()), true`)
	assert.Contains(t, browsertest.Eval[string](p, `result()`), "no run is on")
	assert.Empty(t, p.Messages())
}

func TestTheViewIsKeptInTheFragment(t *testing.T) {
	t.Parallel()
	p := opened(t, written(t, lively(t, 3)), browsertest.Options{})
	whole := browsertest.Eval[string](p, `chart("latency").dataset.x`)
	browsertest.Eval[bool](p, `mouse("latency", "mouseenter mousemove", 1), mouse("latency", "mousedown", 1),
		mouse("latency", "mousemove", 3), mouse("latency", "mouseup", 3), true`)
	zoomed := browsertest.Eval[string](p, `chart("throughput").dataset.x`)
	assert.NotEqual(t, whole, zoomed)
	assert.Equal(t, 3, browsertest.Eval[int](p, `spans()`), "one part of the time axis, two other axes")
	browsertest.Eval[bool](p, `set("Response times", "lin"), set("over time", 0), set("percentile", "99.95"),
		set("stores", "redis_commands per second"), control("run 2").click(), location.hash = "about", true`)
	hash := browsertest.Eval[string](p, `new Promise(done => setTimeout(() => done(location.hash)))`)
	assert.Regexp(t, `^#about~3:z=\d\.?\d*,\d\.?\d*;s=lin;t=0;p=99\.95;r=1,4,5,6;m=redis_commands`, hash)
	p.Reload()
	browsertest.Eval[bool](p, helpers)
	assert.Equal(t, hash, browsertest.Eval[string](p, `location.hash`))
	assert.Equal(t, []string{"lin", "0", "99.95", "redis_commands per second"}, browsertest.Eval[[]string](p,
		`["Response times", "over time", "percentile", "stores"].map(l => control(l).value)`))
	assert.False(t, browsertest.Eval[bool](p, `control("run 2").checked`))
	var from, to, wasFrom, wasTo float64
	again := browsertest.Eval[string](p, `chart("heat").dataset.x`)
	_, err := fmt.Sscanf(again+" "+zoomed, "%g,%g %g,%g", &from, &to, &wasFrom, &wasTo)
	require.NoError(t, err)
	assert.InDelta(t, wasFrom, from, 1e-3)
	assert.InDelta(t, wasTo, to, 1e-3)
	assert.Positive(t, browsertest.Eval[float64](p, `scrollY`), "the page shows the place that the fragment names")
	browsertest.Eval[bool](p, `press("Zoom out"), press("Zoom in"), press("Reset zoom"), true`)
	assert.Equal(t, whole, browsertest.Eval[string](p, `chart("heat").dataset.x`))
	for _, odd := range []string{
		"~3:z=NaN,1;p=x;t=9;s=;r=7,8", "~", "~3", "~3:z=5,1;m=%E0%A4%A", "%E0%A4%A~9:p=1", "~3:r=none",
	} {
		browsertest.Eval[bool](p, fmt.Sprintf("location.hash = %q, true", odd))
		browsertest.Eval[bool](p, `new Promise(done => setTimeout(() => done(true)))`)
	}
	assert.Empty(t, p.Messages())
}

func TestTheKeyboardReachesEveryControl(t *testing.T) {
	t.Parallel()
	p := opened(t, written(t, lively(t, 3)), browsertest.Options{})
	left := browsertest.Eval[int](p, `controls().map(c => c.left = 1).length`)
	assert.Equal(t, 15, left)
	browsertest.Eval[bool](p, `controls()[0].focus(), document.activeElement.left = 0, true`)
	for range left - 1 {
		p.Tab()
		browsertest.Eval[bool](p, `document.activeElement.left = 0, true`)
	}
	assert.Empty(t, browsertest.Eval[[]string](p, `controls().filter(c => c.left).map(c => c.outerHTML)`))
	for _, h := range p.Heard() {
		switch h.Role {
		case "button", "checkbox", "combobox", "spinbutton", "slider", "image", "img", "graphics-document":
			assert.NotEmpty(t, h.Name, h.Role)
		}
	}
	assert.Contains(t, p.Heard(), browsertest.Heard{Role: "spinbutton", Name: "percentile, %"})
	assert.Contains(t, p.Heard(), browsertest.Heard{Role: "slider", Name: "moment"})
}

func TestThePageOnAPhoneAndWithoutScripts(t *testing.T) {
	t.Parallel()
	html := written(t, lively(t, 3))
	p := opened(t, html, browsertest.Options{Width: 390, Height: 844})
	assert.LessOrEqual(t, browsertest.Eval[int](p, `document.documentElement.scrollWidth`), 390)
	browsertest.Eval[bool](p, only)
	p.Keep("live-phone", false)
	p.Close()
	p = browsertest.OpenText(t, html, browsertest.Options{NoScripts: true})
	assert.Empty(t, p.Messages())
	assert.Zero(t, browsertest.Eval[int](p, `document.querySelectorAll(".live, canvas").length`))
	assert.Equal(t, 4, browsertest.Eval[int](p,
		`[...document.querySelectorAll("[data-phase] img")].filter(i => i.complete && i.clientWidth > 0).length`))
}

// only takes away what is not live.
const only = `document.querySelectorAll("main > *").forEach(e => e.querySelector(".live") || e.remove()),
	document.querySelectorAll(".live ~ *:not(.live, .charts)").forEach(e => e.remove()), true`
