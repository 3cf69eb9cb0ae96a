package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// refusing are stores that are known beforehand to be out of reach.
type refusing struct {
	asked []suite.Store
	err   error
}

func (*refusing) Up(context.Context, StoreNeed) (StoreSet, error) {
	return nil, errors.New("brought up")
}

func (r *refusing) Check(_ context.Context, need StoreNeed) error {
	r.asked = append(r.asked, need.Stores...)
	return r.err
}

func TestStoresThatCannotBeHadAreNamedBeforeAnyRun(t *testing.T) {
	t.Parallel()
	c := config(t)
	second := c.Suite.Phases[0]
	second.Number, second.Stores = 2, []suite.Store{suite.Postgres, suite.Redis}
	third := second
	third.Number, third.Stores = 3, []suite.Store{suite.Redis}
	c.Suite.Phases = append(c.Suite.Phases, second, third)
	stores := &refusing{err: errors.New("wrong password")}
	system := &fakeSystem{handler: ok}
	c.Stores, c.System = stores, system
	r, err := Verify(t.Context(), c)
	var environment *EnvironmentError
	require.ErrorAs(t, err, &environment)
	assert.EqualError(t, err, "before the first run: check the stores: wrong password")
	assert.Equal(t, []suite.Store{suite.Postgres, suite.Redis}, stores.asked, "each once")
	assert.Zero(t, system.started.Load(), "the phase before, which needs no stores, is not driven either")
	assert.Equal(t, 4, r.ExitStatus)
	assert.Contains(t, r.Failure, "wrong password")
}

func TestWithoutAPhaseThatNeedsStoresNoneAreAskedFor(t *testing.T) {
	t.Parallel()
	c := config(t)
	stores := &refusing{err: errors.New("wrong password")}
	c.Stores = stores
	_, err := Verify(t.Context(), c)
	require.NoError(t, err)
	assert.Empty(t, stores.asked)
}

func TestAFolderThatIsNoneIsNamedBeforeAnyRun(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Out = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(c.Out, nil, 0o600))
	system := &fakeSystem{handler: ok}
	c.System = system
	r, err := Verify(t.Context(), c)
	assert.ErrorIs(t, err, syscall.ENOTDIR)
	assert.EqualError(t, err, "the folder of the archive: "+c.Out+" cannot be written: not a directory; allowed: "+
		"one with room that can be written, as --out")
	assert.Zero(t, system.started.Load())
	assert.True(t, r.Ended.IsZero(), "it was not archived")
}
