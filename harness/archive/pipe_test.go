//go:build unix

package archive

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// To open a pipe waits for its other end, which never comes.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{journalFile, runFile} {
		require.NoError(t, unix.Mkfifo(filepath.Join(dir, name), 0o600))
	}
	_, _, err := NewTail(os.DirFS(dir), ".").Read()
	require.ErrorIs(t, err, ErrImpossible)
	_, err = LoadFrom(os.DirFS(dir), ".")
	require.ErrorContains(t, err, "it is no regular file")
	_, err = Summarize(os.DirFS(dir), ".")
	require.ErrorContains(t, err, "it is no regular file")
	assert.Equal(t, Ended, StateOf(os.DirFS(dir), "."))
}
