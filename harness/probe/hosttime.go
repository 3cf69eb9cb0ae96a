package probe

import (
	"time"

	"github.com/prometheus/procfs"
)

// hostTime is the processor time of the host so far, by processor.
type hostTime struct {
	at    time.Duration
	cores map[int64]coreTime
}

// coreTime is what one processor did so far.
type coreTime struct {
	total time.Duration // all that the kernel counted, in its samples
	idle  time.Duration // idle or waiting for a disk
	steal time.Duration // taken away by the hypervisor
	irq   time.Duration // in interrupts; sampled
}

// readHostTime reads /proc/stat; false where it cannot be read.
func readHostTime(root string, at time.Duration) (hostTime, bool) {
	stat, err := hostStat(root)
	if err != nil || len(stat.CPU) == 0 {
		return hostTime{}, false
	}
	h := hostTime{at: at, cores: make(map[int64]coreTime, len(stat.CPU))}
	for id, c := range stat.CPU {
		h.cores[id] = coreTimeOf(c)
	}
	return h, true
}

func hostStat(root string) (procfs.Stat, error) {
	fs, err := procfs.NewFS(root)
	if err != nil {
		return procfs.Stat{}, err
	}
	return fs.Stat()
}

// coreTimeOf adds up a line of /proc/stat. Guest time is part of user and nice already.
func coreTimeOf(c procfs.CPUStat) coreTime {
	return coreTime{
		total: seconds(c.User + c.Nice + c.System + c.Idle + c.Iowait + c.IRQ + c.SoftIRQ + c.Steal),
		idle:  seconds(c.Idle + c.Iowait), steal: seconds(c.Steal), irq: seconds(c.IRQ + c.SoftIRQ),
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// hostUse is what the processors did between two readings.
type hostUse struct {
	elapsed time.Duration // of all processors together
	busy    time.Duration // not idle
	irq     time.Duration // of that, in interrupts that broke into idleness: no process's time holds them
	steal   time.Duration // taken away by the hypervisor
}

// since is what the processors did since an earlier reading. The kernel samples at its ticks what a
// processor is busy with, but it measures how long one is idle: what is not idle is busy. An
// interrupt breaks into a process as often as the processor is busy with one, and counts as
// that one's time then. only names the processors that count; nil stands for all.
func (h hostTime) since(earlier hostTime, only map[uint64]bool) hostUse {
	var use hostUse
	elapsed := h.at - earlier.at
	if elapsed <= 0 {
		return use
	}
	for id, now := range h.cores {
		was, known := earlier.cores[id]
		if !known || only != nil && !only[uint64(id)] || now.total <= was.total { // off, or not counted by this kernel
			continue
		}
		steal, idle := max(0, now.steal-was.steal), min(elapsed, max(0, now.idle-was.idle))
		use.elapsed += elapsed
		use.steal += steal
		use.busy += max(0, elapsed-idle-steal)
		use.irq += time.Duration(float64(max(0, now.irq-was.irq)) * idle.Seconds() / elapsed.Seconds())
	}
	return use
}

// pressure is for how long any task of the host has waited for a processor since it was
// started; false where the kernel does not say.
func pressure(root string) (time.Duration, bool) {
	fs, err := procfs.NewFS(root)
	if err != nil {
		return 0, false
	}
	psi, err := fs.PSIStatsForResource("cpu")
	if err != nil || psi.Some == nil {
		return 0, false
	}
	return time.Duration(psi.Some.Total) * time.Microsecond, true
}

// processors are those that a process may run on; none when they are not known.
func processors(root string, pid int) []uint64 {
	fs, err := procfs.NewFS(root)
	if err != nil {
		return nil
	}
	proc, err := fs.Proc(pid)
	if err != nil {
		return nil
	}
	status, err := proc.NewStatus()
	if err != nil {
		return nil
	}
	return status.CpusAllowedList
}
