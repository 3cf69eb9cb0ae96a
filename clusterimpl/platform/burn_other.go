//go:build !linux

package platform

import "time"

// burn uses the processor for the given time by the wall clock, the only one here.
func burn(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
		spin()
	}
}
