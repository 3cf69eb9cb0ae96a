package probe

import (
	"time"

	"golang.org/x/sys/unix"
)

// cputime is the processor time that a process has used, with all of its threads, also those that
// ended: the kernel's own count in nanoseconds, of which /proc/PID/stat shows ticks. Any process may
// read that of any other (man 3 clock_getcpuclockid). A thread that runs just now is counted up to the
// scheduler's last look at it, at most a timer tick ago. The threads' schedstat files would
// lose the threads that ended.
func cputime(pid int) (time.Duration, bool) {
	const sched = 2 // CPUCLOCK_SCHED of linux/posix-timers_types.h; without CPUCLOCK_PERTHREAD
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		return 0, false
	}
	return time.Duration(t.Nano()), true
}
