package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hidden is a documented command whose exit status a pipe would hide.
var hidden = regexp.MustCompile(`(\bnameplate\b|\bmake |\bgo (test|run)\b|scripts/nightly)[^|]*[^|]\|[^|]`)

// TestNoPipeHidesAnExitStatus reads the commands that people copy and machines run. A pipe may
// stand where the shell has pipefail.
func TestNoPipeHidesAnExitStatus(t *testing.T) {
	root := "../../.."
	files := []string{"README.md", "Makefile", ".ci/run"}
	for _, pattern := range []string{".github/workflows/*.yml", "scripts/*", "bench/*/README.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			require.NoError(t, err)
			files = append(files, rel)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		if strings.Contains(string(text), "set -euo pipefail") {
			continue
		}
		for i, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "|") { // a table
				assert.False(t, hidden.MatchString(line), "%s:%d: a pipe hides the exit status: %s", file, i+1, line)
			}
		}
	}
	assert.True(t, hidden.MatchString("make verify 2>&1 | tee log"))
	assert.True(t, hidden.MatchString("go run ./harness/cmd/nameplate verify|tee log"))
	assert.False(t, hidden.MatchString("nameplate verify || status=$?"))
}
