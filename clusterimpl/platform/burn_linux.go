package platform

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// burn uses the given processor time, by this thread's own clock, and returns what it
// used: it takes longer when the processor is shared.
func burn(d time.Duration) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := threadTime(); ; spin() {
		if used := threadTime() - start; used >= d {
			return used
		}
	}
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // the clock exists on every Linux
	return time.Duration(t.Nano())
}
