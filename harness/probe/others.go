package probe

import (
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// othersReader adds up what others than the run took of the processors that the run may use.
type othersReader struct {
	source source
	may    map[uint64]bool // processors that any process of the run may use; nil: not known

	taken, stolen time.Duration // since begin
	waited        time.Duration // pressure at begin
	pressed       bool          // it was known
	seen          bool          // any reading was taken
}

func newOthersReader(from source) othersReader { return othersReader{source: from} }

// mayRun takes the processors of a process of the run.
func (o *othersReader) mayRun(pid int) {
	for _, id := range processors(o.source.root, pid) {
		if o.may == nil {
			o.may = map[uint64]bool{}
		}
		o.may[id] = true
	}
}

// begin begins the window.
func (o *othersReader) begin() {
	o.taken, o.stolen, o.seen = 0, 0, false
	o.waited, o.pressed = pressure(o.source.root)
}

// unattributed is what the kernel needs to switch between processes and to leave idleness, and adds to no process's
// time, as a share of what the processes use: 2 to 3 % where it was measured.
const unattributed = 0.025

// advance takes what the host did between two readings, and what of that the run and the kernel's
// threads used. Interrupts are left to whoever caused them, mostly the run with its traffic.
func (o *othersReader) advance(now, before hostTime, ours time.Duration) {
	use := now.since(before, o.may)
	foreign := use.busy - use.irq - ours - time.Duration(unattributed*float64(ours))
	o.taken += foreign - o.spare(now, now.at-before.at, foreign)
	o.stolen += use.steal
	o.seen = true
}

// spare is how much of what others used they did not take from the run: a quota leaves
// processors that the run could not have used.
func (o *othersReader) spare(now hostTime, elapsed, foreign time.Duration) time.Duration {
	if o.source.quota <= 0 {
		return 0
	}
	left := time.Duration((float64(o.cores(now)) - o.source.quota) * float64(elapsed))
	return min(max(0, left), max(0, foreign))
}

// cores counts the processors that the run may use.
func (o *othersReader) cores(now hostTime) int {
	if o.may == nil {
		return len(now.cores)
	}
	n := 0
	for id := range now.cores {
		if o.may[uint64(id)] {
			n++
		}
	}
	return n
}

// window is what was taken since begin.
func (o *othersReader) window(length time.Duration, now hostTime) measure.Others {
	cores := float64(o.cores(now))
	if o.source.quota > 0 {
		cores = min(cores, o.source.quota)
	}
	if !o.seen || cores == 0 || length <= 0 {
		return measure.Others{}
	}
	share := func(d time.Duration) float64 { return min(1, max(0, d.Seconds()/(cores*length.Seconds()))) }
	w := measure.Others{Known: true, Cores: cores, Taken: share(o.taken), Stolen: share(o.stolen)}
	if waited, ok := pressure(o.source.root); ok && o.pressed {
		w.PressureKnown, w.Pressure = true, min(1, max(0, (waited-o.waited).Seconds()/length.Seconds()))
	}
	return w
}
