package worker

import (
	"math"
	"net/http"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/admission"
	"github.com/nameplate-dev/nameplate/clusterimpl/health"
)

// counters are what the server counts as requests come and go.
type counters struct {
	connections atomic.Int64
	requests    atomic.Uint64
	inFlight    atomic.Int64
	errors      atomic.Uint64
	panics      atomic.Uint64
	latencies   latencies
}

// gauge reads what a worker uses, and remembers the reading before.
type gauge struct {
	counters *counters
	limit    int64 // bytes
	refused  func() uint64
	database func() health.Database

	mu       sync.Mutex
	cpu      float64
	at       time.Time
	periodic health.GC // of it, the fields of periodic collections
}

func newGauge(c *counters, limit int64) *gauge {
	return &gauge{
		counters: c, limit: limit, cpu: processorTime(), at: time.Now(),
		refused: func() uint64 { return 0 }, database: func() health.Database { return health.Database{} },
	}
}

// Connected is a [Handler] that keeps connections to a database.
type Connected interface {
	// Database is what it keeps open, and what that took since it was made.
	Database() health.Database
}

// gated puts a gate before an application, and lets the gauge read both.
func (g *gauge) gated(app Handler) http.Handler {
	gate := admission.NewGate(admission.Config{})
	g.refused = gate.Refused
	if c, ok := app.(Connected); ok {
		g.database = c.Database
	}
	return gate.Wrap(app)
}

// read takes a new reading.
func (g *gauge) read() health.Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	now, cpu := time.Now(), processorTime()
	cores := 0.0
	if passed := now.Sub(g.at).Seconds(); passed > 0 {
		cores = (cpu - g.cpu) / passed
	}
	g.at, g.cpu = now, cpu

	heap, gc := collector()
	gc.Periodic, gc.Freed, gc.Took = g.periodic.Periodic, g.periodic.Freed, g.periodic.Took
	q := g.counters.latencies.quantiles(0.50, 0.99)
	return health.Stats{
		CPU:         health.CPU{Seconds: cpu, Cores: cores},
		Memory:      health.Usage{RSS: residentSize(), Heap: heap, Limit: g.limit},
		Connections: g.counters.connections.Load(),
		Requests:    g.counters.requests.Load(),
		InFlight:    g.counters.inFlight.Load(),
		Errors:      g.counters.errors.Load(),
		Panics:      g.counters.panics.Load(),
		Refused:     g.refused(),
		Database:    g.database(),
		Response:    health.Response{P50: q[0], P99: q[1]},
		GC:          gc,
	}
}

// collect runs the garbage collector and notes what it did.
func (g *gauge) collect() {
	before, _ := collector()
	started := time.Now()
	runtime.GC()
	took := time.Since(started)
	after, _ := collector()

	g.mu.Lock()
	defer g.mu.Unlock()
	g.periodic.Periodic++
	g.periodic.Freed = max(0, before-after)
	g.periodic.Took = float64(took.Microseconds()) / 1000
}

// processorTime is what this process has used, user and system, in seconds.
func processorTime() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot fail for a process's own usage
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// collector reads the size of the heap's objects, in bytes, and the collector's totals.
func collector() (heap int64, gc health.GC) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/pauses/total/gc:seconds"},
	}
	metrics.Read(samples)
	gc.Cycles = samples[1].Value.Uint64()
	gc.PauseP99 = 1000 * quantile(samples[2].Value.Float64Histogram(), 0.99)
	return int64(samples[0].Value.Uint64()), gc
}

// quantile is the upper bound of the runtime's bucket in which a share of all values
// lies, or its lower bound where it has no upper; 0 without values.
func quantile(h *metrics.Float64Histogram, share float64) float64 {
	var total, seen uint64
	for _, n := range h.Counts {
		total += n
	}
	if total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(share * float64(total)))
	for i, n := range h.Counts {
		if seen += n; seen >= rank {
			if upper := h.Buckets[i+1]; !math.IsInf(upper, 1) {
				return upper
			}
			return h.Buckets[i]
		}
	}
	return 0
}
