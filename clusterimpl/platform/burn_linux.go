package platform

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// burn uses the given processor time, by this thread's own clock: it takes longer when
// the processor is shared.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := threadTime(); threadTime()-start < d; {
		spin()
	}
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // the clock exists on every Linux
	return time.Duration(t.Nano())
}
