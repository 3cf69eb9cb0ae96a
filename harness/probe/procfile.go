package probe

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// procRoot is where the kernel tells about processes.
const procRoot = "/proc"

// procFile is a file of /proc that stays open: read from its start again, it gives the
// figures of that moment, and after the end of its process an error, even when the
// process's number is in use again. Its zero value reads nothing.
type procFile struct {
	file *os.File
}

// openAt opens a file; one that cannot be opened reads as empty.
func openAt(root, name string) procFile {
	f, err := os.Open(filepath.Join(root, name))
	if err != nil {
		return procFile{}
	}
	return procFile{f}
}

// read returns the file's text in buf, enlarged if needed; empty when it cannot be read.
func (p procFile) read(buf []byte) []byte {
	if p.file == nil {
		return nil
	}
	if cap(buf) == 0 {
		buf = make([]byte, 4096)
	}
	buf = buf[:cap(buf)]
	for {
		n, err := p.file.ReadAt(buf, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil
		}
		if n < len(buf) {
			return buf[:n]
		}
		buf = make([]byte, 2*len(buf))
	}
}

func (p procFile) close() {
	if p.file != nil {
		_ = p.file.Close() // it was only read
	}
}

// processStat is what /proc/PID/stat says, times in ticks.
type processStat struct {
	parent   int
	own      uint64 // utime + stime
	children uint64 // cutime + cstime: of ended children that were waited for
	started  uint64 // since the host started
	nice     int
}

// parseStat reads /proc/PID/stat (man 5 proc_pid_stat). The name in parentheses may
// itself hold spaces and parentheses.
func parseStat(data []byte) (processStat, bool) {
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return processStat{}, false
	}
	var numbers [23]uint64
	nice, rest := 0, data[end+1:]
	for number := 3; number <= 22; number++ { // numbered as in the manual; 3 follows the name
		rest = bytes.TrimLeft(rest, " ")
		field, after, _ := bytes.Cut(rest, []byte{' '})
		rest = after
		if len(field) == 0 {
			return processStat{}, false
		}
		switch number {
		case 4, 14, 15, 16, 17, 22:
			v, left, ok := nextNumber(field)
			if !ok || len(bytes.TrimSpace(left)) > 0 {
				return processStat{}, false
			}
			numbers[number] = v
		case 19:
			v, err := strconv.Atoi(string(field))
			if err != nil {
				return processStat{}, false
			}
			nice = v
		}
	}
	return processStat{
		parent: int(numbers[4]), own: numbers[14] + numbers[15], children: numbers[16] + numbers[17],
		started: numbers[22], nice: nice,
	}, true
}

// processMemory is what /proc/PID/status says about memory, in bytes.
type processMemory struct {
	resident int64 // VmRSS
	peak     int64 // VmHWM
	shared   int64 // RssFile + RssShmem: may be resident in other processes too
}

// parseStatus reads /proc/PID/status (man 5 proc_pid_status); false when it has no
// resident size, as that of an ended process.
func parseStatus(data []byte) (processMemory, bool) {
	var m processMemory
	found := false
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(name) < 5 || name[0] != 'V' && name[0] != 'R' {
			continue
		}
		kib, _, ok := nextNumber(value)
		if !ok || kib > 1<<50 {
			continue
		}
		size := int64(kib) << 10
		switch string(name) {
		case "VmHWM":
			m.peak = size
		case "VmRSS":
			m.resident, found = size, true
		case "RssFile", "RssShmem":
			m.shared += size
		}
	}
	return m, found
}

// parseMemory reads the memory of the host and the part of it in use from
// /proc/meminfo, in bytes.
func parseMemory(data []byte) (total, used int64, ok bool) {
	available := int64(-1)
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		name, value, _ := bytes.Cut(line, []byte{':'})
		kib, _, number := nextNumber(value)
		if !number || kib > 1<<50 {
			continue
		}
		switch string(name) {
		case "MemTotal":
			total = int64(kib) << 10
		case "MemAvailable":
			available = int64(kib) << 10
		}
		if total > 0 && available >= 0 {
			return total, max(0, total-available), true
		}
	}
	return total, 0, false
}
