package probe

import (
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes reads watched processes, keeping their files open between readings.
type processes struct {
	root    string
	clock   func(pid int) (time.Duration, bool) // the processor time used; nil: the ticks of stat
	open    map[int]*openProcess
	foreign map[int]bool // seen, and no descendant of a watched process: none can become one
	kernel  kernelThreads
	buf     []byte
	reading int // number of the current reading
}

// openProcess is one process with its open files.
type openProcess struct {
	stat, status procFile
	used         int // the reading that it was last used in
	read         int // the reading that now was read in
	now          processReading
	coarse       bool // its clock cannot be read: it counts in ticks
}

// kernelThreads are the threads of the kernel itself, where they can be seen: they do
// the work of whoever asks the kernel for it.
type kernelThreads struct {
	seen bool
	used map[int]time.Duration // by each, at the reading before
	read int                   // readings
}

// kthreadd is the number of the parent of all kernel threads but itself.
const kthreadd = 2

func newKernelThreads(root string) kernelThreads {
	comm := openAt(filepath.Join(root, strconv.Itoa(kthreadd)), "comm")
	defer comm.close()
	return kernelThreads{seen: strings.TrimSpace(string(comm.read(nil))) == "kthreadd", used: map[int]time.Duration{}}
}

func (k *kernelThreads) has(pid int) bool {
	_, has := k.used[pid]
	return has
}

// add takes a process that is new.
func (k *kernelThreads) add(pid, parent int) {
	if k.seen && parent == kthreadd {
		k.used[pid] = 0
	}
}

// keep forgets those that ended.
func (k *kernelThreads) keep(pids []int) {
	if len(k.used) == 0 {
		return
	}
	living := make(map[int]bool, len(pids))
	for _, pid := range pids {
		living[pid] = true
	}
	maps.DeleteFunc(k.used, func(pid int, _ time.Duration) bool { return !living[pid] })
}

// advance is the time that they used since the reading before, 0 at the first. What cannot
// be read is left out.
func (k *kernelThreads) advance(clock func(int) (time.Duration, bool)) time.Duration {
	if clock == nil {
		return 0
	}
	var sum time.Duration
	for pid, before := range k.used {
		if now, ok := clock(pid); ok {
			sum += max(0, now-before)
			k.used[pid] = now
		}
	}
	if k.read++; k.read == 1 {
		return 0
	}
	return sum
}

// processReading is one reading of one process.
type processReading struct {
	processStat
	processMemory
	cpu   time.Duration // used by itself
	alive bool
}

func newProcesses(root string, clock func(int) (time.Duration, bool)) *processes {
	return &processes{
		root: root, clock: clock, open: map[int]*openProcess{}, foreign: map[int]bool{}, kernel: newKernelThreads(root),
		buf: make([]byte, 4096),
	}
}

// get reads one process, once a reading.
func (p *processes) get(pid int) processReading {
	o := p.open[pid]
	first := o == nil
	if first {
		folder := filepath.Join(p.root, strconv.Itoa(pid))
		o = &openProcess{stat: openAt(folder, "stat"), status: openAt(folder, "status"), read: -1}
		p.open[pid] = o
	}
	o.used = p.reading
	if o.read == p.reading {
		return o.now
	}
	before := o.now.cpu
	o.read, o.now = p.reading, processReading{}
	// The clock first: a process that still has its stat afterwards was the one with that number.
	used, precise := time.Duration(0), false
	if p.clock != nil && !o.coarse {
		used, precise = p.clock(pid)
	}
	o.now.processStat, o.now.alive = parseStat(o.stat.read(p.buf))
	if !o.now.alive {
		return o.now
	}
	if first {
		o.coarse = !precise
	}
	switch {
	case o.coarse:
		o.now.cpu = time.Duration(o.now.own) * tick
	case precise:
		o.now.cpu = used
	default:
		o.now.cpu = before
	}
	o.now.processMemory, _ = parseStatus(o.status.read(p.buf))
	return o.now
}

// next begins a reading and closes the files of processes that were not used in the one before.
func (p *processes) next() {
	for pid, o := range p.open {
		if o.used < p.reading || !o.now.alive {
			o.close()
			delete(p.open, pid)
		}
	}
	p.reading++
}

func (p *processes) close() {
	for pid, o := range p.open {
		o.close()
		delete(p.open, pid)
	}
}

func (o *openProcess) close() {
	o.stat.close()
	o.status.close()
}

// descendants lists the processes below each root, the root first. It looks at every
// process of the host once, and afterwards only at those that are new or in a tree.
func (p *processes) descendants(roots []int) map[int][]int {
	pids := p.list()
	p.kernel.keep(pids)
	children := map[int][]int{}
	for _, pid := range pids {
		if p.foreign[pid] || p.kernel.has(pid) {
			continue
		}
		if parent, ok := p.parent(pid); ok {
			p.kernel.add(pid, parent)
			children[parent] = append(children[parent], pid)
		}
	}
	trees, member := map[int][]int{}, map[int]bool{}
	for _, root := range roots {
		tree := []int{root}
		for i := 0; i < len(tree); i++ {
			member[tree[i]] = true
			tree = append(tree, children[tree[i]]...)
		}
		trees[root] = tree
	}
	clear(p.foreign)
	for _, pid := range pids {
		p.foreign[pid] = !member[pid]
	}
	return trees
}

// parent is the parent of a process. The files of one that is not watched yet are not
// kept open: most processes of a host are in no tree.
func (p *processes) parent(pid int) (int, bool) {
	if p.open[pid] != nil {
		now := p.get(pid)
		return now.parent, now.alive
	}
	f := openAt(filepath.Join(p.root, strconv.Itoa(pid)), "stat")
	defer f.close()
	s, ok := parseStat(f.read(p.buf))
	return s.parent, ok
}

// list lists the processes of the host.
func (p *processes) list() []int {
	dir, err := os.Open(p.root)
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
