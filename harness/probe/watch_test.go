package probe

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// put writes a file below dir.
func put(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// kernel is a /proc made of files.
type kernel struct {
	t     *testing.T
	root  string
	clock map[int]time.Duration // processor times in nanoseconds; a process without one counts in ticks
	mutex *sync.Mutex
}

func newKernel(t *testing.T) kernel {
	k := kernel{t, t.TempDir(), map[int]time.Duration{}, &sync.Mutex{}}
	k.host(0, 0, 0)
	k.uptime(1000)
	return k
}

// source is this kernel's.
func (k kernel) source() source {
	return source{root: k.root, clock: func(pid int) (time.Duration, bool) {
		k.mutex.Lock()
		defer k.mutex.Unlock()
		used, known := k.clock[pid]
		return used, known
	}}
}

// used sets the clock of a process.
func (k kernel) used(pid int, d time.Duration) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.clock[pid] = d
}

// host sets the time that the four processors have been up since the kernel was made, the ticks that
// they were busy in, and the host's memory in use. The kernel counts idle time well, and busy time badly.
func (k kernel) host(up time.Duration, busy int, usedMiB int) {
	idle := up.Seconds()*ticksPerSecond - float64(busy)/4
	text := fmt.Sprintf("cpu  0 0 0 %f 0 0 0 0 0 0\n", 4*idle)
	for i := range 4 {
		text += fmt.Sprintf("cpu%d %f 0 0 %f 0 0 0 0 0 0\n", i, up.Seconds()*ticksPerSecond/3, 1000+idle)
	}
	k.stat(text, usedMiB)
}

func (k kernel) stat(text string, usedMiB int) {
	put(k.t, k.root, "stat", text)
	put(k.t, k.root, "meminfo", fmt.Sprintf("MemTotal: %d kB\nMemAvailable: %d kB\n", 4096<<10, (4096-usedMiB)<<10))
}

func (k kernel) uptime(ticks int) {
	put(k.t, k.root, "uptime", fmt.Sprintf("%d.%02d 1.00\n", ticks/100, ticks%100))
}

// task is one process.
type task struct {
	parent, own, children, started int
	rssMiB, peakMiB, sharedMiB     int
}

func (k kernel) process(pid int, p task) {
	put(k.t, k.root, fmt.Sprintf("%d/stat", pid),
		fmt.Sprintf("%d (a b) S %d 0 0 0 -1 0 0 0 0 0 %d 0 %d 0 20 0 1 0 %d 0 0\n", pid, p.parent, p.own, p.children,
			p.started))
	put(k.t, k.root, fmt.Sprintf("%d/status", pid),
		fmt.Sprintf("VmHWM: %d kB\nVmRSS: %d kB\nRssFile: %d kB\n", p.peakMiB<<10, p.rssMiB<<10, p.sharedMiB<<10))
}

// end ends a process: its open files read as empty, and its folder is gone.
func (k kernel) end(pid int) {
	put(k.t, k.root, fmt.Sprintf("%d/stat", pid), "")
	require.NoError(k.t, os.RemoveAll(filepath.Join(k.root, fmt.Sprint(pid))))
}

// find returns the series of that name.
func find(t *testing.T, u *measure.Usage, name string) measure.Series {
	t.Helper()
	for _, s := range u.Series {
		if s.Name == name {
			return s
		}
	}
	require.Failf(t, "no such series", "%s", name)
	return measure.Series{}
}

func ats(s measure.Series) (all []time.Duration) {
	for _, p := range s.Points {
		all = append(all, p.At)
	}
	return all
}

func worker(n, pid int) measure.Process {
	return measure.Process{Role: measure.RoleWorker, Name: fmt.Sprintf("worker %d", n), PID: pid}
}

// every is a watch that begins now, with a reading every second.
func every(start, end time.Duration, processes ...measure.Process) Config {
	return Config{
		Origin: time.Now(), Start: start, End: end, Every: time.Second,
		Processes: func() []measure.Process { return processes },
	}
}

