package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	pprof "github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/clusterimpl/profile"
)

func TestAProfileIsThereOnceItIsStopped(t *testing.T) {
	dir := t.TempDir()
	stop, err := profile.Start(dir, profile.Primary)
	require.NoError(t, err)
	path := filepath.Join(dir, fmt.Sprintf("primary-%d.pprof", os.Getpid()))
	assert.NoFileExists(t, path)
	_, err = profile.Start(dir, profile.Worker)
	assert.ErrorContains(t, err, "profile: ", "a process has one profile at a time")
	require.NoError(t, stop())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = pprof.ParseData(text)
	require.NoError(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "the one that failed left nothing")
}

func TestAProfileNeedsAFolder(t *testing.T) {
	stop, err := profile.Start("", profile.Worker)
	require.NoError(t, err)
	require.NoError(t, stop())
	_, err = profile.Start(filepath.Join(t.TempDir(), "none"), profile.Worker)
	assert.ErrorContains(t, err, "no such file or directory")
}
