package measure

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/nameplate-dev/nameplate/harness/stats"
)

// The range and resolution of every histogram.
const (
	Lowest            = time.Microsecond // smaller values count as this
	Highest           = time.Minute      // larger values are recorded as this and counted by OutOfRange
	SignificantDigits = 3
)

// Histogram counts durations from [Lowest] to [Highest] with [SignificantDigits].
// It is not safe for concurrent use.
type Histogram struct {
	// Exactly one of these is set: every bucket (139 kB, a few ns to record), only the buckets that hold something (5
	// to 12 bytes each, some 50 ns to record), or these as a text that is read and not added to (2 to 4 bytes each).
	dense  *hdrhistogram.Histogram
	sparse *hdrhistogram.PackedHistogram
	packed *packed

	outOfRange uint64
}

// NewHistogram returns an empty histogram of fixed size, the fastest to record into.
func NewHistogram() *Histogram {
	return &Histogram{dense: hdrhistogram.New(Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)}
}

// newCoarseHistogram returns one of two significant digits (22 kB), which stays in a processor's cache.
func newCoarseHistogram() *Histogram {
	return &Histogram{dense: hdrhistogram.New(Lowest.Microseconds(), Highest.Microseconds(), 2)}
}

// NewSparseHistogram returns an empty histogram whose size grows with the number of
// distinct values, for use where there are many histograms.
func NewSparseHistogram() *Histogram {
	return &Histogram{sparse: hdrhistogram.NewPacked(Lowest.Microseconds(), Highest.Microseconds(), SignificantDigits)}
}

// Record counts d once, rounded up to a whole microsecond, so that no quantile
// flatters. A value above [Highest], or below zero, is recorded as the nearest one
// that fits and counted by [Histogram.OutOfRange] too.
func (h *Histogram) Record(d time.Duration) { h.RecordAll(1, d) }

// RecordAll counts d so many times, as [Histogram.Record] does.
func (h *Histogram) RecordAll(count uint64, d time.Duration) {
	switch {
	case d > Highest:
		h.outOfRange += count
		d = Highest
	case d < 0:
		h.outOfRange += count
		d = Lowest
	case d < Lowest:
		d = Lowest
	}
	us := int64((d + time.Microsecond - 1) / time.Microsecond)
	var err error
	if h.dense != nil { // as every request is recorded
		err = h.dense.RecordValues(us, int64(count))
	} else {
		h.unpack()
		err = h.sparse.RecordValues(us, int64(count))
	}
	if err != nil {
		h.outOfRange += count
	}
}

// add counts a value in µs so many times.
func (h *Histogram) add(us int64, count uint64) error {
	if h.dense != nil {
		return h.dense.RecordValues(us, int64(count))
	}
	return h.sparse.RecordValues(us, int64(count))
}

// OutOfRange is the number of values that could not be recorded as they were. It is
// not part of an encoded histogram; [Window.OutOfRange] keeps it.
func (h *Histogram) OutOfRange() uint64 { return h.outOfRange }

// Count is the number of values recorded.
func (h *Histogram) Count() uint64 {
	switch {
	case h.dense != nil:
		return uint64(h.dense.TotalCount())
	case h.packed != nil:
		return h.packed.count
	}
	return uint64(h.sparse.TotalCount())
}

// Reset empties the histogram.
func (h *Histogram) Reset() {
	h.outOfRange = 0
	switch {
	case h.dense != nil:
		h.dense.Reset()
	case h.packed != nil:
		h.packed = &packed{}
	default:
		h.sparse.Reset()
	}
}

// Merge adds the values of other. Values that do not fit are an error, not a loss.
func (h *Histogram) Merge(other *Histogram) error {
	var dropped int64
	h.unpack()
	switch {
	case other.packed != nil:
		for us, count := range other.packed.buckets {
			if h.add(us, count) != nil {
				dropped += int64(count)
			}
		}
	case h.dense != nil && other.dense != nil:
		dropped = h.dense.Merge(other.dense)
	case h.dense != nil:
		dropped = other.sparse.MergeInto(h.dense)
	case other.dense != nil:
		dropped = h.sparse.MergeFrom(other.dense)
	default:
		dropped = h.sparse.Merge(other.sparse)
	}
	h.outOfRange += other.outOfRange
	if dropped != 0 {
		h.outOfRange += uint64(dropped)
		return fmt.Errorf("merge histograms: %d values lie outside %v to %v", dropped, Lowest, Highest)
	}
	return nil
}

// Quantile is the smallest recorded value that at least the share q of all values
// do not exceed, q in the range [0,1], e.g. 0.99; false when there are no values.
// It is right within the histogram's resolution, and rounds up.
func (h *Histogram) Quantile(q float64) (time.Duration, bool) {
	n := h.Count()
	if n == 0 || math.IsNaN(q) || q < 0 || q > 1 {
		return 0, false
	}
	rank := stats.NearestRank(q, n)
	if h.packed != nil {
		return fromMicroseconds(h.packed.at(rank)), true
	}
	// The library rounds the rank q x n to the nearest, which may fall short of the
	// share q: asked for a whole rank, it has nothing to round.
	percentile := float64(rank) / float64(n) * 100
	if h.dense != nil {
		return fromMicroseconds(h.dense.ValueAtPercentile(percentile)), true
	}
	return fromMicroseconds(h.sparse.ValueAtPercentile(percentile)), true
}

// ticksPerHalf is how many lines [Histogram.WritePercentiles] writes until half of what is left is passed, as
// HdrHistogram's own tools do.
const ticksPerHalf = 5

// WritePercentiles writes the distribution in milliseconds as HdrHistogram's text (.hgrm), which its plotter reads.
func (h *Histogram) WritePercentiles(w io.Writer) error {
	all := h.dense
	if all == nil {
		merged := NewHistogram()
		if err := merged.Merge(h); err != nil {
			return err
		}
		all = merged.dense
	}
	if _, err := all.PercentilesPrint(w, ticksPerHalf, 1000); err != nil {
		return fmt.Errorf("write percentiles: %w", err)
	}
	return nil
}

// fromMicroseconds is a bucket's upper edge. The topmost bucket reaches beyond
// [Highest], no recorded value does.
func fromMicroseconds(us int64) time.Duration {
	return min(time.Duration(us)*time.Microsecond, Highest)
}
