package admission

import (
	"math"
	"runtime/metrics"
	"time"
)

const (
	// longWait is a wait for a processor that a request notices.
	longWait = 0.010 // seconds
	// waiting is the share of the runtime's sample that has waited so long when processors are
	// short: requests are more than that, but most of what runs is woken by what ran before and
	// does not wait.
	waiting = 0.05
	// stale is how old a reading may be from which another is counted.
	stale = time.Second
)

// scheduler reads how long goroutines that are ready wait for a processor.
type scheduler struct {
	at     time.Time
	before []uint64 // goroutines, by how long they have waited
}

// starved says whether many have waited for long since it was asked before. When that was long
// ago it says no, and knows better the next time.
func (s *scheduler) starved() bool {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return true // it cannot be told
	}
	h := sample[0].Value.Float64Histogram()
	known := s.before != nil && time.Since(s.at) < stale
	var all, long uint64
	if known {
		all, long = waits(h, s.before)
	}
	s.before, s.at = append(s.before[:0], h.Counts...), time.Now()
	return all > 0 && float64(long) >= waiting*float64(all)
}

// waits counts the waits since an earlier reading, and of these the long ones.
func waits(h *metrics.Float64Histogram, before []uint64) (all, long uint64) {
	for i, n := range h.Counts {
		n -= before[i]
		all += n
		if lower := h.Buckets[i]; lower >= longWait && !math.IsInf(lower, -1) {
			long += n
		}
	}
	return all, long
}
