// Package golden compares what tests make with files that a person has looked at: reports, images, pages of the
// documentation. go test -update writes these files anew.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Updating reports whether the test was asked to write its golden files anew.
func Updating() bool { return *update }

// Equal fails the test unless the file has the text got. Line ends are those of Unix.
func Equal(t testing.TB, file string, got []byte) {
	t.Helper()
	want := bytes.ReplaceAll(Read(t, file, got), []byte("\r\n"), []byte("\n"))
	assert.Equal(t, string(want), string(got), "read it; go test -update writes %s anew", file)
}

// Read returns what is in the file: got, when the golden files are written anew.
func Read(t testing.TB, file string, got []byte) []byte {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	return want
}

// Cell is a text as it stands in one cell of a Markdown table.
func Cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}
