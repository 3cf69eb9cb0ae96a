package run

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// profiledSystem leaves files where its profiles are wanted.
type profiledSystem struct {
	fakeSystem
	folders []string
}

func (s *profiledSystem) Start(ctx context.Context, spec Spec) (Instance, error) {
	s.folders = append(s.folders, spec.Profile)
	if spec.Profile != "" {
		for _, name := range []string{"worker-7.pprof", "primary-6.pprof", "worker-8.pprof.tmp", "README"} {
			if err := os.WriteFile(filepath.Join(spec.Profile, name), []byte(name), 0o600); err != nil {
				return nil, err
			}
		}
	}
	return s.fakeSystem.Start(ctx, spec)
}

func TestTheProfilesOfARunAreArchived(t *testing.T) {
	t.Parallel()
	c := config(t)
	system := &profiledSystem{fakeSystem: fakeSystem{handler: http.HandlerFunc(ok)}}
	c.System, c.Options.Profiled, c.Options.Runs = system, true, 2
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Contains(t, r.Notes[0], "were profiled")
	trial := r.Phases[0].Trials[1]
	require.Len(t, trial.Profiles, 2)
	assert.Equal(t, measure.RolePrimary, trial.Profiles[0].Role)
	assert.Equal(t, "profiles/p1-r2/worker-7.pprof", trial.Profiles[1].File)
	assert.Equal(t, "worker-7.pprof", string(trial.Profiles[1].Data))
	assert.Len(t, trial.Profiles[1].SHA256, 64)
	for _, folder := range system.folders {
		assert.True(t, filepath.IsAbs(folder))
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		assert.Len(t, left, 2, "what is no profile is removed")
	}
}

func TestWithoutAWishForProfilesThereIsNoFolder(t *testing.T) {
	t.Parallel()
	c := config(t)
	system := &profiledSystem{fakeSystem: fakeSystem{handler: http.HandlerFunc(ok)}}
	c.System, c.Options.Runs = system, 1
	r, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, []string{""}, system.folders)
	assert.Empty(t, r.Phases[0].Trials[0].Profiles)
	assert.NoDirExists(t, filepath.Join(c.Out, c.ID, "profiles"))
}
