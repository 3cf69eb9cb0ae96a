package probe

import (
	"cmp"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// HostInfo describes this host as this process may use it. Text that cannot be read is
// "unknown"; a memory of 0 is not known either.
func HostInfo() measure.Host {
	return readHost(os.DirFS("/"), affinity(), os.Getenv)
}

// readHost describes the host whose files are under root, for a process that may run on
// the given number of processors; 0: on all that are online.
func readHost(root fs.FS, allowed int, env func(string) string) measure.Host {
	h := measure.Host{
		OS: runtime.GOOS, Arch: runtime.GOARCH, Kernel: text(root, "proc/sys/kernel/osrelease"),
		CPUModel: cpuModel(root), Governor: governor(root), Container: container(root, env),
		Hypervisor:  hypervisor(root),
		OnlineCores: onlineCores(root),
	}
	limits := readCgroup(root)
	h.Cgroup = limits.String()
	h.Cores = h.OnlineCores
	if allowed > 0 {
		h.Cores = min(h.Cores, allowed)
	}
	if limits.cores > 0 { // of half a core's quota one core is still usable
		h.Cores = min(h.Cores, max(1, int(limits.cores)))
	}
	h.Memory, _, _ = parseMemory([]byte(read(root, "proc/meminfo")))
	if limits.memory > 0 && (h.Memory == 0 || limits.memory < h.Memory) {
		h.Memory = limits.memory
	}
	if self, ok := parseStat([]byte(read(root, "proc/self/stat"))); ok {
		h.GeneratorPriority = self.nice
	}
	return h
}

// read returns a file's text; empty when it cannot be read.
func read(root fs.FS, name string) string {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(data)
}

// text returns a file's text without white space around it, or "unknown".
func text(root fs.FS, name string) string {
	if t := strings.Trim(read(root, name), " \t\n\x00"); t != "" {
		return t
	}
	return unknown
}

// cpuModel is the processor's name: from /proc/cpuinfo, or on boards without one there
// from the device tree.
func cpuModel(root fs.FS) string {
	for _, key := range []string{"model name", "cpu model", "Model"} {
		if v, ok := cpuinfo(root, key); ok {
			return v
		}
	}
	return text(root, "proc/device-tree/model")
}

// cpuinfo is the first value of a key in /proc/cpuinfo.
func cpuinfo(root fs.FS, key string) (string, bool) {
	for line := range strings.Lines(read(root, "proc/cpuinfo")) {
		name, value, ok := strings.Cut(line, ":")
		if value = strings.TrimSpace(value); ok && strings.TrimSpace(name) == key && value != "" {
			return value, true
		}
	}
	return "", false
}

// onlineCores counts the processors that are online.
func onlineCores(root fs.FS) int {
	if n := countList(text(root, "sys/devices/system/cpu/online")); n > 0 {
		return n
	}
	if n := countCores(read(root, "proc/stat")); n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// countList counts the numbers in a list such as "0-3,8"; 0 when it is none.
func countList(list string) int {
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, rest1, ok1 := nextNumber([]byte(first))
		to, rest2, ok2 := nextNumber([]byte(last))
		if !ok1 || !ok2 || len(rest1)+len(rest2) > 0 || to < from || to > 1<<16 {
			return 0
		}
		n += int(to-from) + 1
	}
	return n
}

// governor is the frequency governor of the processors, all of them if they differ.
func governor(root fs.FS) string {
	files, _ := fs.Glob(root, "sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor") // the pattern is well-formed
	var found []string
	for _, file := range files {
		if g := text(root, file); g != unknown && !slices.Contains(found, g) {
			found = append(found, g)
		}
	}
	return cmp.Or(strings.Join(found, ", "), unknown)
}

// container names the container that this process runs in; "" when none is recognised.
func container(root fs.FS, env func(string) string) string {
	exists := func(name string) bool {
		_, err := fs.Stat(root, name)
		return err == nil
	}
	groups := read(root, "proc/self/cgroup")
	switch {
	case env("KUBERNETES_SERVICE_HOST") != "" || strings.Contains(groups, "kubepods"):
		return "kubernetes"
	case exists("run/.containerenv") || strings.Contains(groups, "libpod"):
		return "podman"
	case exists(".dockerenv") || strings.Contains(groups, "docker"):
		return "docker"
	case strings.Contains(groups, "containerd"):
		return "containerd"
	case strings.Contains(groups, "/lxc"):
		return "lxc"
	}
	return strings.TrimSpace(read(root, "run/systemd/container"))
}

// hypervisor names what the host itself runs on; "" when it tells of none.
func hypervisor(root fs.FS) string {
	flags, _ := cpuinfo(root, "flags")
	kind := text(root, "sys/hypervisor/type")
	if kind == unknown && !strings.Contains(" "+flags+" ", " hypervisor ") {
		return ""
	}
	if kind != unknown {
		return kind
	}
	made := []string{text(root, "sys/class/dmi/id/sys_vendor"), text(root, "sys/class/dmi/id/product_name")}
	made = slices.DeleteFunc(made, func(s string) bool { return s == unknown })
	return cmp.Or(strings.Join(made, " "), unknown)
}

// gibibytes writes a size for the reader.
func gibibytes(bytes int64) string { return trimmed(float64(bytes)/float64(suite.GiB)) + " GiB" }
