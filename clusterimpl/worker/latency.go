package worker

import (
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

// latencies counts durations in buckets whose width is 1/32 of their size, so that a
// quantile is right within 3.2 %. It may be used from several goroutines at once.
type latencies struct {
	buckets [bucketCount]atomic.Uint64
	sum     atomic.Uint64 // µs
}

const (
	subBits     = 5  // 32 buckets per power of two
	topBit      = 36 // durations of 2^36 µs, 19 hours, and more share the last bucket
	bucketCount = (topBit-subBits+1)<<subBits + 1
)

// bucketOf is the bucket of a number of microseconds. Up to 63 µs each has its own.
func bucketOf(us uint64) int {
	if us < 2<<subBits {
		return int(us)
	}
	shift := bits.Len64(us) - 1 - subBits
	return min(shift<<subBits+int(us>>shift), bucketCount-1)
}

// upperBound is the largest number of microseconds in a bucket.
func upperBound(bucket int) uint64 {
	if bucket < 2<<subBits {
		return uint64(bucket)
	}
	shift := bucket>>subBits - 1
	return (uint64(bucket&(1<<subBits-1)|1<<subBits)+1)<<shift - 1
}

func (l *latencies) record(d time.Duration) {
	us := uint64(max(0, d.Microseconds()))
	l.buckets[bucketOf(us)].Add(1)
	l.sum.Add(us)
}

// histogram counts in coarser buckets.
func (l *latencies) histogram() health.Histogram {
	h := health.Histogram{Sum: float64(l.sum.Load()) / 1e6, Below: make([]uint64, len(health.Bounds))}
	at := 0
	for i := range l.buckets {
		for at < len(health.Bounds) && float64(upperBound(i)) > health.Bounds[at]*1e6 {
			h.Below[at] = h.Count
			at++
		}
		h.Count += l.buckets[i].Load()
	}
	for ; at < len(h.Below); at++ {
		h.Below[at] = h.Count
	}
	return h
}

// quantiles returns the upper bounds, in milliseconds, below which the given shares
// lie, each in the range [0,1] and ascending; zeros when nothing was recorded.
func (l *latencies) quantiles(shares ...float64) []float64 {
	var counts [bucketCount]uint64
	var total uint64
	for i := range l.buckets {
		counts[i] = l.buckets[i].Load()
		total += counts[i]
	}
	values := make([]float64, len(shares))
	if total == 0 {
		return values
	}
	bucket, seen := 0, counts[0]
	for i, share := range shares {
		rank := max(1, uint64(math.Ceil(share*float64(total))))
		for seen < rank {
			bucket++
			seen += counts[bucket]
		}
		values[i] = float64(upperBound(bucket)) / 1000
	}
	return values
}
