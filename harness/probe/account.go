package probe

import "time"

// tick is the unit of processor times in /proc.
const tick = time.Second / ticksPerSecond

// account adds up the processor time of a process, or of one with all below it. Each living member
// counts by its own clock. The kernel adds the time of an ended child to the parent that waited for
// it, which shows it in ticks: of these, what the child was counted with while it lived is taken off.
type account struct {
	last map[int]member
	owed map[int]time.Duration // of an ended child, counted in nanoseconds and not yet in its parent's ticks
}

// member is one living process of an account.
type member struct {
	own, children time.Duration
	parent        int
	started       uint64 // ticks since the host started: tells it from another of the same number
}

// advance takes the members that live now and returns the time used since the reading before.
// That was at the given uptime in ticks: a member that is new counts wholly when it started since, and
// from now on when it only joined. The first reading counts nothing.
func (a *account) advance(now map[int]member, before uint64) time.Duration {
	var used time.Duration
	gained := make(map[int]time.Duration, len(now)) // by a member, of its ended children
	for pid, m := range now {
		switch was, known := a.last[pid]; {
		case known && was.started == m.started:
			used += max(0, m.own-was.own)
			gained[pid] += m.children - was.children
		case a.last != nil && m.started >= before:
			used += m.own
			gained[pid] += m.children
		}
	}
	for pid, was := range a.last {
		if m, lives := now[pid]; lives && m.started == was.started {
			continue
		}
		if heir, found := a.heir(was.parent, now); found {
			gained[heir] -= was.own + was.children
		}
	}
	owed := map[int]time.Duration{}
	for pid, g := range gained {
		g += a.owed[pid]
		used += max(0, g)
		// What exceeds the ticks' rounding ended without being waited for: its last interval is lost.
		if g < 0 {
			owed[pid] = max(g, -2*tick)
		}
	}
	a.last, a.owed = now, owed
	return used
}

// heir is the living member that got the time of an ended one, given its parent: the
// nearest ancestor that lives.
func (a *account) heir(parent int, now map[int]member) (int, bool) {
	for range len(a.last) + 1 {
		was, known := a.last[parent]
		if !known {
			return 0, false
		}
		if m, lives := now[parent]; lives && m.started == was.started {
			return parent, true
		}
		parent = was.parent
	}
	return 0, false
}
