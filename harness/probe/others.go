package probe

import (
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// othersReader keeps what others than the run took of the processors that the run may use.
type othersReader struct {
	source source
	may    map[uint64]bool // processors that any process of the run may use; nil: not known

	steps   []othersStep  // between each reading and the next, in order
	waited  time.Duration // pressure at begin
	pressed bool          // it was known
}

// othersStep is what others took between two readings.
type othersStep struct{ from, to, taken, stolen time.Duration }

// Outside of the measurement window others are looked at over parts of longestPart, or of the window's length if
// that is less: what is done there comes in steps of a few seconds. Over less than leastPart the ticks of the kernel
// tell little.
const (
	leastPart   = time.Second
	longestPart = 3 * time.Second
)

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
func (o *othersReader) begin() { o.waited, o.pressed = pressure(o.source.root) }

// unattributed is what the kernel needs to switch between processes and to leave idleness, and adds to no process's
// time, as a share of what the processes use: 2 to 3 % where it was measured.
const unattributed = 0.025

// advance takes what the host did between two readings, and what of that the run and the kernel's
// threads used. Interrupts are left to whoever caused them, mostly the run with its traffic.
func (o *othersReader) advance(now, before hostTime, ours time.Duration) {
	use := now.since(before, o.may)
	foreign := use.busy - use.irq - ours - time.Duration(unattributed*float64(ours))
	o.steps = append(o.steps,
		othersStep{before.at, now.at, foreign - o.spare(now, now.at-before.at, foreign), use.steal})
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

// window is what was taken between the readings at the window's edges, with the pressure since begin.
func (o *othersReader) window(from, to time.Duration, now hostTime) measure.Others {
	var all othersStep
	for _, s := range o.between(from, to) {
		all = all.and(s)
	}
	w := o.share(all, now)
	if waited, ok := pressure(o.source.root); w.Known && ok && o.pressed {
		w.PressureKnown, w.Pressure = true, min(1, max(0, (waited-o.waited).Seconds()/(to-from).Seconds()))
	}
	return w
}

// most is what was taken in that part of a length between two readings in which it was most; in all of it
// where that is shorter.
func (o *othersReader) most(from, to, length time.Duration, now hostTime) measure.Others {
	length = min(longestPart, max(leastPart, length))
	steps := o.between(from, to)
	var worst measure.Others
	for first := range steps {
		var part othersStep
		for _, s := range steps[first:] {
			if part = part.and(s); part.length() >= length {
				break
			}
		}
		if part.length() < leastPart || part.length() < length && first > 0 {
			break // what is left is too short
		}
		if w := o.share(part, now); w.Taken+w.Stolen >= worst.Taken+worst.Stolen {
			worst = w
		}
	}
	return worst
}

// between are the steps between two readings.
func (o *othersReader) between(from, to time.Duration) []othersStep {
	var all []othersStep
	for _, s := range o.steps {
		if s.from >= from && s.to <= to {
			all = append(all, s)
		}
	}
	return all
}

func (s othersStep) length() time.Duration { return s.to - s.from }

// and adds the step that follows.
func (s othersStep) and(next othersStep) othersStep {
	if s == (othersStep{}) {
		return next
	}
	return othersStep{s.from, next.to, s.taken + next.taken, s.stolen + next.stolen}
}

// share is what was taken as a part of what the run could have used.
func (o *othersReader) share(s othersStep, now hostTime) measure.Others {
	cores := float64(o.cores(now))
	if o.source.quota > 0 {
		cores = min(cores, o.source.quota)
	}
	if cores == 0 || s.length() <= 0 {
		return measure.Others{}
	}
	of := func(d time.Duration) float64 { return min(1, max(0, d.Seconds()/(cores*s.length().Seconds()))) }
	return measure.Others{Known: true, Cores: cores, Taken: of(s.taken), Stolen: of(s.stolen)}
}
