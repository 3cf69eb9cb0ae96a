package page_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/page"
)

func written(t *testing.T, run *archive.Run) string {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, page.Write(&b, r, chart.All(r), nil))
	return b.String()
}

// contains fails the test, without printing the page, unless it has the part.
func contains(t *testing.T, page, part string) {
	t.Helper()
	assert.True(t, strings.Contains(page, part), "the page has %q", part)
}

// lacks fails the test, without printing the page, if it has the part.
func lacks(t *testing.T, page, part string) {
	t.Helper()
	assert.False(t, strings.Contains(page, part), "the page has %q", part)
}

// element is a script of the page, the data among them.
var element = regexp.MustCompile(`(?s)<script( type="application/json" id="data")?>(.*?)</script>`)

// withoutScripts is the page without the data and the two scripts that it has, and shows that there are no others.
func withoutScripts(t *testing.T, html string) string {
	t.Helper()
	require.Len(t, element.FindAllString(html, -1), 3)
	rest := element.ReplaceAllString(html, "")
	if at := strings.Index(rest, "<script"); at >= 0 {
		t.Errorf("another script: %.200s", rest[at:])
	}
	return rest
}

// data is what the page has for its script.
func data(t *testing.T, html string) string {
	t.Helper()
	found := element.FindStringSubmatch(html)
	require.NotEmpty(t, found[1], "the data stands before the scripts")
	if at := strings.Index(found[2], "<"); at >= 0 {
		t.Errorf("a script element could end: %.200s", found[2][at:])
	}
	return found[2]
}

func TestThePageNeedsNothingElse(t *testing.T) {
	effort.NoGoroutines(t)
	whole := written(t, archivetest.Sample())
	assert.Less(t, len(whole), 2<<20)
	got := withoutScripts(t, whole)
	for _, outside := range []string{"<script", "<link", "<iframe", "http://", "https://", "@import", "url("} {
		lacks(t, got, outside)
	}
	for _, source := range regexp.MustCompile(`src="([^"]{0,40})`).FindAllStringSubmatch(got, -1) {
		assert.True(t, strings.HasPrefix(html.UnescapeString(source[1]), "data:image/svg+xml;base64,"), source[1])
	}
	assert.Equal(t, 17, strings.Count(got, "<img "), "an overview and four charts of each of four phases")
}

func TestEveryPhaseHasItsFiguresOverTime(t *testing.T) {
	run := archivetest.Sample()
	got := written(t, run)
	assert.Equal(t, len(run.Phases), strings.Count(got, "<summary>Figures over time, "))
	contains(t, got, `aria-label="Figures: over time, of the runs that count"`)
}

func TestThePageCanBeHeard(t *testing.T) {
	effort.NoGoroutines(t)
	got := written(t, archivetest.Sample(3))
	for _, img := range regexp.MustCompile(`<img [^>]*>`).FindAllString(got, -1) {
		assert.Regexp(t, `alt="[^"]{20,}"`, img[len(img)-min(len(img), 600):])
	}
	for _, head := range regexp.MustCompile(`<th[ >][^>]*`).FindAllString(got, -1) {
		assert.Contains(t, head, "scope=")
	}
	contains(t, got, `<html lang="en">`)
	contains(t, got, "✓ verified") // the verdict is a word, not only a colour
}

func TestThePageTellsEverything(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Overloaded(2, 3)
	run.Phases[1].Trials[0].Faults = []string{"store postgres fell over"}
	run.Phases[0].Trials[0].Window.Errors[0].Example = `{"error": "busy"}`
	run.Interrupted, run.Failure = true, "no more room"
	require.NoError(t, run.Judge())
	got := written(t, run)
	for _, part := range []string{
		"Of 8 claims: 6 refuted, 2 verified", "P2.rate", "≥ 300 req/s", "6 of 6 runs missed the bound", "By operation",
		"Failed (no more room); until then refuted: ",
		"By worker", "transactions", "phase 3, run 1: store postgres fell over", "no answer within 10s",
		"{&#34;error&#34;: &#34;busy&#34;}", "no more room", "local PostgreSQL 17.2", "Example CPU",
		"go1.26.0", "How to read a verdict",
		"Exit status 130: interrupted before the plan was done", "nameplate verify sample.yaml --phase 2,3 --runs 6",
		"1 × documented",
	} {
		contains(t, got, part)
	}
}

