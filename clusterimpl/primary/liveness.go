package primary

import (
	"fmt"
	"time"
)

// Thresholds of silence. A sign of life is due every [worker.BeatInterval].
const (
	silenceSuspect = time.Second            // after this, the process is examined
	silenceIdle    = 300 * time.Millisecond // for so long it must do nothing at all to count as hung
)

// vitals is what the kernel says of a process.
type vitals struct {
	known   bool
	stopped bool          // by a signal or a debugger
	active  bool          // a thread runs, wants to, or waits for a disk
	cpu     time.Duration // used so far
}

// suspicion is what is known against a worker that shows no sign of life. A busy worker
// may be late with it, above all on a machine that has fewer cores than workers, and
// to replace it would make matters worse; so silence alone is not enough.
type suspicion struct {
	since time.Time // the process has done nothing; zero when there is no suspicion
	cpu   time.Duration
}

// hung returns why a worker that has been silent for so long counts as hung, "" if it
// does not. tolerance is how long a silent worker that is busy is tolerated.
func (s *suspicion) hung(now time.Time, silent, tolerance time.Duration, examine func() vitals) string {
	if silent < silenceSuspect {
		*s = suspicion{}
		return ""
	}
	v := examine()
	switch {
	case v.known && v.stopped:
		return fmt.Sprintf("no sign of life for %v: the process is stopped", silent.Round(time.Millisecond))
	case silent >= max(tolerance, silenceSuspect):
		return fmt.Sprintf("no sign of life for %v", silent.Round(time.Millisecond))
	case !v.known:
		return ""
	case s.since.IsZero() || v.active || v.cpu != s.cpu:
		*s = suspicion{now, v.cpu}
		return ""
	case now.Sub(s.since) >= silenceIdle:
		return fmt.Sprintf("no sign of life for %v: the process does nothing", silent.Round(time.Millisecond))
	}
	return ""
}
