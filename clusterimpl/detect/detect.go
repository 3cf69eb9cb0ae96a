// Package detect decides whether a cluster of processes suits the place that it is started
// in. Where a platform scales by instances, pods or tasks, one process each is what it
// expects; on a plain host, a worker for each usable core.
package detect

import (
	"fmt"
	"io/fs"
	"math"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Host is what is looked at.
type Host struct {
	Env func(name string) string
	// Root holds proc/self/cgroup and sys/fs/cgroup (cgroups(7)); nil: no limit is known.
	Root fs.FS
	CPUs int // usable by affinity; 0: those of this process
}

// Decision is what suits a host.
type Decision struct {
	Cluster bool
	Workers int // one for each usable core, at least 1
	Reason  string
}

// marks are the variables that platforms set in what they run. Docker Swarm sets none by
// itself; services name theirs with a template, e.g. --env SWARM_TASK_ID={{.Task.ID}}.
var marks = []struct {
	platform string
	scales   string
	names    []string
}{
	{"Fly.io", "instances", []string{"FLY_APP_NAME", "FLY_MACHINE_ID", "FLY_ALLOC_ID"}},
	{"Kubernetes", "pods", []string{"KUBERNETES_SERVICE_HOST"}},
	{"AWS ECS", "tasks", []string{"ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"}},
	{"Docker Swarm", "tasks", []string{"SWARM_TASK_ID", "SWARM_SERVICE_NAME", "SWARM_NODE_ID"}},
}

// Decide says what suits the host, and why.
func Decide(h Host) Decision {
	for _, m := range marks {
		for _, name := range m.names {
			if h.Env(name) != "" {
				return Decision{
					Workers: 1, Reason: fmt.Sprintf("%s is set: %s scales by %s", name, m.platform, m.scales),
				}
			}
		}
	}
	cores, reason := h.cores()
	return Decision{Cluster: true, Workers: cores, Reason: "a plain host with " + reason}
}

// cores is the number of usable cores: those that the process may run on, or the quota of
// its control group where that is less, rounded up.
func (h Host) cores() (int, string) {
	n := h.CPUs
	if n < 1 {
		n = runtime.NumCPU()
	}
	quota, ok := h.quota()
	if limited := math.Ceil(quota); ok && limited < float64(n) { // a quota may be above what an int holds
		return max(1, int(limited)), fmt.Sprintf("a quota of %s of %d cores", strconv.FormatFloat(quota, 'g', 3, 64), n)
	}
	if n == 1 {
		return 1, "1 usable core"
	}
	return n, fmt.Sprintf("%d usable cores", n)
}

// quota is the least processor quota of the process's control group and those above it, in
// cores; false where there is none.
func (h Host) quota() (cores float64, ok bool) {
	if h.Root == nil {
		return 0, false
	}
	for _, group := range h.groups() {
		for dir := group.path; ; dir = path.Dir(dir) {
			if q, found := group.read(h.Root, path.Join(group.mount, dir)); found && (!ok || q < cores) {
				cores, ok = q, true
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return cores, ok
}

// group is a control group of the process.
type group struct {
	mount, path string
	read        func(root fs.FS, dir string) (cores float64, ok bool)
}

// groups are those that can limit processor time, by /proc/self/cgroup: lines of
// hierarchy-ID:controllers:path, the unified hierarchy with an empty list of controllers.
func (h Host) groups() []group {
	text, err := fs.ReadFile(h.Root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var all []group
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		if parts[1] == "" {
			all = append(all, group{"sys/fs/cgroup", parts[2], unified})
		}
		if slices.Contains(strings.Split(parts[1], ","), "cpu") {
			all = append(all, group{"sys/fs/cgroup/cpu", parts[2], legacy},
				group{"sys/fs/cgroup/cpu,cpuacct", parts[2], legacy})
		}
	}
	return all
}

// unified reads cpu.max of version 2: "$MAX $PERIOD" in µs, or "max $PERIOD".
func unified(root fs.FS, dir string) (float64, bool) {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	if err != nil {
		return 0, false
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return share(quota, period)
}

// legacy reads the quota of version 1, -1 for none.
func legacy(root fs.FS, dir string) (float64, bool) {
	quota, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return 0, false
	}
	period, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return 0, false
	}
	return share(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)))
}

func share(quota, period string) (float64, bool) {
	q, err := strconv.ParseInt(quota, 10, 64)
	p, perr := strconv.ParseInt(period, 10, 64)
	if err != nil || perr != nil || q <= 0 || p <= 0 {
		return 0, false
	}
	return float64(q) / float64(p), true
}
