package probe

import (
	"bytes"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// usageReader adds readings up to series.
type usageReader struct {
	config    Config
	processes *processes
	hostStat  procFile
	memory    procFile
	uptime    procFile
	buf       []byte

	series  []*seriesReader // in the order of first sight; the host's first
	byName  map[seriesKey]*seriesReader
	last    map[int]uint64 // ticks used by a listed process or its tree, at the reading before
	busy    uint64         // ticks used by the host, at the reading before
	up      uint64         // ticks since the host started, at the reading before
	at      time.Duration  // of the reading before
	cores   float64        // of the host; 0: not known
	started bool           // the reading at Start was taken
	ended   bool           // and one after it
}

type seriesKey struct {
	role measure.Role
	name string
}

// seriesReader is the series of one role and name.
type seriesReader struct {
	measure.Series
	total    uint64 // ticks used since the first reading
	start    uint64 // of these, before Start
	before   uint64 // total at the reading that the last rate was taken at
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

func newUsageReader(c Config, root string) *usageReader {
	r := &usageReader{
		config: c, processes: newProcesses(root), byName: map[seriesKey]*seriesReader{}, last: map[int]uint64{},
		hostStat: openAt(root, "stat"), memory: openAt(root, "meminfo"), uptime: openAt(root, "uptime"), buf: make([]byte, 4096),
	}
	r.find(measure.RoleHost, "host")
	return r
}

func (r *usageReader) close() {
	r.processes.close()
	r.hostStat.close()
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
	r.cores = countCores(r.hostStat.read(nil))
	r.series[0].beforeAt = at
	r.take(true)
}

// read takes the reading that was planned for a moment, at the moment it came to.
func (r *usageReader) read(at, planned time.Duration) {
	r.take(false)
	for _, s := range r.series {
		if s.seen {
			r.point(s, at)
		}
	}
	r.at = at
	switch {
	case planned == r.config.Start:
		r.started = true
		for _, s := range r.series {
			s.start = s.total
		}
	case r.started:
		r.ended = true
	}
}

// point appends a reading to a series.
func (r *usageReader) point(s *seriesReader, at time.Duration) {
	p := measure.UsagePoint{At: at, RSS: s.now.resident(), Own: max(0, s.now.private)}
	// Over less than a few ticks a rate says nothing: the point before is repeated.
	if since := at - s.beforeAt; since >= max(r.config.Every/10, leastEvery) {
		p.CPU = float64(s.total-s.before) / ticksPerSecond / since.Seconds()
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

// take reads the host and every process listed now.
func (r *usageReader) take(first bool) {
	for _, s := range r.series {
		s.seen, s.now = false, groupMemory{}
	}
	r.host(first)
	r.processes.next()
	listed := r.config.Processes()
	var roots []int
	for _, p := range listed {
		if p.Tree {
			roots = append(roots, p.PID)
		}
	}
	trees := r.processes.descendants(roots)
	up := parseUptime(r.uptime.read(r.buf))
	living := make(map[int]uint64, len(listed))
	for _, p := range listed {
		s := r.find(p.Role, p.Name)
		used, root, ok := r.process(p, trees, s)
		if !ok {
			continue
		}
		if before, known := r.last[p.PID]; known {
			s.total += used - min(used, before)
		} else if !first && root.started >= r.up {
			s.total += used // it started since the reading before
		}
		living[p.PID] = used
	}
	r.last, r.up = living, up
	for _, s := range r.series {
		if s.seen && s.now.members == 1 {
			s.PeakRSS = max(s.PeakRSS, s.now.peak)
		}
	}
}

// process reads one listed process, with its tree if it has one, and returns the ticks
// it has used. The time of an ended child goes over to its parent, which has waited for
// it, so that a tree's time never falls when a child ends.
func (r *usageReader) process(p measure.Process, trees map[int][]int, s *seriesReader) (used uint64, root processReading, ok bool) {
	root = r.processes.get(p.PID)
	if !root.alive {
		return 0, root, false
	}
	s.seen, s.Known = true, true
	if !p.Tree {
		s.now.add(root.processMemory)
		return root.own, root, true
	}
	for _, pid := range trees[p.PID] {
		if m := r.processes.get(pid); m.alive {
			used += m.own + m.children
			s.now.add(m.processMemory)
		}
	}
	return used, root, true
}

// host reads the host's own usage.
func (r *usageReader) host(first bool) {
	s := r.series[0]
	stat, ok := parseHostStat(r.hostStat.head(r.buf))
	_, used, memory := parseMemory(r.memory.read(r.buf))
	if !ok || !memory {
		return
	}
	if !first {
		s.total += stat.busy - min(stat.busy, r.busy)
	}
	s.seen, s.Known = true, true
	s.now.add(processMemory{resident: used})
	r.busy = stat.busy
}

// parseUptime reads the ticks since the host started from /proc/uptime.
func parseUptime(data []byte) uint64 {
	seconds, rest, _ := nextNumber(data)
	rest, _ = bytes.CutPrefix(rest, []byte{'.'})
	hundredths, _, _ := nextNumber(rest)
	return seconds*ticksPerSecond + hundredths
}

// usage is everything that was read. Without a reading at Start and one after it, the
// processor time within the window is not known.
func (r *usageReader) usage() *measure.Usage {
	u := &measure.Usage{Series: make([]measure.Series, 0, len(r.series))}
	for _, s := range append(r.series[1:len(r.series):len(r.series)], r.series[0]) {
		series := s.Series
		series.Known = series.Known && r.ended
		series.CPU = float64(s.total-s.start) / ticksPerSecond
		u.Series = append(u.Series, series)
	}
	return u
}
