package markdown_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/harness/judge"
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
	for _, markup := range []string{"<img", "`code`", "](", "# head", "@someone", "a|b", "https://", "\x1b"} {
		assert.NotContains(t, got, markup)
	}
	for _, l := range strings.Split(got, "\n") {
		if strings.HasPrefix(l, "| ") {
			assert.Contains(t, []int{7, 11}, strings.Count(l, "|"), l)
		}
	}
}

func TestALongReportStaysBelowTheLimit(t *testing.T) {
	run := archivetest.Sample(1)
	for i := range 3000 {
		r := run.Results[0]
		r.Claim, r.Reasons, r.Whys = fmt.Sprint("claim ", i), nil, nil
		r.Because(judge.Why{Code: judge.WhyTally, Text: strings.Repeat("&", 5000)})
		run.Results = append(run.Results, r)
	}
	got := written(t, run)
	assert.Less(t, len(got), markdown.Limit)
	assert.Greater(t, len(got), markdown.Limit*9/10)
	assert.True(t, strings.HasSuffix(got, "\nThe rest is left out; the archive has it.\n"))
}

func TestARunWithoutAnythingIsWritten(t *testing.T) {
	assert.Contains(t, written(t, &archive.Run{}), "not judged")
}
