package probe

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

func TestHostIsReadFromItsFiles(t *testing.T) {
	base := measure.Host{OS: runtime.GOOS, Arch: runtime.GOARCH}
	for _, row := range []struct {
		tree    string
		about   string
		allowed int
		env     map[string]string
		want    func(h *measure.Host)
	}{
		{
			tree: "v2", about: "a container under control groups v2, with a quota and a memory limit", allowed: 8,
			want: func(h *measure.Host) {
				h.Kernel, h.CPUModel = "6.12.1-test", "Example CPU @ 2.50GHz"
				h.OnlineCores, h.Cores, h.Memory = 8, 2, 2<<30
				h.Governor, h.Container = "performance, powersave", "docker"
				h.Cgroup, h.Hypervisor = "v2, 2.5 cores, 2 GiB", "QEMU Standard PC"
				h.GeneratorPriority = -5
			},
		},
		{
			tree: "v1", about: "a pod under control groups v1, bound by a parent's quota and by affinity", allowed: 3,
			env: map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
			want: func(h *measure.Host) {
				h.Kernel, h.CPUModel = "4.19.0", "Example CPU @ 2.50GHz"
				h.OnlineCores, h.Cores, h.Memory = 6, 3, 1<<30
				h.Governor, h.Container, h.Cgroup, h.Hypervisor = unknown, "kubernetes", "v1, 4 cores, 1 GiB", ""
			},
		},
		{
			tree: "none", about: "a plain machine without control groups",
			want: func(h *measure.Host) {
				h.Kernel, h.CPUModel = "5.10.0", "Example Board rev 2"
				h.OnlineCores, h.Cores, h.Memory = 4, 4, 8<<30
				h.Governor, h.Cgroup = unknown, "none"
			},
		},
	} {
		t.Run(row.about, func(t *testing.T) {
			want := base
			row.want(&want)
			got := readHost(os.DirFS("testdata/"+row.tree), row.allowed,
				func(key string) string { return row.env[key] })
			assert.Equal(t, want, got)
		})
	}
}

func TestALimitIsNamedWithItsFigures(t *testing.T) {
	c := cgroup{version: "v2"}
	c.limitCores("50000", "100000")
	assert.Equal(t, "v2, 0.5 cores", c.String())
}

func TestWithoutFilesNothingIsMadeUp(t *testing.T) {
	h := readHost(os.DirFS(t.TempDir()), 0, func(string) string { return "" })
	assert.Equal(t, unknown, h.Kernel)
	assert.Equal(t, unknown, h.CPUModel)
	assert.Equal(t, unknown, h.Governor)
	assert.Equal(t, "none", h.Cgroup)
	assert.Empty(t, h.Container)
	assert.Empty(t, h.Hypervisor)
	assert.Equal(t, runtime.NumCPU(), h.Cores)
}

func TestContainersAreRecognised(t *testing.T) {
	for _, row := range []struct{ name, cgroup, want string }{
		{"docker by its group", "5:memory:/docker/0123\n", "docker"},
		{"a pod by its group", "0::/kubepods.slice/kubepods-pod1.slice\n", "kubernetes"},
		{"podman by its group", "0::/machine.slice/libpod-01.scope\n", "podman"},
		{"containerd by its group", "0::/system.slice/containerd.service/x\n", "containerd"},
		{"lxc by its group", "0::/lxc/box\n", "lxc"},
		{"none", "0::/user.slice\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "proc/self/cgroup", row.cgroup)
			assert.Equal(t, row.want, container(os.DirFS(dir), func(string) string { return "" }))
		})
	}
}

func TestListsOfProcessors(t *testing.T) {
	for list, want := range map[string]int{
		"0-3": 4, "0": 1, "0-1,4-5,7": 5, "": 0, "3-1": 0, "a": 0, "0-": 0, "0-1x": 0,
	} {
		assert.Equal(t, want, countList(list), "list %q", list)
	}
}

func TestThisHostIsDescribed(t *testing.T) {
	h := HostInfo()
	assert.Positive(t, h.Cores)
	assert.LessOrEqual(t, h.Cores, h.OnlineCores)
	assert.NotEmpty(t, h.Kernel)
	assert.NotEmpty(t, h.Governor)
	if runtime.GOOS == "linux" {
		assert.Positive(t, h.Memory)
	}
}
