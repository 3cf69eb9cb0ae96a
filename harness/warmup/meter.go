package warmup

import (
	"sync"
	"time"
)

// Meter counts requests into intervals. It is safe for concurrent use; the zero value is ready.
type Meter struct {
	mu     sync.Mutex
	open   []Interval // those from closed on
	closed int        // intervals that were taken
}

// Offered counts a request at its scheduled moment, since the load began.
func (m *Meter) Offered(at time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.interval(at).Offered++
}

// Passed counts so many requests, at about one scheduled moment, for which the generator had no time.
func (m *Meter) Passed(count uint64, at time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.interval(at).Passed += count
}

// Answered counts a request that left the system at a moment: with a good answer or not, after a response time,
// 0 for one that was never sent, and having waited for a connection for most of it or not.
func (m *Meter) Answered(at, response time.Duration, good, waited bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.interval(at)
	if good {
		i.Good++
	} else {
		i.Failed++
	}
	if waited {
		i.Waited++
	}
	if response > 0 {
		i.Times.Add(response)
	}
}

// interval is the one that a moment falls into; what comes too late counts in the first that is open.
func (m *Meter) interval(at time.Duration) *Interval {
	n := max(0, int(at/Length)-m.closed)
	for len(m.open) <= n {
		m.open = append(m.open, Interval{})
	}
	return &m.open[n]
}

// Take returns the intervals that have ended by now and were not taken before, in order.
func (m *Meter) Take(now time.Duration) []Interval {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := max(0, int(now/Length)-m.closed)
	for len(m.open) < n {
		m.open = append(m.open, Interval{})
	}
	taken := m.open[:n:n]
	m.open, m.closed = m.open[n:], m.closed+n
	return taken
}
