package measure

import (
	"iter"
	"slices"
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

// Buckets are the buckets that hold something, in rising order: the value that [Histogram.Quantile] gives for what
// lies in the bucket, and how many values do. Two buckets never have the same value.
func (h *Histogram) Buckets() iter.Seq2[time.Duration, uint64] {
	return func(yield func(time.Duration, uint64) bool) {
		left := h.Count()
		if left == 0 {
			return
		}
		edges := edges()
		if h.sparse != nil {
			for lowest, count := range h.sparse.ForEachBucket {
				i, _ := slices.BinarySearch(edges, lowest) // the first edge that is not below
				if !yield(fromMicroseconds(edges[min(i, len(edges)-1)]), uint64(count)) {
					return
				}
			}
			return
		}
		for i, count := range h.dense.Export().Counts {
			if count == 0 {
				continue
			}
			left -= min(left, uint64(count))
			if !yield(fromMicroseconds(edges[min(i, len(edges)-1)]), uint64(count)) || left == 0 {
				return
			}
		}
	}
}
