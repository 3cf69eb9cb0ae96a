package near

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// opened is what another process has that inherits the file.
func opened(t *testing.T, m *Memory) *Memory {
	t.Helper()
	fd, err := unix.FcntlInt(m.File().Fd(), unix.F_DUPFD_CLOEXEC, 0)
	require.NoError(t, err)
	other, err := Open(os.NewFile(uintptr(fd), "near"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, other.Close()) })
	return other
}

func TestAMemoryIsSharedByWhoeverOpensIt(t *testing.T) {
	m, err := Create(100, 10)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	a, b := opened(t, m), opened(t, m)
	assert.Equal(t, a.Domain(), b.Domain())
	k := Key{1}
	a.Accounts.Put(k, a.Accounts.Generation(k), 1, noon.Add(time.Second), []byte("v"))
	assert.Equal(t, "v", get(&b.Accounts, k, 1, noon))
	b.Accounts.Bump(k)
	assert.Equal(t, "–", get(&a.Accounts, k, 1, noon))
	a.Sessions.Put(k, 0, 1, noon.Add(time.Second), []byte("s"))
	assert.Equal(t, "s", get(&b.Sessions, k, 1, noon))
	a.Trust(4)
	assert.EqualValues(t, 4, b.Trusted())
}

func TestWhatIsNoMemoryIsNotOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range [][]byte{nil, make([]byte, headSize), make([]byte, 3*headSize)} {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		file, err := os.Open(path)
		require.NoError(t, err)
		_, err = Open(file)
		assert.ErrorContains(t, err, "open the memory of the near cache")
		assert.ErrorIs(t, file.Close(), os.ErrClosed, "the file was taken over")
	}
}
