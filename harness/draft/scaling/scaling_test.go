package scaling_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/draft/scaling"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

func TestEachNumberOfWorkersIsAPhase(t *testing.T) {
	text, err := scaling.Suite([]int{4, 1, 2, 4}, 5*time.Millisecond, 100*time.Millisecond)
	require.NoError(t, err)
	s, err := suite.Parse("made", text)
	require.NoError(t, err, "%s", text)
	var workers []int
	for _, p := range s.Phases {
		workers = append(workers, p.Workers)
		assert.Equal(t, suite.Rate(100), p.Rate, "half of what a core can do")
		assert.Equal(t, p.Workers > 1, p.Cluster)
	}
	assert.Equal(t, []int{1, 2, 4}, workers)
	assert.Len(t, s.Claims, 9)
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	_, err := scaling.Suite([]int{1, 2}, 0, time.Second)
	assert.ErrorContains(t, err, "--cpu: 0s leaves nothing to do")
	for _, workers := range [][]int{nil, {1}, {2, 2}, {0, 1}, {1, suite.MaxWorkers + 1}} {
		_, err := scaling.Suite(workers, time.Millisecond, time.Second)
		assert.ErrorContains(t, err, "--workers")
	}
}
