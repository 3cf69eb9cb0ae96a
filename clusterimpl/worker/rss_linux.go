package worker

import (
	"bytes"
	"os"
	"strconv"
)

// residentSize is the memory of this process that is in RAM, in bytes; 0 when the
// kernel does not tell. It is the second field of proc(5) statm, in pages.
func residentSize() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
