package measure

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

func TestBucketsHoldEveryValueOnceAndInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, h := range []*Histogram{NewHistogram(), NewSparseHistogram()} {
		h.Record(0)
		h.Record(2 * Highest)
		for range 20_000 {
			h.Record(time.Duration(math.Exp(rng.Float64()*math.Log(float64(Highest)))) * time.Nanosecond)
		}
		var total uint64
		var last time.Duration
		for value, count := range h.Buckets() {
			assert.Greater(t, value, last)
			assert.NotZero(t, count)
			last = value
			total += count
		}
		assert.Equal(t, h.Count(), total)
		assert.Equal(t, Highest, last)
	}
}

func TestABucketIsFoundByEachOfItsValues(t *testing.T) {
	lowest := int64(0)
	for i, edge := range edges() {
		if bucketOf(lowest) != i || bucketOf(edge) != i {
			t.Fatalf("bucket %d, of %d to %d µs: found %d and %d", i, lowest, edge, bucketOf(lowest), bucketOf(edge))
		}
		lowest = edge + 1
	}
}

func TestQuantilesFollowFromBuckets(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		h := NewSparseHistogram()
		for range 1 + rng.IntN(3000) {
			h.Record(time.Duration(rng.ExpFloat64() * float64(30*time.Millisecond)))
		}
		var sorted []time.Duration
		for value, count := range h.Buckets() {
			for range count {
				sorted = append(sorted, value)
			}
		}
		for range 500 {
			q := rng.Float64()
			want, _ := h.Quantile(q)
			assert.Equal(t, want, sorted[stats.NearestRank(q, h.Count())-1])
		}
	}
}

func TestAnEmptyHistogramHasNoBucket(t *testing.T) {
	for range NewHistogram().Buckets() {
		t.Error("a bucket")
	}
	h := NewHistogram()
	h.Record(time.Millisecond)
	h.Record(time.Second)
	seen := 0
	for range h.Buckets() {
		seen++
		break
	}
	assert.Equal(t, 1, seen, "who has seen enough stops")
}
