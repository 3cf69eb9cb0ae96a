package probe

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Frequency is the frequency of the fastest processor now, in MHz; 0 where the kernel does
// not say, as in most virtual machines. An idle processor runs slowly: read it after work.
func Frequency() float64 { return frequency(os.DirFS("/")) }

func frequency(root fs.FS) float64 {
	files, err := fs.Glob(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")
	if err != nil {
		return 0
	}
	fastest := 0.0
	for _, name := range files {
		text, err := fs.ReadFile(root, name)
		if err != nil {
			continue
		}
		if kHz, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil && kHz > 0 && kHz < 1e9 {
			fastest = max(fastest, kHz/1000)
		}
	}
	return fastest
}
