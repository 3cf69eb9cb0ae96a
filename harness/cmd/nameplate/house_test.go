package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mostLines is how long a file of the command may be: it has flags and wiring, and nothing else.
const mostLines = 150

// TestEachFileOnlyWires fails when a file of the command grows beyond flags and wiring: text for people comes from
// reports, and what is decided is decided in a package of its own.
func TestEachFileOnlyWires(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.LessOrEqual(t, bytes.Count(text, []byte("\n")), mostLines, file)
		for _, rendering := range []string{
			`"text/tabwriter"`, `"text/template"`, `"html/template"`, `"bufio"`, `/harness/stats"`,
		} {
			assert.NotContains(t, string(text), rendering, file)
		}
	}
}
