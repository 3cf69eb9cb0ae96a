// Package supervise decides when a worker is started, replaced or given up.
//
// It is a state machine over slots, each of which holds at most one worker. It starts
// no process and reads no clock: it is told what happened and when, and says what to
// do. The rules:
//
//   - the first replacement of a worker that served well is immediate;
//   - deaths of one slot in a row, before the worker was ready or within [Policy.Young]
//     of it, wait: FirstDelay, and each time 1.5 times as long, up to MaxDelay, with
//     jitter, so that workers that fall over together do not come back together;
//   - a worker that was told to end, because of a renewal or a change of the number of
//     workers, counts as no death;
//   - more than [Policy.Limit] deaths of all slots within the sliding [Policy.Window]
//     end the replacing for good: a cluster that cannot live says so instead of spinning.
package supervise

import (
	"math"
	"slices"
	"time"
)

// State is the state of a slot.
type State string

// The states. A slot that waits for its replacement is starting, without a process.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Draining State = "draining"
	Failed   State = "failed" // its worker died and will not be replaced
)

// growth is the factor between two delays.
const growth = 1.5

// Policy is how patient a supervisor is.
type Policy struct {
	Workers    int           // slots, 1 and up
	Limit      int           // deaths within Window that are still replaced, 0 and up
	Window     time.Duration // sliding
	Young      time.Duration // a worker that dies within this after it was ready counts as never ready
	FirstDelay time.Duration // before the second replacement in a row
	MaxDelay   time.Duration
	Jitter     func() float64 // in the range [0,1); a delay is stretched by up to a fifth of it
}

// Default is the policy of the reference cluster.
func Default(workers, limit int, jitter func() float64) Policy {
	return Policy{
		Workers: workers, Limit: limit, Window: time.Minute, Young: time.Second,
		FirstDelay: 50 * time.Millisecond, MaxDelay: 2 * time.Second, Jitter: jitter,
	}
}

// Slot is one worker's place.
type Slot struct {
	Number   int // 1 and up
	State    State
	Alive    bool      // there is a process
	Due      time.Time // when the replacement starts, while there is no process; zero if there will be none
	ReadyAt  time.Time // when the present process was ready; zero before
	Restarts int       // replacements started
	Leaving  bool      // there is no replacement: the number of workers was lowered

	planned bool // the process was told to end
	started bool // at least once
	early   int  // deaths in a row before or soon after ready
}

// Supervisor holds the slots. It is not safe for concurrent use.
type Supervisor struct {
	policy   Policy
	slots    []Slot
	deaths   []time.Time // within the window, oldest first
	gaveUp   bool
	draining bool
}

// New returns a supervisor whose slots are all due at once.
func New(p Policy, now time.Time) *Supervisor {
	s := &Supervisor{policy: p, slots: make([]Slot, p.Workers)}
	for i := range s.slots {
		s.slots[i] = Slot{Number: i + 1, State: Starting, Due: now}
	}
	return s
}

// Slots returns a copy of all slots.
func (s *Supervisor) Slots() []Slot { return slices.Clone(s.slots) }

// GaveUp says whether the limit was passed: nothing is replaced any more.
func (s *Supervisor) GaveUp() bool { return s.gaveUp }

// Alive is the number of slots that have a process.
func (s *Supervisor) Alive() int { return s.count(func(sl Slot) bool { return sl.Alive }) }

// Active is the number of workers that take requests.
func (s *Supervisor) Active() int { return s.count(func(sl Slot) bool { return sl.State == Ready }) }

func (s *Supervisor) count(is func(Slot) bool) int {
	n := 0
	for _, sl := range s.slots {
		if is(sl) {
			n++
		}
	}
	return n
}

// at is the slot of a number; nil when there is none.
func (s *Supervisor) at(slot int) *Slot {
	if slot < 1 || slot > len(s.slots) {
		return nil
	}
	return &s.slots[slot-1]
}

// Start returns the slots whose worker is to be started now and takes them as started.
func (s *Supervisor) Start(now time.Time) []int {
	var start []int
	for i := range s.slots {
		sl := &s.slots[i]
		if sl.Alive || sl.Leaving || sl.Due.IsZero() || sl.Due.After(now) {
			continue
		}
		if sl.started {
			sl.Restarts++
		}
		sl.started, sl.Alive, sl.Due, sl.ReadyAt = true, true, time.Time{}, time.Time{}
		start = append(start, sl.Number)
	}
	return start
}

// Next is the earliest moment at which [Supervisor.Start] has something to start;
// false when nothing waits.
func (s *Supervisor) Next() (time.Time, bool) {
	var next time.Time
	for _, sl := range s.slots {
		if !sl.Due.IsZero() && (next.IsZero() || sl.Due.Before(next)) {
			next = sl.Due
		}
	}
	return next, !next.IsZero()
}

