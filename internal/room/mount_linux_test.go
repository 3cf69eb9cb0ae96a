package room_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/room"
)

// mounted makes a disk of its own in memory, of so many bytes; without the right to it the test skips.
func mounted(t *testing.T, size string, flags uintptr) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", flags, "size="+size); err != nil {
		t.Skip("needs the right to mount: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

func TestAReadOnlyDiskIsNamed(t *testing.T) {
	dir := mounted(t, "1m", syscall.MS_RDONLY)
	assert.ErrorIs(t, room.Check(dir, 0), syscall.EROFS)
	assert.EqualError(t, room.Check(dir, 0), dir+" cannot be written: read-only file system")
}

func TestAFullDiskIsNamed(t *testing.T) {
	dir := mounted(t, "64k", 0)
	require.NoError(t, room.Check(dir, 32<<10))
	assert.EqualError(t, room.Check(dir, 1<<20), dir+": no space left on device: 64 KiB free, 1 MiB needed")
	_ = os.WriteFile(dir+"/all", make([]byte, 64<<10), 0o600) // what fits
	assert.ErrorIs(t, room.Check(dir, 0), syscall.ENOSPC)
}
