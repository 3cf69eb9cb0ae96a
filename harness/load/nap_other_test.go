//go:build !linux

package load

// newNapping makes what there is where there is no loop.
func newNapping(d *driver) carrier { return newWorkers(d) }
