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
	"github.com/nameplate-dev/nameplate/reports/chart"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/page"
)

func written(t *testing.T, run *archive.Run) string {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, page.Write(&b, r, chart.All(r)))
	return b.String()
}

func TestThePageNeedsNothingElse(t *testing.T) {
	got := written(t, archivetest.Sample())
	assert.Less(t, len(got), 3<<20)
	for _, outside := range []string{"<script", "<link", "<iframe", "http://", "https://", "@import", "url("} {
		assert.NotContains(t, got, outside)
	}
	for _, source := range regexp.MustCompile(`src="([^"]{0,40})`).FindAllStringSubmatch(got, -1) {
		assert.True(t, strings.HasPrefix(html.UnescapeString(source[1]), "data:image/svg+xml;base64,"), source[1])
	}
	assert.Equal(t, 17, strings.Count(got, "<img "), "an overview and four charts of each of four phases")
}

func TestThePageCanBeHeard(t *testing.T) {
	got := written(t, archivetest.Sample(3))
	for _, img := range regexp.MustCompile(`<img [^>]*>`).FindAllString(got, -1) {
		assert.Regexp(t, `alt="[^"]{20,}"`, img[len(img)-min(len(img), 600):])
	}
	for _, head := range regexp.MustCompile(`<th[ >][^>]*`).FindAllString(got, -1) {
		assert.Contains(t, head, "scope=")
	}
	assert.Contains(t, got, `<html lang="en">`)
	assert.Contains(t, got, "✓ verified", "the verdict is a word, not only a colour")
}

func TestThePageTellsEverything(t *testing.T) {
	run := archivetest.Overloaded(2, 3)
	run.Phases[1].Trials[0].Faults = []string{"store postgres fell over"}
	run.Phases[0].Trials[0].Window.Errors[0].Example = `{"error": "busy"}`
	run.Interrupted, run.Failure = true, "no more room"
	require.NoError(t, run.Judge())
	got := written(t, run)
	for _, part := range []string{
		"Of 8 claims: 6 refuted, 2 verified", "P2.rate", "≥ 300 req/s", "6 of 6 runs missed the bound", "By operation",
		"By worker", "transactions", "phase 3, run 1: store postgres fell over", "no answer within 10s",
		"{&#34;error&#34;: &#34;busy&#34;}", "Interrupted", "no more room", "local PostgreSQL 17.2", "Example CPU",
		"go1.26.0", "How to read a verdict",
		"Exit status 130",
		"1 × documented",
	} {
		assert.Contains(t, got, part)
	}
}

func TestForeignTextIsEscaped(t *testing.T) {
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
	got := written(t, run)
	assert.NotContains(t, got, "<script")
	assert.NotContains(t, got, "<img src=x")
	assert.NotContains(t, got, `alert(2)>`)
	assert.NotContains(t, got, "\x1b")
	assert.NotContains(t, got, "\u202e")
}

func TestARunWithoutAnythingIsWritten(t *testing.T) {
	got := written(t, &archive.Run{})
	assert.Contains(t, got, "not judged")
	assert.Contains(t, got, "No claim was judged.")
	assert.NotContains(t, got, "NaN")
}
