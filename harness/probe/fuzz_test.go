package probe

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
)

// FuzzHost describes a host whose files hold anything: another kernel's, or a container's that shows only some.
func FuzzHost(f *testing.F) {
	f.Add("0::/a/b\n", "150000 100000\n", "536870912\n", "MemTotal: 1048576 kB\nMemAvailable: 10 kB\n", "0-3,8\n",
		"model name : x\n")
	f.Add("0::/\n", "max 100000", "max", "", "", "Model: board")
	f.Add("3:cpu,cpuacct:/d\n2:memory:/d\n", "50000 100000", "-1", "MemTotal: 0 kB", "9-0", ":")
	f.Add("::\n0::/../..\n", "9223372036854775807 1", "9223372036854775807", "MemTotal: 99999999999999999999 kB",
		"0-65536", "")
	f.Fuzz(func(t *testing.T, cgroup, cpu, memory, meminfo, online, cpuinfo string) {
		root := fstest.MapFS{}
		for name, text := range map[string]string{
			"proc/self/cgroup": cgroup, "proc/meminfo": meminfo, "proc/cpuinfo": cpuinfo,
			"sys/devices/system/cpu/online": online, "sys/fs/cgroup/cpu.max": cpu, "sys/fs/cgroup/a/cpu.max": cpu,
			"sys/fs/cgroup/a/b/memory.max": memory, "sys/fs/cgroup/cpu/d/cpu.cfs_quota_us": cpu,
			"sys/fs/cgroup/cpu/d/cpu.cfs_period_us":        "100000",
			"sys/fs/cgroup/memory/d/memory.limit_in_bytes": memory,
		} {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		h := readHost(root, 0, func(string) string { return "" })
		assert.GreaterOrEqual(t, h.Cores, 1)
		assert.LessOrEqual(t, h.Cores, h.OnlineCores)
		assert.GreaterOrEqual(t, h.Memory, int64(0))
		for _, text := range []string{h.CPUModel, h.Kernel, h.Cgroup} {
			assert.NotEmpty(t, text)
		}
	})
}
