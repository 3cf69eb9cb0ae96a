package files_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/internal/files"
)

// old is the path of a file with the content "old".
func old(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	return path
}

// assertAlone checks that a file has a content, and that nothing lies beside it.
func assertAlone(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
	there, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, there, 1)
}

func TestTheNewFileTakesThePlaceOfTheOld(t *testing.T) {
	path := old(t)
	require.NoError(t, os.WriteFile(path+".tmp", []byte("left by a crash, and longer than what comes"), 0o600))
	require.NoError(t, files.Write(path, []byte("new")))
	assertAlone(t, path, "new")
	path = filepath.Join(t.TempDir(), "none yet")
	require.NoError(t, files.Write(path, nil))
	assertAlone(t, path, "")
}

func TestWhatIsNoFileStays(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(pipe, link))
	for path, want := range map[string]string{pipe: "it is a pipe", link: "it is a pipe", dir: "it is a folder"} {
		before, err := os.Lstat(path)
		require.NoError(t, err)
		assert.ErrorContains(t, files.Write(path, []byte("new")), want)
		after, err := os.Lstat(path)
		require.NoError(t, err)
		assert.True(t, os.SameFile(before, after), path)
	}
}

func TestAFileHasThePermissionsOfAnyNewFile(t *testing.T) {
	dir := t.TempDir()
	plain, err := os.OpenFile(filepath.Join(dir, "plain"), os.O_CREATE, 0o644)
	require.NoError(t, err)
	defer plain.Close()
	want, err := plain.Stat()
	require.NoError(t, err)
	path := old(t)
	require.NoError(t, files.Write(path, []byte("new")))
	got, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, want.Mode(), got.Mode())
}

func TestTheOldFileIsThereUntilTheNewOneIsWhole(t *testing.T) {
	path := old(t)
	f, done, err := files.Create(path)
	require.NoError(t, err)
	_, err = io.WriteString(f, "new")
	require.NoError(t, err)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(got))
	require.NoError(t, done(nil))
	assertAlone(t, path, "new")
}

func TestAWriterThatFailsLeavesTheOldFile(t *testing.T) {
	path := old(t)
	broken := errors.New("no more of it")
	err := files.Fill(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half of ")
		return errors.Join(err, broken)
	})
	assert.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "write "+path+": no more of it")
	assertAlone(t, path, "old")
}

func TestAFullDiskLeavesTheOldFile(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full")
	}
	path := old(t)
	require.NoError(t, os.Symlink("/dev/full", path+".tmp"))
	err := files.Write(path, []byte("new"))
	assert.ErrorIs(t, err, syscall.ENOSPC)
	assert.EqualError(t, err, "write "+path+": no space left on device")
	assertAlone(t, path, "old")
}

func TestWhatIsInTheWayIsNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "file")
	assert.EqualError(t, files.Write(missing, nil), "write "+missing+": no such file or directory")
	folder := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(folder, 0o755))
	assert.ErrorContains(t, files.Write(folder, nil), "write "+folder+": ")
	assert.NoFileExists(t, folder+".tmp")
}
