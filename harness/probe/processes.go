package probe

import (
	"os"
	"path/filepath"
	"strconv"
)

// processes reads watched processes, keeping their files open between readings.
type processes struct {
	root    string
	open    map[int]*openProcess
	foreign map[int]bool // seen, and no descendant of a watched process: none can become one
	buf     []byte
	reading int // number of the current reading
}

// openProcess is one process with its open files.
type openProcess struct {
	stat, status procFile
	used         int // the reading that it was last used in
	read         int // the reading that now was read in
	now          processReading
}

// processReading is one reading of one process.
type processReading struct {
	processStat
	processMemory
	alive bool
}

func newProcesses(root string) *processes {
	return &processes{root: root, open: map[int]*openProcess{}, foreign: map[int]bool{}, buf: make([]byte, 4096)}
}

// get reads one process, once a reading.
func (p *processes) get(pid int) processReading {
	o := p.open[pid]
	if o == nil {
		folder := filepath.Join(p.root, strconv.Itoa(pid))
		o = &openProcess{stat: openAt(folder, "stat"), status: openAt(folder, "status"), read: -1}
		p.open[pid] = o
	}
	o.used = p.reading
	if o.read == p.reading {
		return o.now
	}
	o.read, o.now = p.reading, processReading{}
	o.now.processStat, o.now.alive = parseStat(o.stat.read(p.buf))
	if o.now.alive {
		o.now.processMemory, _ = parseStatus(o.status.read(p.buf))
	}
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
	if len(roots) == 0 {
		return nil
	}
	pids := p.list()
	children := map[int][]int{}
	for _, pid := range pids {
		if p.foreign[pid] {
			continue
		}
		if parent, ok := p.parent(pid); ok {
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
