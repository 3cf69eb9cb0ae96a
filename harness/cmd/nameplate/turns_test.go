package main

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

func TestARunIsLoadedForWholeCyclesOfTurns(t *testing.T) {
	for _, row := range []struct{ turn, loaded, want time.Duration }{
		{time.Second, 10 * time.Second, 20 * time.Second},
		{500 * time.Millisecond, 3 * time.Second, 6 * time.Second},
		{500 * time.Millisecond, 2500 * time.Millisecond, 6 * time.Second},
		{time.Second, time.Second, 4 * time.Second},
	} {
		assert.Equal(t, row.want, compareCommand{Turn: row.turn}.cycles(row.loaded), "%+v", row)
	}
}

func TestTwoBuildsAreLoadedInTurns(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	b := &builds{dir: t.TempDir(), binaries: [2]string{self, self}, apart: map[int]bool{}}
	k := compareCommand{
		Duration: "1s", Warmup: "1s", Turn: 500 * time.Millisecond, Stores: "embedded", Phase: []int{1}, Quiet: true,
	}
	c := console{ctx: context.Background(), stderr: os.Stderr, getenv: os.Getenv}
	t.Setenv(asCommand, "1")
	pairs, err := k.revisions(c, b, compare.Sampling{Unit: workUnit(), Phases: []int{1}, Least: 1})
	require.NoError(t, err)
	require.Len(t, pairs.Widths, 1)
	assert.Equal(t, k.Turn, pairs.Widths[0].Turn)
	series, only, err := compare.Read(pairs.Base, pairs.Head)
	require.NoError(t, err)
	assert.Empty(t, only)
	assert.True(t, slices.ContainsFunc(series, func(s compare.Series) bool { return s.Unit == workUnit() }))
	left, err := os.ReadDir(b.dir)
	require.NoError(t, err)
	assert.Empty(t, left, "copies, archives and the gate are removed")
}
