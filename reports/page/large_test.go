package page_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/browsertest"
)

// manyPhases is a run of so many phases, with two runs each, of 64 workers, under a name that is HTML.
func manyPhases(phases int) *archive.Run {
	run := archivetest.Sample(1)
	like, claim := run.Phases[0], run.Results[0]
	like.Name, like.Workers = "</script><b>&", 64
	like.Trials = like.Trials[:2]
	for i := range like.Trials {
		window := like.Trials[i].Window
		for w := len(window.Workers) + 1; w <= like.Workers; w++ {
			more := window.Workers[0]
			more.Name = fmt.Sprint(w)
			window.Workers = append(window.Workers, more)
		}
	}
	run.Phases, run.Results = nil, nil
	for n := 1; n <= phases; n++ {
		like.Number = n
		claim.Phase, claim.Claim = n, fmt.Sprint("P", n)
		run.Phases, run.Results = append(run.Phases, like), append(run.Results, claim)
	}
	return run
}

// reach scrolls to each phase, as a reader does, and waits until its charts are there: how many each has.
const reach = `(async () => {
	const drawn = [];
	for (const images of document.querySelectorAll("[data-phase]")) {
		const panel = images.previousElementSibling.matches(".live") ? images.previousElementSibling : images;
		panel.scrollIntoView();
		while (!images.previousElementSibling.matches(".live")) await new Promise(requestAnimationFrame);
		drawn.push(images.previousElementSibling.querySelectorAll(".live-chart canvas").length);
	}
	return drawn;
})()`

// TestManyPhasesInABrowser opens a page of more phases than are drawn at once: each draws its charts when it is
// reached, without a word on the console, and its name stays text.
func TestManyPhasesInABrowser(t *testing.T) {
	t.Parallel()
	phases := effort.Of(9, 10, 200)
	p := opened(t, written(t, manyPhases(phases)), browsertest.Options{})
	assert.Less(t, browsertest.Eval[int](p, `document.querySelectorAll(".live").length`), phases)
	drawn := browsertest.Eval[[]int](p, reach)
	require.Len(t, drawn, phases)
	for n, charts := range drawn {
		assert.GreaterOrEqual(t, charts, 5, "live charts of phase %d", n+1)
	}
	assert.NotContains(t, browsertest.Eval[[]string](p, `[...document.querySelectorAll("b")].map(b => b.textContent)`),
		"&", "a name became an element")
	assert.Contains(t, browsertest.Eval[string](p, `document.body.innerText`), "</script><b>&")
	assert.Empty(t, p.Messages())
}

// longRun is a run whose first measurement goes on for so many seconds, each as one of those of the sample.
func longRun(seconds int) *archive.Run {
	run := archivetest.Sample(1)
	run.Phases[0].Trials = run.Phases[0].Trials[:1]
	trial := &run.Phases[0].Trials[0]
	was := trial.Window
	window := measure.NewWindow(was.Start, was.Start+time.Duration(seconds)*time.Second)
	window.Response, window.Service = was.Response, was.Service
	window.Endpoints, window.Workers = was.Endpoints, was.Workers
	for n := range seconds {
		second := was.Seconds[n%len(was.Seconds)]
		second.At = was.Start + time.Duration(n)*time.Second
		window.Seconds = append(window.Seconds, second)
		window.Offered += second.Offered
		window.Completed += second.Completed
	}
	trial.Window = window
	return run
}

// TestALongRunInABrowser opens a page of a long run: its charts are drawn from bins of many seconds, and the cursor
// reaches the last of them.
func TestALongRunInABrowser(t *testing.T) {
	t.Parallel()
	seconds := effort.Of(600, 3600, 86_400)
	html := written(t, longRun(seconds))
	assert.Less(t, len(html), 2_000_000, "bytes of the page")
	p := opened(t, html, browsertest.Options{})
	browsertest.Eval[bool](p, fmt.Sprintf(`mouse("throughput", "mouseenter mousemove", %d - 1), true`, seconds))
	assert.Equal(t, "100 req/s", words(p, "throughput")["answered, runs together"])
	assert.Empty(t, p.Messages())
}
