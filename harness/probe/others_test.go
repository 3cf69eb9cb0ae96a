package probe

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// core is what one processor did since the kernel was made, in ticks.
type core struct{ idle, steal, irq, busy int }

// cores sets the processors' times.
func (k kernel) cores(all ...core) {
	var text strings.Builder
	fmt.Fprint(&text, "cpu  1 0 0 1 0 0 0 0 0 0\n")
	for i, c := range all {
		fmt.Fprintf(&text, "cpu%d %d 0 0 %d 0 0 %d %d 0 0\n", i, 100+c.busy, 1000+c.idle, c.irq, c.steal)
	}
	k.stat(text.String(), 0)
}

// may sets the processors that a process may run on.
func (k kernel) may(pid int, list string) {
	put(k.t, k.root, fmt.Sprintf("%d/status", pid), "VmRSS: 1 kB\nCpus_allowed_list:\t"+list+"\n")
}

// busy watches a worker and a thread of the kernel that have each used a second, for two more, on so many cores.
func (k kernel) busy(may string, quota float64, cores int) *Watcher {
	k.cores(make([]core, cores)...)
	k.process(2, task{})
	put(k.t, k.root, "2/comm", "kthreadd\n")
	k.process(3, task{parent: 2})
	k.process(7, task{own: 100})
	k.may(7, may)
	k.used(3, time.Second)
	k.used(7, time.Second)
	from := k.source()
	from.quota = quota
	return watch(Config{
		Origin: time.Now(), Start: 0, End: 2 * time.Second, Every: 5 * time.Second,
		Processes: func() []measure.Process { return []measure.Process{worker(1, 7)} },
	}, from)
}

const ms = time.Millisecond

var takenByOthers = []struct {
	name   string
	may    string
	quota  float64
	after  []core        // of a window of 2 s
	worker time.Duration // 2.5 % more are the kernel's, and no one's
	kernel time.Duration
	want   measure.Others
}{
	{
		"nobody", "0-1", 0, []core{{idle: 180, busy: 20}, {idle: 200}}, 200 * ms, 0,
		measure.Others{Known: true, Cores: 2},
	}, {
		"a process on one core for half of the window", "0-1", 0, []core{{idle: 80, busy: 120}, {idle: 200}},
		200 * ms, 0, measure.Others{Known: true, Cores: 2, Taken: 0.25},
	}, {
		"the kernel's threads and interrupts work for the run", "0-1", 0,
		[]core{{idle: 100, busy: 40, irq: 60}, {idle: 200}}, 400 * ms, 300 * ms,
		measure.Others{Known: true, Cores: 2},
	}, {
		"the samples of what is busy say little, those of what is idle count", "0-1", 0,
		[]core{{idle: 180, busy: 1}, {idle: 180, busy: 77}}, 200 * ms, 0,
		measure.Others{Known: true, Cores: 2, Taken: 0.05},
	}, {
		"the hypervisor", "0-1", 0, []core{{idle: 130, busy: 20, steal: 50}, {idle: 150, steal: 50}}, 200 * ms, 0,
		measure.Others{Known: true, Cores: 2, Stolen: 0.25},
	}, {
		"on processors that the run cannot use", "0", 0, []core{{idle: 180, busy: 20}, {busy: 200}}, 200 * ms, 0,
		measure.Others{Known: true, Cores: 1},
	}, {
		"beside a quota that leaves them room", "0-3", 2,
		[]core{{idle: 180, busy: 20}, {busy: 200}, {busy: 200}, {idle: 200}}, 200 * ms, 0,
		measure.Others{Known: true, Cores: 2},
	}, {
		"beside a quota, and more than the room", "0-3", 2,
		[]core{{busy: 200}, {busy: 200}, {busy: 200}, {idle: 200}}, 0, 0,
		measure.Others{Known: true, Cores: 2, Taken: 0.5},
	}, {
		"a kernel that counts nothing", "0-1", 0, []core{{}, {}}, 0, 0,
		measure.Others{Known: true, Cores: 2},
	},
}

func TestWhatOthersTookIsToldApart(t *testing.T) {
	for _, row := range takenByOthers {
		bubble(t, row.name, func(t *testing.T) {
			k := newKernel(t)
			w := k.busy(row.may, row.quota, len(row.after))
			time.Sleep(1900 * time.Millisecond)
			k.cores(row.after...)
			k.used(3, time.Second+row.kernel)
			k.used(7, time.Second+row.worker)
			time.Sleep(time.Second)
			u := w.Stop()
			assert.InDelta(t, row.want.Taken, u.Others.Taken, 0.005)
			assert.InDelta(t, row.want.Stolen, u.Others.Stolen, 1e-6)
			assert.Equal(t, row.want.Cores, u.Others.Cores)
			assert.Equal(t, row.want.Known, u.Others.Known)
			assert.False(t, u.Others.PressureKnown)
			assert.InDelta(t, row.worker.Seconds(), find(t, u, "worker 1").CPU, 1e-9)
		})
	}
}

func TestPressureIsThatOfTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{})
		psi := func(us int) {
			put(
				t, k.root, "pressure/cpu",
				fmt.Sprintf(
					"some avg10=0.00 avg60=0.00 avg300=0.00 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
					us,
				),
			)
		}
		psi(5_000_000)
		w := watch(every(time.Second, 3*time.Second, worker(1, 7)), k.source())
		time.Sleep(900 * time.Millisecond)
		psi(6_000_000)
		time.Sleep(time.Second)
		psi(6_500_000)
		time.Sleep(2 * time.Second)
		o := w.Stop().Others
		assert.True(t, o.PressureKnown)
		assert.InDelta(t, 0.25, o.Pressure, 1e-9, "half a second of two")
	})
}

func TestOthersAreNotKnownBesideProcessesThatAreNotWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{})
		w := watch(Config{
			Origin: time.Now(), Start: 0, End: time.Second, Every: time.Second, Partial: true,
			Processes: func() []measure.Process { return []measure.Process{worker(1, 7)} },
		}, k.source())
		time.Sleep(2 * time.Second)
		assert.False(t, w.Stop().Others.Known)
	})
}

// settling are the processes that are waited for.
func settling() []measure.Process {
	return []measure.Process{worker(1, 7), {Role: measure.RoleGenerator, Name: "generator", PID: 6}}
}

// work makes the worker use nine tenths of a core.
func (k kernel) work(until *atomic.Bool) {
	for used := time.Duration(0); !until.Load(); used += 9 * time.Millisecond {
		k.used(7, used)
		time.Sleep(10 * time.Millisecond)
	}
}

func TestTheRunsProcessesAreWaitedFor(t *testing.T) {
	bubble(t, "until they are idle", func(t *testing.T) {
		k, idle := newKernel(t), &atomic.Bool{}
		k.process(7, task{})
		k.used(7, 0)
		go k.work(idle)
		time.AfterFunc(750*time.Millisecond, func() { idle.Store(true) })
		q := settle(t.Context(), settling, k.source())
		assert.True(t, q.Known)
		assert.True(t, q.Idle)
		assert.Equal(t, 900*time.Millisecond, q.Waited, "the first reading wholly after the work")
		assert.Zero(t, q.Busy)
	})
	bubble(t, "while this process reads", func(t *testing.T) {
		k := newKernel(t)
		k.process(6, task{})
		k.process(7, task{})
		k.used(6, 0)
		time.AfterFunc(50*time.Millisecond, func() { k.used(6, 20*time.Millisecond) })
		from := k.source()
		from.self = 6
		q := settle(t.Context(), settling, from)
		assert.True(t, q.Idle)
		assert.Equal(t, settleEvery, q.Waited)
	})
	bubble(t, "for a bounded time", func(t *testing.T) {
		k, idle := newKernel(t), &atomic.Bool{}
		k.process(7, task{})
		k.used(7, 0)
		var working sync.WaitGroup
		working.Go(func() { k.work(idle) })
		q := settle(t.Context(), settling, k.source())
		idle.Store(true)
		working.Wait()
		assert.True(t, q.Known)
		assert.False(t, q.Idle)
		assert.Equal(t, settleWithin, q.Waited)
		assert.InDelta(t, 0.9, q.Busy, 0.1)
	})
	bubble(t, "no such kernel", func(t *testing.T) {
		assert.Equal(t, measure.Quiet{}, settle(t.Context(), settling, source{root: t.TempDir()}))
	})
}

func TestWhatTheKernelAlwaysDoesIsNotWaitedFor(t *testing.T) {
	perTenth := map[time.Duration]bool{9 * time.Millisecond: true, 11 * time.Millisecond: false}
	for used, idle := range perTenth {
		synctest.Test(t, func(t *testing.T) {
			k, over := newKernel(t), &atomic.Bool{}
			k.process(7, task{})
			k.process(2, task{})
			put(t, k.root, "2/comm", "kthreadd\n")
			k.process(3, task{parent: 2})
			k.used(7, 0)
			var working sync.WaitGroup
			working.Go(func() {
				for n := time.Duration(0); !over.Load(); n++ {
					k.used(3, n*used)
					time.Sleep(100 * time.Millisecond)
				}
			})
			time.Sleep(time.Millisecond)
			q := settle(t.Context(), settling, k.source())
			over.Store(true)
			working.Wait()
			assert.Equal(t, idle, q.Idle, "%v", used)
		})
	}
}

func TestTheClockOfAProcessIsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.process(7, task{own: 500})
		k.process(8, task{own: 500})
		k.used(7, 5*time.Second)
		w := watch(every(0, time.Second, worker(1, 7), worker(2, 8)), k.source())
		time.Sleep(900 * time.Millisecond)
		k.used(7, 5*time.Second+1234567)
		k.process(7, task{own: 500})
		k.process(8, task{own: 501})
		k.used(8, time.Hour) // too late: it counts in ticks
		time.Sleep(time.Second)
		u := w.Stop()
		require.Len(t, u.Series, 3)
		assert.InDelta(t, 0.001234567, find(t, u, "worker 1").CPU, 1e-12)
		assert.InDelta(t, 0.01, find(t, u, "worker 2").CPU, 1e-12)
	})
}
