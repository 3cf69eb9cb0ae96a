// Package probe reads what the host is and what a run's processes use, from the
// kernel's own figures under /proc and /sys.
//
// It changes nothing and judges nothing. Where there is no such kernel, and where a
// figure cannot be read, it says "unknown" or leaves Known false: a figure that was not
// read is never given as 0.
package probe

import (
	"regexp"
	"runtime"
	"slices"
	"time"
)

// unknown stands for text that could not be read.
const unknown = "unknown"

// ticksPerSecond is the unit of processor times in /proc, USER_HZ: 100 on every Linux
// that Go runs on (man 5 proc, man 3 sysconf).
const ticksPerSecond = 100

// The fixed piece of work: about 4 ms a slice at 3 GHz.
const (
	spinSlices = 7
	spinSteps  = 3_000_000
)

// Spin does a fixed piece of work, 20 to 40 ms on a common machine, and returns how long
// it takes: the median of several slices times their number, so that one interruption
// does not count as a slow host. Compare two readings by their ratio.
func Spin() time.Duration {
	var slice [spinSlices]time.Duration
	x := uint64(1)
	for i := range slice {
		start := time.Now()
		for range spinSteps { // a chain: each step needs the one before (Knuth's MMIX generator)
			x = x*6364136223846793005 + 1442695040888963407
		}
		slice[i] = time.Since(start)
	}
	runtime.KeepAlive(x)
	slices.Sort(slice[:])
	return slice[spinSlices/2] * spinSlices
}

// StealReading is the host's processor time so far.
type StealReading struct {
	total, steal time.Duration
}

// Steal reads how much processor time the hypervisor has taken away since the host
// started; false where the kernel does not say.
func Steal() (StealReading, bool) { return readSteal(procRoot) }

func readSteal(root string) (StealReading, bool) {
	stat, err := hostStat(root)
	all := coreTimeOf(stat.CPUTotal)
	return StealReading{all.total, all.steal}, err == nil && all.total > 0
}

// Since is the share of the host's processor time that was taken away since an earlier
// reading, in the range [0,1].
func (r StealReading) Since(earlier StealReading) float64 {
	if r.total <= earlier.total || r.steal <= earlier.steal {
		return 0
	}
	return min(1, float64(r.steal-earlier.steal)/float64(r.total-earlier.total))
}

// countCores counts the lines "cpu0", "cpu1", … of /proc/stat; 0: not known.
func countCores(stat string) int { return len(coreLine.FindAllString(stat, -1)) }

var coreLine = regexp.MustCompile(`(?m)^cpu[0-9]`)

// nextNumber reads one decimal number after spaces.
func nextNumber(b []byte) (value uint64, rest []byte, ok bool) {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' && i-start < 19 {
		value = value*10 + uint64(b[i]-'0')
		i++
	}
	return value, b[i:], i > start
}
