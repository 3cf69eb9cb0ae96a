package markdown_test

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/markdown"
)

func written(t *testing.T, run *archive.Run) string {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, markdown.Write(&b, r))
	return b.String()
}

func TestReportsReadAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	for name, run := range map[string]*archive.Run{
		"verified": archivetest.Sample(), "refuted": archivetest.Overloaded(2),
	} {
		golden.Equal(t, "testdata/"+name+".md", []byte(written(t, run)))
	}
}

func TestForeignTextIsNoMarkup(t *testing.T) {
	run := archivetest.Sample(3)
	evil := "a|b\n\n# head\n<img src=x onerror=alert(1)> `code` [link](https://example.com) @someone ![x](y) \x1b[31m"
	run.Suite.Title, run.Failure, run.Notes, run.ID, run.Host.CPUModel = evil, evil, []string{evil}, evil, evil
	run.Phases[0].Name, run.Phases[0].Trials[0].Faults = evil, []string{evil}
	require.NoError(t, run.Judge())
	for i := range run.Results {
		run.Results[i].Claim, run.Results[i].Whys = evil, []judge.Why{{Code: judge.WhyTally, Text: evil}}
	}
	got := written(t, run)
	for _, markup := range []string{"<img", "`code`", "](", "# head", "a|b", "https://", "\x1b"} {
		assert.NotContains(t, got, markup)
	}
	// GitHub takes mentions and references from what is rendered, in which a numeric reference is the character.
	assert.NotRegexp(t, `[@#]\w`, html.UnescapeString(headings.ReplaceAllString(got, "")))
	for _, l := range strings.Split(got, "\n") {
		if strings.HasPrefix(l, "| ") {
			assert.Contains(t, []int{6, 11}, strings.Count(l, "|"), l)
		}
	}
	requireFoldsClosed(t, got)
}

var headings = regexp.MustCompile(`(?m)^#+ `)

// requireFoldsClosed fails unless whatever is folded ends.
func requireFoldsClosed(t *testing.T, report string) {
	t.Helper()
	require.Equal(t, strings.Count(report, "<details>"), strings.Count(report, "</details>"))
}

// many is a run with so many results like the first one of a sample, but for what change does.
func many(t *testing.T, n int, change func(i int, r *judge.Result)) *archive.Run {
	t.Helper()
	run := archivetest.Sample(1)
	like := run.Results[0]
	run.Results = nil
	for i := range n {
		r := like
		r.Claim = fmt.Sprint("claim ", i)
		change(i, &r)
		run.Results = append(run.Results, r)
	}
	return run
}

func TestALongReportStaysBelowTheLimit(t *testing.T) {
	effort.NoGoroutines(t)
	run := many(t, 3000, func(_ int, r *judge.Result) {
		r.Verdict, r.Reasons, r.Whys = judge.Refuted, nil, nil
		r.Because(judge.Why{Code: judge.WhyTally, Text: strings.Repeat("&", 500)})
	})
	run.ExitStatus, run.Notes = 1, make([]string, 300)
	for i := range run.Notes {
		run.Notes[i] = fmt.Sprint(i, strings.Repeat("@", 500))
	}
	got := written(t, run)
	assert.Less(t, len(got), markdown.Limit)
	assert.Contains(t, got, "2,950 more claims")
	requireFoldsClosed(t, got)

	r, err := figures.Of(run)
	require.NoError(t, err)
	for _, limit := range []int{4096, 10000, markdown.CommentLimit} {
		got := markdown.Text(r, limit)
		assert.Less(t, len(got), limit)
		assert.Contains(t, got, "| claim 0 |")
		assert.True(t, strings.HasSuffix(got, ". The archive has all.\n"), got[len(got)-200:])
		requireFoldsClosed(t, got)
	}
}

func TestAReportOfARunInWhichAllIsWellIsShort(t *testing.T) {
	effort.NoGoroutines(t)
	runs := []*archive.Run{archivetest.Sample(), archivetest.Sample(1)}
	for _, name := range []string{"claim", strings.Repeat("@", 300), strings.Repeat("w", 300)} {
		runs = append(runs, many(t, 700, func(i int, r *judge.Result) { r.Claim = fmt.Sprint(name, i) }))
		last := runs[len(runs)-1]
		last.Suite.Title, last.ID, last.Notes = name, name, []string{name}
	}
	for _, run := range runs {
		got := written(t, run)
		assert.LessOrEqual(t, len(got), 1500)
		assert.LessOrEqual(t, strings.Count(got, "\n|"), 12)
		requireFoldsClosed(t, got)
	}
}

func TestWhatDecidesComesFirst(t *testing.T) {
	run := many(t, 30, func(i int, r *judge.Result) {
		r.Metric, r.Headroom = suite.P99, float64(100-i)
		switch i {
		case 4:
			r.Verdict = judge.Untestable
		case 9:
			r.Verdict = judge.Refuted
		case 17:
			r.Verdict = judge.Invalid
		}
	})
	run.ExitStatus, run.Verdict = 1, judge.Refuted
	var order []string
	for _, l := range strings.Split(written(t, run), "\n") {
		if name, _, ok := strings.Cut(strings.TrimPrefix(l, "| "), " |"); ok && strings.HasPrefix(name, "claim") {
			order = append(order, name)
		}
	}
	assert.Equal(t, []string{
		"claim 9", "claim 17", "claim 4", "claim 29", "claim 28", "claim 27", "claim 26", "claim 25", "claim 24",
		"claim 23",
	}, order)
}

func TestARunWithoutAnythingIsWritten(t *testing.T) {
	assert.Contains(t, written(t, &archive.Run{}), "not judged")
}
