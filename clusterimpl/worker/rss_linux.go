package worker

import (
	"os"

	"github.com/nameplate-dev/nameplate/clusterimpl/process"
)

// residentSize is the memory of this process that is in RAM, in bytes; 0 when the
// kernel does not tell.
func residentSize() int64 {
	size, _ := process.Resident(os.Getpid())
	return size
}