// bubble is a part of a test on a clock that only waiting moves.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func TestReadingsAreTakenEverySecondAndAtTheWindowsEdges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{own: 500, rssMiB: 30, peakMiB: 31})
		origin := time.Now().Add(300 * time.Millisecond)
		w := watch(Config{
			Origin: origin, Start: 1500 * time.Millisecond, End: 3500 * time.Millisecond, Every: time.Second,
			Processes: func() []measure.Process { return []measure.Process{worker(1, 7)} },
		}, k.source())
		at := func(d time.Duration, own, busy, rss int) {
			time.Sleep(time.Until(origin.Add(d - time.Millisecond)))
			k.process(7, task{own: own, rssMiB: rss, peakMiB: 60})
			k.host(300*time.Millisecond+d, busy, 1000+rss)
		}
		at(0, 510, 30, 40)
		at(time.Second, 560, 130, 50)
		at(1500*time.Millisecond, 600, 200, 50)
		at(2*time.Second, 650, 250, 55)
		at(3*time.Second, 700, 400, 45)
		at(3500*time.Millisecond, 720, 500, 45)
		time.Sleep(time.Second)
		u := w.Stop()

		s := find(t, u, "worker 1")
		ms := time.Millisecond
		assert.Equal(t, []time.Duration{0, 1000 * ms, 1500 * ms, 2000 * ms, 3000 * ms, 3500 * ms}, ats(s))
		assert.True(t, s.Known)
		assert.InDelta(t, 1.2, s.CPU, 1e-9, "600 to 720 ticks between the window's edges")
		assert.EqualValues(t, 60<<20, s.PeakRSS, "the kernel's high-water mark")
		assert.InDelta(t, 0.5, s.Points[1].CPU, 1e-9)
		assert.InDelta(t, 0.8, s.Points[2].CPU, 1e-9)
		assert.EqualValues(t, 55<<20, s.Points[3].RSS)

		host := find(t, u, "host")
		assert.Equal(t, measure.RoleHost, host.Role)
		assert.InDelta(t, 3.0, host.CPU, 1e-9)
		assert.EqualValues(t, 1055<<20, host.PeakRSS)
		assert.Equal(t, u, w.Stop(), "stopping again gives the same")
	})
}

func TestAReplacedWorkerKeepsItsSeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		var pid atomic.Int64
		pid.Store(7)
		k.process(7, task{own: 100, rssMiB: 30, peakMiB: 80})
		w := watch(Config{
			Origin: time.Now(), Start: time.Second, End: 4 * time.Second, Every: time.Second,
			Processes: func() []measure.Process { return []measure.Process{worker(1, int(pid.Load()))} },
		}, k.source())
		time.Sleep(1100 * time.Millisecond) // readings at 0 and 1 s have passed
		k.process(7, task{own: 150, rssMiB: 30, peakMiB: 80})
		k.uptime(1110)
		time.Sleep(time.Second) // 2.1 s: 50 ticks since
		k.end(7)
		time.Sleep(time.Second) // 3.1 s: a reading without it
		pid.Store(9)
		k.process(9, task{own: 40, started: 1200, rssMiB: 20, peakMiB: 25})
		time.Sleep(time.Second)
		u := w.Stop()

		s := find(t, u, "worker 1")
		assert.True(t, s.Known)
		assert.InDelta(t, 0.9, s.CPU, 1e-9, "50 ticks of the first, all 40 of the second, which is new")
		assert.EqualValues(t, 80<<20, s.PeakRSS)
		assert.Equal(t, []time.Duration{0, 1 * time.Second, 2 * time.Second, 4 * time.Second}, ats(s))
		assert.Len(t, u.Series, 2)
	})
}

func TestAProcessThatIsListedLateCountsFromThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{own: 5000, started: 10, rssMiB: 30})
		var listed atomic.Pointer[[]measure.Process]
		listed.Store(&[]measure.Process{})
		w := watch(Config{
			Origin: time.Now(), Start: 0, End: 3 * time.Second, Every: time.Second,
			Processes: func() []measure.Process { return *listed.Load() },
		}, k.source())
		time.Sleep(500 * time.Millisecond)
		listed.Store(&[]measure.Process{worker(1, 7)})
		time.Sleep(time.Second)
		k.process(7, task{own: 5030, started: 10, rssMiB: 30})
		time.Sleep(2 * time.Second)
		assert.InDelta(t, 0.3, find(t, w.Stop(), "worker 1").CPU, 1e-9)
	})
}

