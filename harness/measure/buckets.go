package measure

import (
	"iter"
	"math/bits"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// edges are the upper edges of all buckets in µs, in order: those of a histogram whose last bucket holds something.
var edges = sync.OnceValue(func() []int64 {
	full := hdrhistogram.New(Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)
	if err := full.RecordValue(Highest.Microseconds()); err != nil {
		panic(err) // the highest value is one that fits
	}
	bars := full.Distribution()
	all := make([]int64, len(bars))
	for i, b := range bars {
		all[i] = b.To
	}
	return all
})

// Buckets of three significant digits: the first 2,048 are 1 µs wide; then, after every 1,024, they are twice as wide.
const (
	halfBits = 10
	fullBits = halfBits + 1
)

// bucketOf is the number of a value's bucket, from 0: countsIndexFor of HdrHistogram (G. Tene).
func bucketOf(us int64) int {
	doublings := max(0, bits.Len64(uint64(us))-fullBits)
	return doublings<<halfBits + int(us>>doublings)
}

// Buckets are the buckets that hold something, in rising order: the value that [Histogram.Quantile] gives for what
// lies in the bucket, and how many values do. Two buckets never have the same value.
func (h *Histogram) Buckets() iter.Seq2[time.Duration, uint64] {
	return func(yield func(time.Duration, uint64) bool) {
		edges := edges()
		for i, count := range h.held {
			if !yield(fromMicroseconds(edges[min(i, len(edges)-1)]), count) {
				return
			}
		}
	}
}

// held yields the number of each bucket that holds something, in rising order, and how many values it holds.
func (h *Histogram) held(yield func(i int, count uint64) bool) {
	switch left := h.Count(); {
	case h.packed != nil:
		h.packed.held(yield)
	case h.sparse != nil:
		for lowest, count := range h.sparse.ForEachBucket {
			if !yield(bucketOf(lowest), uint64(count)) {
				return
			}
		}
	case left > 0:
		for i, count := range h.dense.Export().Counts {
			if count == 0 {
				continue
			}
			left -= min(left, uint64(count))
			if !yield(i, uint64(count)) || left == 0 {
				return
			}
		}
	}
}