// Ready notes that the worker of a slot takes requests from now on.
func (s *Supervisor) Ready(slot int, now time.Time) {
	if sl := s.at(slot); sl != nil && sl.Alive && sl.State == Starting {
		sl.State, sl.ReadyAt = Ready, now
	}
}

// Retire notes that the worker of a slot takes no more connections; it is replaced
// once it has ended.
func (s *Supervisor) Retire(slot int) {
	if sl := s.at(slot); sl != nil && sl.Alive && sl.State == Ready {
		sl.State = Draining
	}
}

// Renew notes that the worker of a slot was told to end, to be replaced by a new one.
func (s *Supervisor) Renew(slot int) {
	s.Retire(slot)
	if sl := s.at(slot); sl != nil && sl.Alive {
		sl.planned = true
	}
}

// Resize changes the number of slots, 1 and up. It returns the slots whose worker is to
// be told to end.
func (s *Supervisor) Resize(workers int, now time.Time) (end []int) {
	if s.draining || s.gaveUp {
		return nil
	}
	for i := range s.slots {
		s.slots[i].Leaving = i >= workers
	}
	for len(s.slots) < workers {
		s.slots = append(s.slots, Slot{Number: len(s.slots) + 1, State: Starting, Due: now})
	}
	for i := range s.slots {
		sl := &s.slots[i]
		switch {
		case sl.Leaving && sl.Alive:
			sl.State, sl.planned = Draining, true
			end = append(end, sl.Number)
		case sl.Leaving:
			sl.Due = time.Time{}
		case !sl.Alive && sl.Due.IsZero():
			sl.State, sl.Due = Starting, now
		}
	}
	s.trim()
	return end
}

// trim forgets the slots at the end that have no worker and get none.
func (s *Supervisor) trim() {
	for n := len(s.slots); n > 0 && s.slots[n-1].Leaving && !s.slots[n-1].Alive; n-- {
		s.slots = s.slots[:n-1]
	}
}

// Planned says whether the worker of a slot was told to end.
func (s *Supervisor) Planned(slot int) bool {
	sl := s.at(slot)
	return sl != nil && sl.planned
}

// Replaces says whether a slot waits for its next worker.
func (s *Supervisor) Replaces(slot int) bool {
	sl := s.at(slot)
	return sl != nil && !sl.Due.IsZero()
}

// Drain notes that the whole cluster stops: no worker is replaced any more.
func (s *Supervisor) Drain() {
	s.draining = true
	for i := range s.slots {
		sl := &s.slots[i]
		sl.Due = time.Time{}
		if sl.Alive {
			sl.State = Draining
		} else {
			sl.State = Failed
		}
	}
}

// Died notes that the process of a slot has ended, however it did. It returns true
// when this was the death that passed the limit.
func (s *Supervisor) Died(slot int, now time.Time) (gaveUp bool) {
	sl := s.at(slot)
	if sl == nil || !sl.Alive {
		return false
	}
	planned := sl.planned
	sl.planned = false
	young := sl.ReadyAt.IsZero() || now.Sub(sl.ReadyAt) < s.policy.Young
	sl.Alive = false
	if s.draining || s.gaveUp {
		sl.State = Failed
		return false
	}
	if sl.Leaving {
		s.trim()
		return false
	}
	if planned {
		sl.State, sl.Due, sl.early = Starting, now, 0
		return false
	}
	if s.overLimit(now) {
		s.giveUp(sl)
		return true
	}
	if young {
		sl.early++
	} else {
		sl.early = 0
	}
	sl.State, sl.Due = Starting, now.Add(s.delay(sl.early))
	return false
}

// overLimit counts a death and says whether there are too many within the window.
func (s *Supervisor) overLimit(now time.Time) bool {
	s.deaths = slices.DeleteFunc(s.deaths, func(at time.Time) bool { return now.Sub(at) >= s.policy.Window })
	s.deaths = append(s.deaths, now)
	return len(s.deaths) > s.policy.Limit
}

// giveUp stops all replacing, of those slots too that were waiting for it.
func (s *Supervisor) giveUp(dead *Slot) {
	s.gaveUp = true
	dead.State = Failed
	for i := range s.slots {
		if sl := &s.slots[i]; !sl.Due.IsZero() {
			sl.State, sl.Due = Failed, time.Time{}
		}
	}
}

// delay is how long a replacement waits after early deaths in a row; the first does not.
func (s *Supervisor) delay(early int) time.Duration {
	if early < 2 {
		return 0
	}
	d := min(float64(s.policy.FirstDelay)*math.Pow(growth, float64(early-2)), float64(s.policy.MaxDelay))
	return time.Duration(d * (1 + s.policy.Jitter()/5))
}
