//go:build !linux

package platform

import "time"

// burn uses the processor for the given time by the wall clock, the only one here, and
// returns what it used.
func burn(d time.Duration) time.Duration {
	for start := time.Now(); ; spin() {
		if used := time.Since(start); used >= d {
			return used
		}
	}
}
