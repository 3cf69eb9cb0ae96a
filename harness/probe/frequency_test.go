package probe

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

func TestFrequencyIsThatOfTheFastestProcessor(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	const cpu0 = "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
	const cpu1 = "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq"
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want float64
	}{
		{"two processors", fstest.MapFS{cpu0: file("800000\n"), cpu1: file("3400123\n")}, 3400.123},
		{"one that cannot be read", fstest.MapFS{cpu0: file("<unknown>\n"), cpu1: file("1200000")}, 1200},
		{"a virtual machine", fstest.MapFS{}, 0},
		{"nonsense", fstest.MapFS{cpu0: file("-1"), cpu1: file("1e99")}, 0},
	} {
		t.Run(c.name, func(t *testing.T) { assert.InDelta(t, c.want, frequency(c.root), 1e-9) })
	}
}

// FuzzFrequency reads what a kernel may say of a processor: a frequency is not negative, nor without end.
func FuzzFrequency(f *testing.F) {
	f.Add("2400000\n", "800000\n")
	f.Add("-1", "NaN")
	f.Add("<unknown>\n", "Inf")
	f.Fuzz(func(t *testing.T, one, other string) {
		v := frequency(fstest.MapFS{
			"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq":  {Data: []byte(one)},
			"sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq": {Data: []byte(other)},
		})
		assert.True(t, v >= 0 && v < 1e6, "%v", v)
	})
}
