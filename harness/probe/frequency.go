package probe

import (
	"io/fs"
	"os"
	"strconv"
)

// Frequency is the frequency of the fastest processor now, in MHz; 0 where the kernel does
// not say, as in most virtual machines. An idle processor runs slowly: read it after work.
func Frequency() float64 { return frequency(os.DirFS("/")) }

func frequency(root fs.FS) float64 {
	files, _ := fs.Glob(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq") // the pattern is well-formed
	fastest := 0.0
	for _, name := range files {
		if kHz, err := strconv.ParseFloat(text(root, name), 64); err == nil && kHz > 0 && kHz < 1e9 {
			fastest = max(fastest, kHz/1000)
		}
	}
	return fastest
}