func TestForeignTextIsEscaped(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Sample(3)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>` + "\x1b\u202e"
	run.Suite.Title, run.Suite.Name, run.Suite.File = evil, evil, evil
	run.ID, run.Failure, run.Notes = evil, evil, []string{evil}
	run.Host.CPUModel, run.Host.Cgroup, run.Build.Go, run.Options.Stores = evil, evil, evil, evil
	p := &run.Phases[0]
	p.Name, p.Providers[0].Version, p.Providers[0].Skipped = evil, evil, []string{evil}
	for i := range p.Trials {
		w := p.Trials[i].Window
		w.Endpoints[0].Name, w.Workers[0].Name, p.Trials[i].Usage.Series[0].Name = evil, evil, evil
		for e := range w.Errors {
			w.Errors[e].Message, w.Errors[e].Example, w.Errors[e].Endpoint = evil, evil, evil
		}
	}
	p.Trials[0].Faults = []string{evil}
	require.NoError(t, run.Judge())
	for i := range run.Results {
		run.Results[i].Claim, run.Results[i].Whys = evil, []judge.Why{{Code: judge.WhyTally, Text: evil}}
	}
	whole := written(t, run)
	got := withoutScripts(t, whole)
	lacks(t, whole, "<img src=x")
	got += data(t, whole)
	lacks(t, got, `alert(2)>`)
	lacks(t, got, "\x1b")
	lacks(t, got, "\u202e")
	lacks(t, got, `\u001b`)
}

func TestARunWithoutAnythingIsWritten(t *testing.T) {
	got := written(t, &archive.Run{})
	contains(t, got, "not judged")
	contains(t, got, "No claim was judged.")
	lacks(t, got, "NaN")
}

func TestThePartsStandInTheOrderInWhichTheyAreNeeded(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Overloaded(2, 3)
	run.Phases[1].Trials[0].Faults = []string{"store postgres fell over"}
	require.NoError(t, run.Judge())
	got := written(t, run)
	at := 0
	for _, part := range []string{
		`class="sentence"`, `<h2 id="claims">`, `<h2 id="overview">`, `<h2 id="limits">`, `<h2 id="phase-2-title">`,
		`<h2 id="phase-3-title">`, `<h2 id="about">`, "To repeat it:", `<h3 id="excluded">`, `<h3 id="notes">`,
		`<h2 id="reading">`,
	} {
		next := strings.Index(got[at:], part)
		require.GreaterOrEqual(t, next, 0, "%s, after what stands before it", part)
		at += next
	}
	contains(t, got, "Refuted: P3.errors measured 74.4 %, documented ≤ 0.1 %; 2 of 8 claims verified.")
	contains(t, got, `<a href="#excluded">1 of 12 runs excluded</a>`)
}

func TestEveryLinkHasAnAnchor(t *testing.T) {
	effort.NoGoroutines(t)
	got := written(t, archivetest.Overloaded())
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(got, -1) {
		assert.Equal(t, 1, strings.Count(got, ` id="`+link[1]+`"`), link[1])
	}
	for _, chart := range []string{"throughput", "percentiles", "usage"} {
		contains(t, got, `href="#chart-phase-3-`+chart+`"`) // a claim leads to the chart that shows it
	}
}

func TestNotesAreFoldedAndErrorsOfProvidersHaveALineEach(t *testing.T) {
	effort.NoGoroutines(t)
	run := archivetest.Sample(3)
	long := "external: " + strings.Repeat("word ", 100)
	run.Phases[0].Providers[0].Skipped = []string{long, "containers: no engine answers"}
	got := written(t, run)
	notes := got[strings.Index(got, `<h3 id="notes">`):]
	contains(t, notes, "<summary>Providers of stores that were not used (4)</summary>")
	contains(t, notes, "<li>postgres: not containers: no engine answers</li>")
	contains(t, notes, "<li><details><summary>postgres: not external: word ") // the whole is in a fold
	assert.Equal(t, 1, strings.Count(got, strings.TrimSpace(long)))
	lacks(t, got, "<details open")
}
