package detect_test

import (
	"fmt"
	"math"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/clusterimpl/detect"
)

// files is a root with the given files.
func files(pairs ...string) fstest.MapFS {
	root := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		root[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return root
}

func TestDecide(t *testing.T) {
	plain := func(workers int, reason string) detect.Decision {
		return detect.Decision{Cluster: true, Workers: workers, Reason: "a plain host with " + reason}
	}
	off := func(reason string) detect.Decision { return detect.Decision{Workers: 1, Reason: reason} }
	for _, c := range []struct {
		name string
		env  string
		root fstest.MapFS
		want detect.Decision
	}{
		{"a plain host", "", nil, plain(8, "8 usable cores")},
		{"Fly.io", "FLY_APP_NAME", nil, off("FLY_APP_NAME is set: Fly.io scales by instances")},
		{
			"Kubernetes", "KUBERNETES_SERVICE_HOST", nil,
			off("KUBERNETES_SERVICE_HOST is set: Kubernetes scales by pods"),
		},
		{
			"ECS", "ECS_CONTAINER_METADATA_URI_V4", nil,
			off("ECS_CONTAINER_METADATA_URI_V4 is set: AWS ECS scales by tasks"),
		},
		{"Swarm", "SWARM_TASK_ID", nil, off("SWARM_TASK_ID is set: Docker Swarm scales by tasks")},
		{"another platform", "HEROKU_APP", nil, plain(8, "8 usable cores")},
		{"version 2 with a quota", "",
			files("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max", "250000 100000\n"),
			plain(3, "a quota of 2.5 of 8 cores")},
		{"version 2 with the quota above", "",
			files("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max", "max 100000\n",
				"sys/fs/cgroup/a/cpu.max", "50000 100000\n"), plain(1, "a quota of 0.5 of 8 cores")},
		{"version 2 in a namespace of its own", "",
			files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "400000 100000\n"),
			plain(4, "a quota of 4 of 8 cores")},
		{"version 2 without", "", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "max 100000\n"),
			plain(8, "8 usable cores")},
		{"version 1 with a quota", "", files("proc/self/cgroup", "4:memory:/x\n3:cpu,cpuacct:/docker/1\n0::/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
			plain(2, "a quota of 2 of 8 cores")},
		{"version 1 without", "", files("proc/self/cgroup", "3:cpu,cpuacct:/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
			plain(8, "8 usable cores")},
		{
			"a quota above the cores", "",
			files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "1600000 100000\n"),
			plain(8, "8 usable cores"),
		},
		{"nonsense", "", files("proc/self/cgroup", "nonsense\n0::/\n", "sys/fs/cgroup/cpu.max", "many few\n"),
			plain(8, "8 usable cores")},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := detect.Host{CPUs: 8, Env: func(name string) string { return map[string]string{c.env: "1"}[name] }}
			if c.root != nil {
				h.Root = c.root
			}
			assert.Equal(t, c.want, detect.Decide(h))
		})
	}
}

func TestThisProcess(t *testing.T) {
	d := detect.Decide(detect.Host{Env: func(string) string { return "" }})
	assert.True(t, d.Cluster)
	assert.Positive(t, d.Workers)
}

// FuzzDecide describes a host whose control groups say anything: it has from one worker to one for each core, and
// a quota of so many cores leaves so many.
func FuzzDecide(f *testing.F) {
	f.Add("0::/a/b\n", "250000 100000\n", "-1", int64(200000), int64(100000))
	f.Add("3:cpu,cpuacct:/a\n0::/\n", "max 100000", "50000\n", int64(150000), int64(100000))
	f.Add("0::../..\n::\n", "9223372036854775807 1", "9223372036854775807", int64(math.MaxInt64), int64(1))
	f.Fuzz(func(t *testing.T, groups, unified, quota string, most, period int64) {
		decide := func(root fstest.MapFS) detect.Decision {
			return detect.Decide(detect.Host{CPUs: 8, Root: root, Env: func(string) string { return "" }})
		}
		d := decide(files("proc/self/cgroup", groups, "sys/fs/cgroup/cpu.max", unified,
			"sys/fs/cgroup/a/cpu.max", unified,
			"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", quota, "sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000"))
		assert.True(t, d.Cluster)
		assert.NotEmpty(t, d.Reason)
		assert.GreaterOrEqual(t, d.Workers, 1)
		assert.LessOrEqual(t, d.Workers, 8)
		d = decide(files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", fmt.Sprint(most, period)))
		want := 8
		if most > 0 && period > 0 {
			want = int(min(8, math.Ceil(max(1, float64(most)/float64(period)))))
		}
		assert.Equal(t, want, d.Workers)
	})
}
