package probe

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// cgroup is what the control groups of this process allow it.
type cgroup struct {
	version string  // "v1", "v2" or "none"
	cores   float64 // 0: no limit
	memory  int64   // bytes; 0: no limit
}

// String is the version with the limits found, e.g. "v2, 1.5 cores, 2 GiB".
func (c cgroup) String() string {
	parts := []string{c.version}
	if c.cores > 0 {
		parts = append(parts, trimmed(c.cores)+" cores")
	}
	if c.memory > 0 {
		parts = append(parts, gibibytes(c.memory))
	}
	if len(parts) == 1 && c.version != "none" {
		parts = append(parts, "no limits")
	}
	return strings.Join(parts, ", ")
}

// trimmed writes a number with at most two decimals.
func trimmed(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// noLimit is from where on version 1 means that there is no memory limit: it writes the
// largest multiple of a page that fits.
const noLimit = 1 << 60

// readCgroup reads the tightest limits of the groups that this process is in, up to the
// root: a group's parents bound it too. In a container the path named by the kernel may
// lie outside of what is mounted; the mount's root is then the container's own group.
func readCgroup(root fs.FS) cgroup {
	c := cgroup{version: "none"}
	for line := range strings.Lines(read(root, "proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		controllers, group := parts[1], parts[2]
		switch {
		case controllers == "":
			if c.version == "none" {
				c.version = "v2"
			}
			for _, mount := range []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"} {
				c.climb(root, mount, group, (*cgroup).limitV2)
			}
		case has(controllers, "cpu") || has(controllers, "memory"):
			c.version = "v1"
			for mount := range strings.SplitSeq(controllers, ",") {
				c.climb(root, "sys/fs/cgroup/"+mount, group, (*cgroup).limitV1)
			}
			c.climb(root, "sys/fs/cgroup/"+controllers, group, (*cgroup).limitV1)
		}
	}
	return c
}

func has(controllers, wanted string) bool {
	return strings.Contains(","+controllers+",", ","+wanted+",")
}

// climb applies the limits of a group and of all above it.
func (c *cgroup) climb(root fs.FS, mount, group string, limit func(*cgroup, fs.FS, string)) {
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		limit(c, root, path.Join(mount, group))
		if group == "/" {
			return
		}
	}
}

func (c *cgroup) limitV2(root fs.FS, folder string) {
	fields := strings.Fields(read(root, folder+"/cpu.max")) // "QUOTA PERIOD" in µs, or "max PERIOD"
	if len(fields) == 2 {
		c.limitCores(fields[0], fields[1])
	}
	c.limitMemory(read(root, folder+"/memory.max"))
}

func (c *cgroup) limitV1(root fs.FS, folder string) {
	c.limitCores(read(root, folder+"/cpu.cfs_quota_us"), read(root, folder+"/cpu.cfs_period_us"))
	c.limitMemory(read(root, folder+"/memory.limit_in_bytes"))
}

// limitCores takes a quota of processor time per period; "max" and -1 are no limit.
func (c *cgroup) limitCores(quota, period string) {
	q, err1 := strconv.ParseInt(strings.TrimSpace(quota), 10, 64)
	p, err2 := strconv.ParseInt(strings.TrimSpace(period), 10, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return
	}
	if cores := float64(q) / float64(p); c.cores == 0 || cores < c.cores {
		c.cores = cores
	}
}

func (c *cgroup) limitMemory(text string) {
	bytes, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || bytes <= 0 || bytes >= noLimit {
		return
	}
	if c.memory == 0 || bytes < c.memory {
		c.memory = bytes
	}
}