func TestATreeCountsItsDescendantsAlsoOnceTheyEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(1, task{own: 1})
		k.process(7, task{parent: 1, own: 100, rssMiB: 50, sharedMiB: 40, peakMiB: 50})
		k.process(8, task{parent: 7, own: 200, rssMiB: 60, sharedMiB: 45, peakMiB: 60})
		k.process(9, task{parent: 8, own: 300, rssMiB: 10})
		k.process(20, task{parent: 1, own: 9999, rssMiB: 999})
		store := measure.Process{Role: measure.RoleStore, Name: "postgres", PID: 7, Tree: true}
		w := watch(every(0, 3*time.Second, store), k.source())
		time.Sleep(1500 * time.Millisecond)
		// has waited for 9, which used 20 more
		k.process(8, task{parent: 7, own: 210, children: 320, rssMiB: 60, sharedMiB: 45})
		k.end(9)
		k.process(10, task{parent: 7, own: 7, started: 1050, rssMiB: 5}) // a new one
		k.process(20, task{parent: 1, own: 99999, rssMiB: 999})
		time.Sleep(2 * time.Second)
		s := find(t, w.Stop(), "postgres")
		assert.InDelta(t, 0.37, s.CPU, 1e-9, "10 of 8, 20 of 9 and 7 of 10")
		assert.EqualValues(t, (10+15+10+45)<<20, s.Points[0].RSS, "shared pages count once")
		assert.EqualValues(t, (10+15+5+45)<<20, s.Points[3].RSS)
		assert.EqualValues(t, 80<<20, s.PeakRSS, "of a group, the largest sum seen")
	})
}

func TestWhatWasNotReadIsNotKnown(t *testing.T) {
	config := func() Config { return every(time.Second, 2*time.Second, worker(1, 7)) }
	bubble(t, "no such kernel", func(t *testing.T) {
		w := watch(config(), source{root: t.TempDir()})
		time.Sleep(3 * time.Second)
		for _, s := range w.Stop().Series {
			assert.False(t, s.Known, s.Name)
			assert.Empty(t, s.Points)
		}
	})
	bubble(t, "no such process", func(t *testing.T) {
		w := watch(config(), newKernel(t).source())
		time.Sleep(3 * time.Second)
		u := w.Stop()
		assert.False(t, find(t, u, "worker 1").Known)
		assert.True(t, find(t, u, "host").Known)
	})
	bubble(t, "stopped before the window", func(t *testing.T) {
		w := watch(config(), newKernel(t).source())
		time.Sleep(500 * time.Millisecond)
		assert.False(t, find(t, w.Stop(), "host").Known)
	})
	bubble(t, "started within the window", func(t *testing.T) {
		c := config()
		c.Origin = time.Now().Add(-1500 * time.Millisecond)
		w := watch(c, newKernel(t).source())
		time.Sleep(3 * time.Second)
		assert.False(t, find(t, w.Stop(), "host").Known)
	})
	bubble(t, "stopped within the window: known up to then", func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{own: 100})
		w := watch(config(), k.source())
		time.Sleep(1200 * time.Millisecond)
		k.process(7, task{own: 120})
		time.Sleep(300 * time.Millisecond)
		s := find(t, w.Stop(), "worker 1")
		assert.True(t, s.Known)
		assert.InDelta(t, 0.2, s.CPU, 1e-9)
		assert.Equal(t, []time.Duration{0, time.Second, 1500 * time.Millisecond}, ats(s))
	})
}

func TestARealProcessIsRead(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	// The kernel may give this process next to nothing for a while: the window is doubled until it has.
	for length := 150 * time.Millisecond; ; length *= 2 {
		w := Watch(Config{
			Origin: time.Now(), Start: 0, End: length, Every: 50 * time.Millisecond,
			Processes: func() []measure.Process {
				return []measure.Process{{Role: measure.RoleGenerator, Name: "generator", PID: os.Getpid(), Tree: true}}
			},
		})
		for start := time.Now(); time.Since(start) < length; {
			Spin()
		}
		s := find(t, w.Stop(), "generator")
		require.True(t, s.Known)
		require.Positive(t, s.PeakRSS)
		if s.CPU > 0 {
			return
		}
		require.Less(t, length, time.Minute)
	}
}

// BenchmarkReading reads 300 real processes, as many as a database with a process for each of its
// connections: at one reading a second, ns/op / 1e9 is the share of a core that watching takes.
func BenchmarkReading(b *testing.B) {
	for _, tree := range []bool{false, true} {
		b.Run(fmt.Sprintf("tree=%v", tree), func(b *testing.B) {
			var listed []measure.Process
			for i := range 300 {
				cmd := exec.Command("sleep", "600")
				require.NoError(b, cmd.Start())
				b.Cleanup(func() {
					_ = cmd.Process.Kill()
					_ = cmd.Wait()
				})
				if !tree {
					listed = append(listed, worker(i, cmd.Process.Pid))
				}
			}
			if tree {
				listed = append(listed,
					measure.Process{Role: measure.RoleStore, Name: "all", PID: os.Getpid(), Tree: true})
			}
			r := newUsageReader(Config{Every: time.Second, Processes: func() []measure.Process { return listed }},
				thisHost())
			defer r.close()
			r.baseline(0)
			b.ReportAllocs()
			for b.Loop() {
				r.read(time.Second, time.Second)
			}
		})
	}
}
