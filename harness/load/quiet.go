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
	// lateness at 5,000 req/s.
	perProcessor = 8000
	// garbage is the least GOGC, in percent: fewer collections, each of which makes some
	// requests late. The generator's live heap is some 20 MB.
	garbage = 400
	// probed is how many arrivals tell a schedule's rate.
	probed = 1000
)

// quiet counts the runs that want the Go runtime set up for them. The settings are the
// whole process's: the first run makes them, the last one puts back what was.
var quiet struct {
	sync.Mutex
	runs                int
	processors, percent int // as they were
}

// quieten sets up the Go runtime for a generator of the schedule's rate, and returns a
// function that puts back what was.
func quieten(s Schedule) (restore func()) {
	quiet.Lock()
	defer quiet.Unlock()
	if quiet.runs++; quiet.runs == 1 {
		quiet.processors = runtime.GOMAXPROCS(0)
		if n := wanted(s); n < quiet.processors {
			runtime.GOMAXPROCS(n)
		}
		quiet.percent = debug.SetGCPercent(garbage)
		if quiet.percent < 0 || quiet.percent > garbage {
			debug.SetGCPercent(quiet.percent)
		}
	}
	return func() {
		quiet.Lock()
		defer quiet.Unlock()
		if quiet.runs--; quiet.runs == 0 {
			debug.SetGCPercent(quiet.percent)
			runtime.GOMAXPROCS(quiet.processors)
		}
	}
}

// wanted is the number of processors for a schedule, at least 1.
func wanted(s Schedule) int {
	at := s.At(probed)
	if at == Never {
		return 1
	}
	rate := probed / max(at, time.Nanosecond).Seconds()
	return int(min(max(1, math.Ceil(rate/perProcessor)), 1<<16))
}
