package probe

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// goOn lets seconds pass on two cores: in some a process of others occupies one.
func goOn(k kernel, from, to int, busy func(second int) bool) {
	one, two := core{}, core{idle: 100 * from}
	for s := range to {
		if s < from {
			one.add(busy(s))
			continue
		}
		time.Sleep(time.Second - time.Millisecond)
		two.idle += 100
		one.add(busy(s))
		k.cores(one, two)
		time.Sleep(time.Millisecond)
	}
}

// add adds a second.
func (c *core) add(busy bool) {
	if busy {
		c.busy += 100
	} else {
		c.idle += 100
	}
}

func TestOthersAreSeenAroundTheWindow(t *testing.T) {
	for _, row := range []struct {
		name                  string
		beyond                bool
		busy                  func(second int) bool
		before, after, within float64 // of two cores
		known                 bool    // what came after
	}{
		{"nobody", true, func(int) bool { return false }, 0, 0, 0, true},
		{"in the warm-up", true, func(s int) bool { return s == 1 }, 0.25, 0, 0, true},
		{"in the window", true, func(s int) bool { return s == 4 }, 0, 0, 0.25, true},
		{"in one of the steps that follow it", true, func(s int) bool { return s == 9 || s == 10 }, 0, 0.5, 0, true},
		{"in the last step", true, func(s int) bool { return s == 14 }, 0, 0.25, 0, true},
		{"after a run that ends with its window", false, func(s int) bool { return s > 5 }, 0, 0, 0, false},
	} {
		bubble(t, row.name, func(t *testing.T) {
			k := newKernel(t)
			k.cores(core{}, core{})
			k.process(7, task{own: 100, rssMiB: 10})
			w := watch(Config{
				Origin: time.Now(), Every: time.Second, Beyond: row.beyond,
				Processes: func() []measure.Process { return []measure.Process{worker(1, 7)} },
			}, k.source())
			w.Begin(4*time.Second, 6*time.Second)
			goOn(k, 0, 7, row.busy)
			k.process(7, task{own: 150, rssMiB: 99}) // its work after the window
			goOn(k, 7, 15, row.busy)
			u := w.Stop()
			for _, part := range []struct {
				what string
				got  measure.Others
				want float64
			}{
				{"warm-up", u.OthersBefore, row.before}, {"window", u.Others, row.within},
				{"afterwards", u.OthersAfter, row.after},
			} {
				assert.InDelta(t, part.want, part.got.Taken, 1e-9, part.what)
				assert.Equal(t, part.what != "afterwards" || row.known, part.got.Known, part.what)
			}
			s := find(t, u, "worker 1")
			assert.Zero(t, s.CPU)
			assert.Equal(t, int64(10<<20), s.PeakRSS)
			assert.Equal(t, 6*time.Second, ats(s)[len(s.Points)-1])
		})
	}
}

func TestWhatThisProcessStartedIsTheRunsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKernel(t)
		k.cores(core{}, core{})
		k.process(7, task{own: 100})
		k.process(9, task{parent: 1, own: 100})
		from := k.source()
		from.self = 7
		generator := measure.Process{Role: measure.RoleGenerator, Name: "generator", PID: 7}
		w := watch(every(0, 3*time.Second, generator, worker(1, 9)), from)
		time.Sleep(900 * time.Millisecond)
		k.uptime(1100)
		k.process(8, task{parent: 7, own: 60, started: 1050}) // not listed
		k.cores(core{busy: 70, idle: 30}, core{idle: 100})
		k.process(7, task{own: 110})
		time.Sleep(time.Second)
		k.end(8)
		k.process(7, task{own: 120, children: 90}) // it was waited for
		k.process(9, task{parent: 1, own: 150})
		k.cores(core{busy: 160, idle: 40}, core{idle: 200})
		time.Sleep(time.Second)
		k.cores(core{busy: 160, idle: 140}, core{idle: 300})
		time.Sleep(time.Second)
		u := w.Stop()
		assert.True(t, u.Others.Known)
		assert.Zero(t, u.Others.Taken, "a child, 90 ticks, a worker, 50, and this process, 20")
		assert.InDelta(t, 0.2, find(t, u, "generator").CPU, 1e-9)
	})
}
