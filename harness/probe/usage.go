package probe

import (
	"bytes"
	"math"
	"slices"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// usageReader adds readings up to series.
type usageReader struct {
	config    Config
	source    source
	processes *processes
	memory    procFile
	uptime    procFile
	buf       []byte

	series   []*seriesReader // in the order of first sight; the host's first
	byName   map[seriesKey]*seriesReader
	accounts map[int]*account // of the listed processes, by number
	own      account          // of this process and all below it, listed or not
	kernel   time.Duration    // used by the kernel's threads since the reading before
	host     hostTime         // at the reading before
	others   othersReader
	up       uint64         // ticks since the host started, at the reading before
	at       time.Duration  // of the reading before
	cores    float64        // of the host; 0: not known
	started  bool           // the reading at Start was taken
	startAt  time.Duration  // when
	ended    bool           // and one after it
	whole    bool           // and the one at End
	over     *measure.Usage // what was read up to End; nil before
}

// source is where readings come from.
type source struct {
	root  string                              // of /proc
	clock func(pid int) (time.Duration, bool) // the processor time of a process; nil: only its ticks
	quota float64                             // cores that the control groups allow this process; 0: no limit
	self  int                                 // the number of this process; 0: what it started does not matter
}

type seriesKey struct {
	role measure.Role
	name string
}

// ever is before any reading.
const ever = time.Duration(math.MinInt64)

// seriesReader is the series of one role and name.
type seriesReader struct {
	measure.Series
	total    time.Duration // used since the first reading
	start    time.Duration // of that, before Start
	before   time.Duration // total at the reading that the last rate was taken at
	beforeAt time.Duration
	seen     bool // in the current reading
	now      groupMemory
}

// groupMemory adds up the resident sizes of a group. Shared pages are counted once,
// as the largest share that one process has of them: all processes of a database
// map the same buffers.
type groupMemory struct {
	private, shared, peak int64
	members               int
}

func (g *groupMemory) add(m processMemory) {
	g.private += m.resident - m.shared
	g.shared = max(g.shared, m.shared)
	g.peak = max(g.peak, m.peak)
	g.members++
}

func (g groupMemory) resident() int64 { return max(0, g.private+g.shared) }

func newUsageReader(c Config, from source) *usageReader {
	r := &usageReader{
		config: c, source: from, processes: newProcesses(from.root, from.clock), byName: map[seriesKey]*seriesReader{},
		accounts: map[int]*account{}, memory: openAt(from.root, "meminfo"), uptime: openAt(from.root, "uptime"),
		buf: make([]byte, 4096), others: othersReader{source: from},
	}
	r.find(measure.RoleHost, "host")
	return r
}

func (r *usageReader) close() {
	r.processes.close()
	r.memory.close()
	r.uptime.close()
}

// find returns the series of a role and name, new if need be.
func (r *usageReader) find(role measure.Role, name string) *seriesReader {
	key := seriesKey{role, name}
	s := r.byName[key]
	if s == nil {
		s = &seriesReader{Series: measure.Series{Role: role, Name: name}, beforeAt: r.at}
		r.byName[key], r.series = s, append(r.series, s)
	}
	return s
}

// baseline takes the reading that usage counts from. It stands for the one at Start
// when that has passed by no more than a hundredth of the window.
func (r *usageReader) baseline(at time.Duration) {
	r.at = at
	late := at - r.config.Start
	r.started = late >= 0 && late <= tolerated(r.config.Start, r.config.End)
	r.startAt = at
	r.series[0].beforeAt = at
	r.take(at, true)
	r.cores = float64(len(r.host.cores))
	r.others.begin()
}

// read takes the reading that was planned for a moment, at the moment it came to.
func (r *usageReader) read(at, planned time.Duration) {
	r.take(at, false)
	if r.over != nil {
		return // what the run's own processes do now is not asked for
	}
	for _, s := range r.series {
		if s.seen {
			r.point(s, at)
		}
	}
	r.at = at
	switch {
	case planned == r.config.Start:
		r.started, r.startAt = true, at
		r.others.begin()
		for _, s := range r.series {
			s.start = s.total
		}
	case r.started:
		r.ended, r.whole = true, at >= r.config.End
	}
	if at >= r.config.End {
		r.over = r.sum()
	}
}

// point appends a reading to a series.
func (r *usageReader) point(s *seriesReader, at time.Duration) {
	p := measure.UsagePoint{At: at, RSS: s.now.resident(), Own: max(0, s.now.private)}
	// Over a short while a rate says little: the point before is repeated.
	if since := at - s.beforeAt; since >= max(r.config.Every/10, leastEvery) {
		p.CPU = max(0, (s.total-s.before).Seconds()/since.Seconds())
		s.before, s.beforeAt = s.total, at
	} else if n := len(s.Points); n > 0 {
		p.CPU = s.Points[n-1].CPU
	}
	if r.cores > 0 {
		p.CPU = min(p.CPU, r.cores)
	}
	s.Points = append(s.Points, p)
	s.PeakRSS = max(s.PeakRSS, p.RSS)
}

// take reads the host and every process listed now, and returns the processor time that these, all
// that this process started, and the kernel's threads used since the reading before.
func (r *usageReader) take(at time.Duration, first bool) time.Duration {
	for _, s := range r.series {
		s.seen, s.now = false, groupMemory{}
	}
	r.processes.next()
	listed := r.config.Processes()
	var roots []int
	for _, p := range listed {
		if p.Tree {
			roots = append(roots, p.PID)
		}
	}
	if r.source.self > 0 {
		roots = append(roots, r.source.self)
	}
	trees := r.processes.descendants(roots)
	up := parseUptime(r.uptime.read(r.buf))
	living := make(map[int]*account, len(listed))
	var ours time.Duration
	for _, p := range listed {
		s := r.find(p.Role, p.Name)
		members, ok := r.members(p, trees, s)
		if !ok {
			continue
		}
		a := r.accounts[p.PID]
		if a == nil {
			r.others.mayRun(p.PID)
			a = &account{}
			if !first { // else it counts from now on
				a.last = map[int]member{}
			}
		}
		used := a.advance(members, r.up)
		s.total += used
		if !slices.Contains(trees[r.source.self], p.PID) { // else it counts with all that this process started
			ours += used
		}
		living[p.PID] = a
	}
	r.kernel = r.processes.kernel.advance(r.source.clock)
	ours += r.own.advance(r.tree(trees[r.source.self], nil), r.up) + r.kernel
	r.accounts, r.up = living, up
	r.hostUsage(at, first, ours)
	for _, s := range r.series {
		if s.seen && s.now.members == 1 {
			s.PeakRSS = max(s.PeakRSS, s.now.peak)
		}
	}
	return ours
}

// members reads one listed process, with its tree if it has one.
func (r *usageReader) members(p measure.Process, trees map[int][]int, s *seriesReader) (map[int]member, bool) {
	root := r.processes.get(p.PID)
	if !root.alive {
		return nil, false
	}
	s.seen, s.Known = true, true
	if !p.Tree {
		s.now.add(root.processMemory)
		return map[int]member{p.PID: {own: root.cpu, parent: root.parent, started: root.started}}, true
	}
	return r.tree(trees[p.PID], &s.now), true
}

// tree reads the processes of a tree, and adds their memory up where that is asked for.
func (r *usageReader) tree(pids []int, memory *groupMemory) map[int]member {
	members := make(map[int]member, len(pids))
	for _, pid := range pids {
		m := r.processes.get(pid)
		if !m.alive {
			continue
		}
		members[pid] = member{
			own: m.cpu, children: time.Duration(m.children) * tick, parent: m.parent, started: m.started,
		}
		if memory != nil {
			memory.add(m.processMemory)
		}
	}
	return members
}

// hostUsage reads the host's own usage. ours is what the run and the kernel used since the reading before.
func (r *usageReader) hostUsage(at time.Duration, first bool, ours time.Duration) {
	s := r.series[0]
	now, ok := readHostTime(r.source.root, at)
	_, used, memory := parseMemory(r.memory.read(r.buf))
	if !ok || !memory {
		return
	}
	if !first {
		s.total += now.since(r.host, nil).busy
		r.others.advance(now, r.host, ours)
	}
	s.seen, s.Known = true, true
	s.now.add(processMemory{resident: used})
	r.host = now
}

// parseUptime reads the ticks since the host started from /proc/uptime.
func parseUptime(data []byte) uint64 {
	seconds, rest, _ := nextNumber(data)
	rest, _ = bytes.CutPrefix(rest, []byte{'.'})
	hundredths, _, _ := nextNumber(rest)
	return seconds*ticksPerSecond + hundredths
}

// usage is everything that was read.
func (r *usageReader) usage() *measure.Usage {
	if r.over == nil {
		return r.sum()
	}
	u := *r.over
	if !r.config.Partial {
		u.OthersAfter = r.others.most(r.at, r.host.at, r.config.End-r.config.Start, r.host)
	}
	return &u
}

// sum is what was read up to now, or up to the window's end. Without a reading at Start and one after it, the
// processor time within the window is not known. A busy host takes the readings late: the time between
// the two is brought to the length of the window.
func (r *usageReader) sum() *measure.Usage {
	u := &measure.Usage{Series: make([]measure.Series, 0, len(r.series))}
	scale := 1.0
	if between := r.at - r.startAt; r.whole && between > 0 {
		scale = float64(r.config.End-r.config.Start) / float64(between)
	}
	for _, s := range append(r.series[1:len(r.series):len(r.series)], r.series[0]) {
		series := s.Series
		series.Known = series.Known && r.ended
		series.CPU = scale * max(0, (s.total-s.start).Seconds())
		u.Series = append(u.Series, series)
	}
	if r.ended && !r.config.Partial {
		u.Others = r.others.window(r.startAt, r.at, r.host)
		u.OthersBefore = r.others.most(ever, r.startAt, r.config.End-r.config.Start, r.host)
	}
	return u
}
