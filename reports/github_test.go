package reports_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/reports"
)

func TestACommentIsWrittenAgainOnlyWhenSomethingChanged(t *testing.T) {
	dir := t.TempDir()
	to := reports.GitHubFiles{Summary: filepath.Join(dir, "summary"), Comment: filepath.Join(dir, "comment.md")}
	require.NoError(t, os.WriteFile(to.Summary, []byte("of a step before\n"), 0o600))
	said, err := reports.WriteGitHub(archivetest.Sample(1), to)
	require.NoError(t, err)
	assert.Equal(t, "changed: "+to.Comment+" has the new comment", said)
	first, err := os.ReadFile(to.Comment)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(first), "<!-- nameplate: sample -->\n"), "%s", first)

	again := archivetest.Sample(1)
	again.ID = "20261124T201500Z-000000"
	said, err = reports.WriteGitHub(again, to)
	require.NoError(t, err)
	assert.Equal(t, "nothing changed: "+to.Comment+" is left as it is", said)
	second, err := os.ReadFile(to.Comment)
	require.NoError(t, err)
	assert.Equal(t, string(first), string(second))

	_, err = reports.WriteGitHub(archivetest.Overloaded(1), to)
	require.NoError(t, err)
	third, err := os.ReadFile(to.Comment)
	require.NoError(t, err)
	assert.Contains(t, string(third), "refuted")

	summary, err := os.ReadFile(to.Summary)
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(summary), "of a step before\n## ✅"), "%s", summary)
	assert.Equal(t, 3, strings.Count(string(summary), "\n## "), "each report is appended")
}

func TestFilesOfGitHubThatCannotBeWrittenAreNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "file")
	_, err := reports.WriteGitHub(archivetest.Sample(1), reports.GitHubFiles{Summary: missing})
	require.ErrorContains(t, err, missing)
	_, err = reports.WriteGitHub(archivetest.Sample(1), reports.GitHubFiles{Comment: missing})
	require.ErrorContains(t, err, missing)
	_, err = reports.WriteGitHub(archivetest.Sample(1), reports.GitHubFiles{Comment: t.TempDir()})
	require.ErrorContains(t, err, "read the earlier comment")
	said, err := reports.WriteGitHub(archivetest.Sample(1), reports.GitHubFiles{})
	require.NoError(t, err)
	assert.Empty(t, said)
}
