package reports

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestThePageOfTheReportNamesWhatIsThere keeps docs/report.md from naming tests that are gone, and points twice.
func TestThePageOfTheReportNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "report.md"))
	require.NoError(t, err)
	var tests strings.Builder
	for _, root := range []string{".", filepath.Join("..", "harness")} {
		require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			tests.Write(source)
			return err
		}))
	}
	rows := regexp.MustCompile(`(?m)^\| ([0-9]+) \| .*$`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, rows)
	seen := map[string]bool{}
	for _, row := range rows {
		assert.False(t, seen[row[1]], "point %s stands there twice", row[1])
		seen[row[1]] = true
		named := regexp.MustCompile("`(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(row[0], -1)
		assert.NotEmpty(t, named, "point %s names no test", row[1])
		for _, name := range named {
			assert.True(t, strings.Contains(tests.String(), "func "+name[1]+"("), "%s, of point %s", name[1], row[1])
		}
	}
}

// TestTheGalleryShowsEveryPicture keeps docs/gallery from pictures that nobody finds, and from names of none.
func TestTheGalleryShowsEveryPicture(t *testing.T) {
	folder := filepath.Join("..", "docs", "gallery")
	text, err := os.ReadFile(filepath.Join(folder, "README.md"))
	require.NoError(t, err)
	var named []string
	for _, link := range regexp.MustCompile(`\]\(([^)]+\.png)\)`).FindAllStringSubmatch(string(text), -1) {
		named = append(named, filepath.Join(folder, link[1]))
	}
	pictures, err := filepath.Glob(filepath.Join(folder, "*.png"))
	require.NoError(t, err)
	assert.ElementsMatch(t, pictures, named)
}
