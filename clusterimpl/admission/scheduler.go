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
	// enough is how many waits it takes to tell. The runtime looks at one in eight: where requests
	// are few and long, a moment has none, which says nothing.
	enough = 8
	// enoughTime is how long they are waited for. Then those that there were tell: where requests
	// wait for a store and not for a processor, there are few.
	enoughTime = 300 * time.Millisecond
	// stale is how old a reading may be from which another is counted.
	stale = time.Second
)

// scheduler reads how long goroutines that are ready wait for a processor.
type scheduler struct {
	at     time.Time
	before []uint64 // goroutines, by how long they have waited
	short  bool     // that processors are, as it was told last
}

// starved says whether many have waited for long since it was told before. While too few have
// waited to tell, it is as it was. When it was told long ago it says no, and knows better the
// next time.
func (s *scheduler) starved() bool {
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return true // it cannot be told
	}
	return s.judge(sample[0].Value.Float64Histogram(), time.Now())
}

// judge compares a reading with the one before.
func (s *scheduler) judge(h *metrics.Float64Histogram, now time.Time) bool {
	if s.before == nil || now.Sub(s.at) >= stale {
		s.short = false
	} else if all, long := waits(h, s.before); all < enough && now.Sub(s.at) < enoughTime {
		return s.short
	} else {
		s.short = all > 0 && float64(long) >= waiting*float64(all)
	}
	s.before, s.at = append(s.before[:0], h.Counts...), now
	return s.short
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
