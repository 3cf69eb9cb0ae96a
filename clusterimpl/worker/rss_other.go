//go:build !linux

package worker

import "runtime/metrics"

// residentSize is what the runtime has mapped and not given back, in bytes.
func residentSize() int64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}
