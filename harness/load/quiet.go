package load

import (
	"math"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// perProcessor is the rate, in req/s, that one processor of the Go scheduler sends
	// with ease. Each further one costs: with two, idle threads wake to look for work
	// after every request, which took 40 % more processor time and doubled the median
	// schedule lag at 5,000 req/s.
	perProcessor = 8000
	// garbage is the least GOGC, in percent: fewer collections, each of which makes some
	// requests late. The generator's live heap is some 20 MB.
	garbage = 400
	// probed is how many arrivals tell a schedule's rate, at as many as spans places.
	probed = 1000
	spans  = 64
)

// quiet counts the runs that want the Go runtime set up for them. The settings are the
// whole process's: the first run makes them, the last one puts back what was.
var quiet struct {
	sync.Mutex
	runs                int
	own, shared         int // processors that all runs take for themselves, and the most that one may share
	processors, percent int // as they were
}

// quieten sets up the Go runtime for a generator that takes some processors of the Go scheduler for itself, and wants
// others that it shares with everything else. It returns a function that puts back what was.
func quieten(own, shared int) (restore func()) {
	quiet.Lock()
	defer quiet.Unlock()
	if quiet.runs++; quiet.runs == 1 {
		quiet.processors, quiet.shared = runtime.GOMAXPROCS(0), 1
		quiet.percent = debug.SetGCPercent(garbage)
		if quiet.percent < 0 || quiet.percent > garbage {
			debug.SetGCPercent(quiet.percent)
		}
	}
	quiet.shared = max(quiet.shared, min(shared, quiet.processors))
	setProcessors(own)
	return func() {
		quiet.Lock()
		defer quiet.Unlock()
		if quiet.runs--; quiet.runs == 0 {
			quiet.own = 0
			debug.SetGCPercent(quiet.percent)
			runtime.GOMAXPROCS(quiet.processors)
			return
		}
		setProcessors(-own)
	}
}

// setProcessors sets what all runs need when own more are taken.
func setProcessors(own int) {
	quiet.own += own
	if n := quiet.own + quiet.shared; n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
}

// fastest is the highest rate of a schedule before end, in req/s, looked for over spans of probed arrivals; 0 when it
// has not as many.
func fastest(s Schedule, end time.Duration) (rate float64) {
	n := uint64(probed)
	for n < 1<<20 && s.At(n) < end {
		n *= 2
	}
	for part := range uint64(spans) {
		first := n / spans * part
		if from, to := s.At(first), s.At(first+probed); to < end {
			rate = max(rate, probed/max(to-from, time.Nanosecond).Seconds())
		}
	}
	return rate
}

// wanted is the number of processors for a rate, at least 1.
func wanted(rate float64) int {
	return int(min(max(1, math.Ceil(rate/perProcessor)), 1<<16))
}
