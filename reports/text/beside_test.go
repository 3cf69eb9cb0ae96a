package text

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
)

func runs(t *testing.T, base, head *archive.Run, o Options) string {
	t.Helper()
	c, err := compared.Of(base, head)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, Runs(&b, c, o))
	return b.String()
}

func TestTwoRunsReadAsTheyDid(t *testing.T) {
	effort.NoGoroutines(t)
	base, head := archivetest.Sample(1, 2), archivetest.Slower(1, 2)
	head.Build.Revision, head.ID = "fedcba9876543210", "20261124T201500Z-111111"
	golden.Equal(t, "testdata/runs-120-plain.txt", []byte(runs(t, base, head, Options{Width: 120})))
	head.Host.Cores = 2
	golden.Equal(t, "testdata/runs-80-color.txt", []byte(runs(t, base, head, Options{Width: 80, Color: true})))
}

func TestTwoRunsFitTheTerminal(t *testing.T) {
	effort.NoGoroutines(t)
	base, head := archivetest.Sample(1), archivetest.Slower(1)
	head.ID = strings.Repeat("long ", 100) + "\x1b[31m"
	for _, width := range []int{60, 80, 200} {
		got := runs(t, base, head, Options{Width: width})
		assert.NotContains(t, got, "\x1b")
		for _, l := range strings.Split(got, "\n") {
			assert.LessOrEqual(t, columns(l), width, l)
		}
	}
	assert.Contains(t, runs(t, &archive.Run{}, &archive.Run{}, Options{}), "neither run has a claim")
}
