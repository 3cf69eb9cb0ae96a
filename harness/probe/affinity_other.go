//go:build !linux

package probe

// affinity is the number of processors that this process may run on; 0: not known.
func affinity() int { return 0 }
