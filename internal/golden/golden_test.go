package golden

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorded is a test whose failures are counted.
type recorded struct {
	testing.TB
	failures int
}

func (r *recorded) Helper()               {}
func (r *recorded) Errorf(string, ...any) { r.failures++ }

func TestAFileThatDiffersFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "golden")
	require.NoError(t, os.WriteFile(file, []byte("a\r\nb\n"), 0o600))
	r := &recorded{TB: t}
	Equal(r, file, []byte("a\nb\n"))
	assert.Zero(t, r.failures, "line ends are no difference")
	Equal(r, file, []byte("a\n"))
	assert.Equal(t, 1, r.failures)
}

func TestUpdatingWritesTheFile(t *testing.T) {
	was := *update
	t.Cleanup(func() { *update = was })
	*update = true
	file := filepath.Join(t.TempDir(), "new", "golden")
	Equal(t, file, []byte("made\n"))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "made\n", string(text))
	*update = false
	Equal(t, file, []byte("made\n"))
}

func TestACellHoldsNoEndOfItself(t *testing.T) {
	assert.Equal(t, `a\|b c`, Cell("a|b\nc"))
}
