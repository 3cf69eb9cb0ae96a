package page

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// binsOf is a run of bins of a second in each of which so many requests took so long.
func binsOf(requests []int, took time.Duration, lag float64) bins {
	b := bins{lagged: true}
	for _, n := range requests {
		h := measure.NewSparseHistogram()
		for range n {
			h.Record(took)
		}
		length := 1.0
		if n == 0 { // it had ended
			length = math.NaN()
		}
		b.lengths = append(b.lengths, length)
		b.offered, b.completed = append(b.offered, float64(n)), append(b.completed, float64(n))
		b.failed, b.lags = append(b.failed, 0), append(b.lags, lag)
		b.responses = append(b.responses, h)
	}
	return b
}

func TestFiguresOverTimeAreOfAllRunsThatCount(t *testing.T) {
	p := &livePhase{Step: 1, First: -1, Bins: 4, pool: newBins(4)}
	require.NoError(t, p.pool.add(binsOf([]int{10, 100, 90, 0}, time.Millisecond, 200)))
	require.NoError(t, p.pool.add(binsOf([]int{10, 300, 0, 0}, 3*time.Millisecond, 400)))
	table := p.table()
	assert.Equal(t, []string{
		"time, s", "offered, req/s", "answered, req/s", "failed, req/s",
		"p50, ms", "p90, ms", "p99, ms", "p99.9, ms", "longest schedule lag, ms",
	}, table.Head)
	assert.Equal(t, [][]string{
		{"-1", "10", "10", "0", "1", "3.00", "3.00", "3.00", "0.4"},
		{"0", "200", "200", "0", "3.00", "3.00", "3.00", "3.00", "0.4"},
		{"1", "90", "90", "0", "1", "1", "1", "1", "0.4"},
	}, table.Rows, "a second that no run had has no row")
	assert.Empty(t, table.Left)
}
