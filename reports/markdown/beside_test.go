package markdown_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/internal/golden"
	"github.com/nameplate-dev/nameplate/reports/compared"
	"github.com/nameplate-dev/nameplate/reports/markdown"
)

func runs(t *testing.T, base, head *archive.Run) string {
	t.Helper()
	c, err := compared.Of(base, head)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, markdown.Runs(&b, c))
	return b.String()
}

func TestTwoRunsReadAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	base, head := archivetest.Sample(1, 2), archivetest.Slower(1, 2)
	head.Build.Revision = "fedcba9876543210"
	golden.Equal(t, "testdata/runs.md", []byte(runs(t, base, head)))
}

func TestTwoRunsAreNoMarkup(t *testing.T) {
	base, head := archivetest.Sample(1), archivetest.Slower(1)
	head.Suite.Title = "a|b\n# head <img src=x> [link](https://example.com)"
	head.ID, head.Host.CPUModel = head.Suite.Title, head.Suite.Title
	for i := range head.Results {
		head.Results[i].Claim = head.Suite.Title
	}
	got := runs(t, base, head)
	for _, markup := range []string{"<img", "](", "\n# head", "a|b", "https://"} {
		assert.NotContains(t, got, markup)
	}
	for _, l := range strings.Split(got, "\n") {
		if strings.HasPrefix(l, "| ") {
			assert.Equal(t, 8, strings.Count(l, "|"), l)
		}
	}
	assert.Contains(t, runs(t, &archive.Run{}, &archive.Run{}), "Neither run has a claim")
}
