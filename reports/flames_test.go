package reports

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
)

func TestRunsThatWereProfiledCanBeCompared(t *testing.T) {
	effort.NoGoroutines(t)
	all, err := Flames(archivetest.Profiled(archivetest.Sample(1, 2)), archivetest.Profiled(archivetest.Sample(2, 3)))
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.Equal(t, 2, all[0].Phase)
	assert.Equal(t, all[0].Base.Root.All, all[0].Head.Root.All)

	_, err = Flames(archivetest.Profiled(archivetest.Sample(1)), archivetest.Sample(1))
	assert.ErrorContains(t, err, "have no profiles of the same phase; allowed: runs of verify --profile")
	broken := archivetest.Profiled(archivetest.Sample(1))
	broken.Phases[0].Trials[0].Profiles[0].Data = nil
	_, err = Flames(broken, archivetest.Sample(1))
	assert.ErrorContains(t, err, "run "+archivetest.ID+": phase 1, run 1: ")
}
