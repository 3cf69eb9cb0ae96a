package probe

import "golang.org/x/sys/unix"

// affinity is the number of processors that this process may run on; 0: not known.
func affinity() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 0
	}
	return set.Count()
}
