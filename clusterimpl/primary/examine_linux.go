package primary

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clockTick is the unit of processor time in /proc: USER_HZ is 100 on every
// architecture that Go supports.
const clockTick = 10 * time.Millisecond

// examine reads the threads of a process; not known when it has ended.
func examine(pid int) vitals {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return vitals{}
	}
	v := vitals{known: true, stopped: true}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // the thread has ended
		}
		state, cpu, ok := parseStat(stat)
		if !ok {
			return vitals{}
		}
		v.cpu += cpu
		v.active = v.active || state == 'R' || state == 'D'
		v.stopped = v.stopped && (state == 'T' || state == 't')
	}
	return v
}

// parseStat reads the state and the processor time of a line of proc(5) stat: its
// fields 3, 14 and 15. Field 2, the name, is in parentheses and may hold anything.
func parseStat(stat []byte) (state byte, cpu time.Duration, ok bool) {
	at := bytes.LastIndexByte(stat, ')')
	if at < 0 {
		return 0, 0, false
	}
	fields := bytes.Fields(stat[at+1:])
	if len(fields) < 13 || len(fields[0]) != 1 {
		return 0, 0, false
	}
	var ticks uint64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseUint(string(field), 10, 40)
		if err != nil {
			return 0, 0, false
		}
		ticks += n
	}
	return fields[0][0], time.Duration(ticks) * clockTick, true
}
