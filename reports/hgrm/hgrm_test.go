package hgrm_test

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/archive/archivetest"
	"github.com/nameplate-dev/nameplate/internal/effort"
	"github.com/nameplate-dev/nameplate/reports/figures"
	"github.com/nameplate-dev/nameplate/reports/hgrm"
)

// point is one line of a distribution, as HdrHistogram's plotter reads it.
type point struct{ value, share, inverse float64 }

// points reads a distribution by the rules of the plotter: fields are parted by spaces, lines of four numbers count.
func points(text string) (all []point, counts []uint64) {
	for _, l := range strings.Split(text, "\n") {
		fields := strings.FieldsFunc(l, func(r rune) bool { return r == ' ' })
		if len(fields) != 4 || strings.HasPrefix(l, "#") {
			continue
		}
		var numbers []float64
		for _, f := range fields {
			v, err := strconv.ParseFloat(f, 64)
			if err == nil {
				numbers = append(numbers, v)
			}
		}
		if len(numbers) == 4 {
			all = append(all, point{numbers[0], numbers[1], numbers[3]})
			counts = append(counts, uint64(numbers[2]))
		}
	}
	return all, counts
}

func of(t *testing.T, run *archive.Run) *figures.Report {
	t.Helper()
	r, err := figures.Of(run)
	require.NoError(t, err)
	return r
}

func TestADistributionIsThatOfTheRunsTogether(t *testing.T) {
	run := archivetest.Sample(3)
	run.Phases[0].Trials[0].Window.Unsent = 1234
	r := of(t, run)
	var b bytes.Buffer
	require.NoError(t, hgrm.Write(&b, r))
	all, counts := points(b.String())
	require.Greater(t, len(all), 50)
	pool := r.Phases[0].Pool.Window.Response
	for i, p := range all {
		// The rank that stands beside a value is the number of requests that took no longer.
		d, ok := pool.Quantile(float64(counts[i]) / float64(pool.Count()))
		require.True(t, ok)
		assert.InDelta(t, float64(d)/float64(time.Millisecond), p.value, 0.0005)
		assert.LessOrEqual(t, p.share, float64(counts[i])/float64(pool.Count())+1e-6)
		if !math.IsInf(p.inverse, 1) {
			assert.InEpsilon(t, 1/(1-p.share), p.inverse, 0.02)
		}
		if i > 0 {
			assert.GreaterOrEqual(t, p.value, all[i-1].value)
		}
	}
	assert.Equal(t, pool.Count(), counts[len(counts)-1])
	assert.Contains(t, b.String(), "Phase 3 database, 6 runs of run "+archivetest.ID+" together")
	assert.Contains(t, b.String(), "1,234 requests were never sent and are not among them]\n")
}

func TestADistributionIsOfOnePhase(t *testing.T) {
	effort.NoGoroutines(t)
	err := hgrm.Write(&bytes.Buffer{}, of(t, archivetest.Sample(1, 2)))
	require.ErrorContains(t, err, "2 phases of the run with samples")
	require.ErrorContains(t, hgrm.Write(&bytes.Buffer{}, of(t, &archive.Run{})), "0 phases")
	require.ErrorContains(t, hgrm.Write(full{}, of(t, archivetest.Sample(1))), "no space")
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
