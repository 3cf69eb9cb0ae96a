package probe

import (
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// Config says what a [Watcher] reads, and when.
type Config struct {
	Origin     time.Time     // of the schedule; all other times are since it
	Start, End time.Duration // the judged window
	Every      time.Duration // between readings, counted from Origin; at least 10ms
	// Processes lists what is to be watched now. It is called at every reading, from the
	// watcher's goroutine. A process with Tree must not have others of the list below it,
	// since their time would count twice.
	Processes func() []measure.Process
}

// leastEvery is the shortest interval between readings: the kernel counts in ticks of 10 ms.
const leastEvery = 10 * time.Millisecond

// Watcher reads the usage of processes and of the host until [Watcher.Stop].
type Watcher struct {
	config Config
	reader *usageReader
	stop   chan struct{}
	once   sync.Once
	done   chan struct{}
}

// Watch takes a first reading, from which all usage counts, and then reads at Start, at
// End and at every multiple of Every between Origin and End. It is to be called before
// Start: later, the processor time within the window is not known. The caller must stop it.
func Watch(c Config) *Watcher { return watch(c, procRoot) }

func watch(c Config, root string) *Watcher {
	c.Every = max(c.Every, leastEvery)
	w := &Watcher{config: c, reader: newUsageReader(c, root), stop: make(chan struct{}), done: make(chan struct{})}
	w.reader.baseline(time.Since(c.Origin))
	go w.run()
	return w
}

// Stop ends the watch and returns what was read. When End has not come yet, the last
// reading is of this moment. It may be called again, and gives the same.
func (w *Watcher) Stop() *measure.Usage {
	w.once.Do(func() { close(w.stop) })
	<-w.done
	return w.reader.usage()
}

func (w *Watcher) run() {
	defer close(w.done)
	defer w.reader.close()
	for at := w.after(time.Since(w.config.Origin) - 1); ; at = w.after(at) {
		timer := time.NewTimer(at - time.Since(w.config.Origin))
		select {
		case <-w.stop:
			timer.Stop()
			w.reader.read(time.Since(w.config.Origin), w.config.End)
			return
		case <-timer.C:
			w.reader.read(time.Since(w.config.Origin), at)
		}
		if at >= w.config.End {
			return
		}
	}
}

// after is the next moment to read at, later than the given one.
func (w *Watcher) after(at time.Duration) time.Duration {
	c := w.config
	next := time.Duration(0)
	if at >= 0 {
		next = (at/c.Every + 1) * c.Every
	}
	for _, edge := range []time.Duration{c.Start, c.End} {
		if edge > at && edge < next {
			next = edge
		}
	}
	return min(next, max(c.End, at+1))
}
