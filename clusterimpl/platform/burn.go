package platform

import "sync/atomic"

// spun keeps the compiler from dropping the work.
var spun atomic.Uint64

// spin is about a microsecond of work.
func spin() {
	x := spun.Load()
	for range 1000 {
		x = x*6364136223846793005 + 1442695040888963407
	}
	spun.Store(x)
}
