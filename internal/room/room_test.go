package room_test

import (
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/room"
)

func TestAFolderThatTakesWritesIsLeftAsItWas(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, room.Check(dir, 4096))
	require.NoError(t, room.Check(filepath.Join(dir, "not", "yet", "there"), 4096))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestADiskWithTooLittleRoomIsNamed(t *testing.T) {
	dir := t.TempDir()
	err := room.Check(dir, math.MaxInt64)
	var full *room.Error
	require.ErrorAs(t, err, &full)
	assert.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, dir, full.Path)
	assert.ErrorContains(t, err, dir+": no space left on device: ")
}

func TestWhatIsNoFolderIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	assert.ErrorIs(t, room.Check(file, 0), syscall.ENOTDIR)
	assert.ErrorIs(t, room.Check(filepath.Join(file, "below"), 0), syscall.ENOTDIR)
}

func TestAFolderWithoutTheRightToWriteIsNamed(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write wherever the disk lets it: see the test with a read-only disk")
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	assert.ErrorIs(t, room.Check(dir, 0), syscall.EACCES)
}

func TestMemoryIsNamedOnlyWhereItHasTheRoom(t *testing.T) {
	assert.Empty(t, room.Memory(math.MaxInt64))
	if dir := room.Memory(1); dir != "" {
		assert.NoError(t, room.Check(dir, 1))
	}
}
