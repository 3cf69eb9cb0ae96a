package run

import (
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Stage says what the pipeline is doing.
type Stage string

// The stages, in the order in which a phase goes through them.
const (
	StageStores  Stage = "stores"   // bringing up the stores
	StageStart   Stage = "start"    // starting the system
	StageWarmup  Stage = "warm-up"  // load is offered, not judged
	StageMeasure Stage = "measure"  // the measurement window
	StageStop    Stage = "stop"     // stopping the system
	StageRunDone Stage = "run done" // one run is archived
	StageTried   Stage = "tried"    // one run of a search for the capacity is archived
	StageDone    Stage = "done"     // the phase is done
)

// Event is one step of progress.
type Event struct {
	Stage   Stage
	Phase   suite.Phase
	Run     int            // 1 and up; 0 outside a run
	Runs    int            // planned for the phase
	Search  bool           // the run is one of a search for the capacity
	Message string         // detail, may be empty
	Left    time.Duration  // estimate for everything that remains
	Trial   *archive.Trial // set with StageRunDone
	Invalid []string       // set with StageRunDone: why the run does not count
	// Live is set once a second with [StageWarmup] and [StageMeasure]: what became of requests in the last second of
	// load, for looking at.
	Live *measure.Live
}

// overhead is what a run takes beside warm-up and window, and a phase beside its runs,
// until the first of each has been seen.
const (
	runOverhead   = time.Second
	storeOverhead = 5 * time.Second
)

// estimate tells how long the rest of the plan will take, and learns from what has passed.
type estimate struct {
	now     func() time.Time
	perRun  time.Duration
	runs    int // still to make
	stores  int // phases with stores still to come
	seeks   int // short searches still to make
	current time.Time
}

func newEstimate(s *suite.Suite, o archive.Options, now func() time.Time) *estimate {
	e := &estimate{now: now, perRun: o.Warmup + o.Duration + runOverhead, runs: len(s.Phases) * o.Runs, current: now()}
	for _, p := range s.Phases {
		if len(p.Stores) > 0 {
			e.stores++
		}
		if o.Headroom && seekable(p) {
			e.seeks++
		}
	}
	return e
}

// storesUp notes that a phase's stores are up.
func (e *estimate) storesUp() { e.stores = max(0, e.stores-1) }

// sought notes the end of a short search.
func (e *estimate) sought() { e.seeks = max(0, e.seeks-1) }

// runStarts notes the begin of a run.
func (e *estimate) runStarts() { e.current = e.now() }

// runDone notes the end of a run, and skipped ones that will not be made.
func (e *estimate) runDone(skipped int) {
	e.perRun = e.now().Sub(e.current)
	e.current = e.now()
	e.runs = max(0, e.runs-1-skipped)
}

func (e *estimate) remaining() time.Duration {
	left := time.Duration(e.runs)*e.perRun + time.Duration(e.stores)*storeOverhead +
		time.Duration(e.seeks)*headroomTime - e.now().Sub(e.current)
	return max(0, left).Round(time.Second)
}
