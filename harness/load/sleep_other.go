//go:build !linux

package load

import (
	"context"
	"time"
)

// sleeper sleeps on timers of the Go runtime.
type sleeper struct {
	ctx   context.Context
	now   func() time.Duration
	close func()
}

// newSleeper returns a sleeper whose sleeps end early when ctx ends.
func newSleeper(ctx context.Context, now func() time.Duration) *sleeper {
	return &sleeper{ctx, now, func() {}}
}

// sleep sleeps until a moment of the clock, or until the run is stopped.
func (s *sleeper) sleep(until time.Duration) (timed bool) {
	timerSleep(s.ctx, s.now, until)
	return true
}
