//go:build !linux

package probe

import "time"

// cputime is not known here.
func cputime(int) (time.Duration, bool) { return 0, false }
