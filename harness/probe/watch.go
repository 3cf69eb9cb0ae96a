package probe

import (
	"math"
	"os"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// Config says what a [Watcher] reads, and when.
type Config struct {
	Origin     time.Time     // of the schedule; all other times are since it
	Start, End time.Duration // the measurement window; both 0: [Watcher.Begin] says when it is
	Every      time.Duration // between readings, counted from Origin; at least 10ms
	// Processes lists what is to be watched now. It is called at every reading, from the
	// watcher's goroutine. A process with Tree must not have others of the list below it,
	// since their time would count twice.
	Processes func() []measure.Process
	// Partial says that requests also reach processes which are not listed, such as a store that runs
	// already: what others use cannot be told from what these use.
	Partial bool
	// Beyond asks for what others take after End, too, until [Watcher.Stop].
	Beyond bool
}

// leastEvery is the shortest interval between readings: the kernel tells of the host in ticks of 10 ms.
const leastEvery = 10 * time.Millisecond

// Watcher reads the usage of processes and of the host until [Watcher.Stop].
type Watcher struct {
	config Config
	reader *usageReader
	begin  chan edges
	stop   chan struct{}
	once   sync.Once
	done   chan struct{}
}

// edges are those of the measurement window.
type edges struct{ start, end time.Duration }

// unknownEdge is the edge of a window that is not known yet.
const unknownEdge = time.Duration(math.MaxInt64)

// Watch takes a first reading, from which all usage counts, and then reads at Start, at
// End and at every multiple of Every between Origin and End, or the end of the watch. It is to be called before
// Start: later, the processor time within the window is not known. The caller must stop it.
func Watch(c Config) *Watcher { return watch(c, thisHost()) }

// thisHost is the kernel that this process runs on.
func thisHost() source {
	return source{root: procRoot, clock: cputime, quota: readCgroup(os.DirFS("/")).cores, self: os.Getpid()}
}

func watch(c Config, from source) *Watcher {
	c.Every = max(c.Every, leastEvery)
	if c.Start == 0 && c.End == 0 {
		c.Start, c.End = unknownEdge, unknownEdge
	}
	w := &Watcher{
		config: c, reader: newUsageReader(c, from), begin: make(chan edges, 1), stop: make(chan struct{}),
		done: make(chan struct{}),
	}
	w.reader.baseline(time.Since(c.Origin))
	go w.run()
	return w
}

// Begin says when the measurement window is, before it starts. It returns at once, and is called once at most, and
// only if [Config] did not say it.
func (w *Watcher) Begin(start, end time.Duration) { w.begin <- edges{start, end} }

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
		case e := <-w.begin:
			timer.Stop()
			at = w.arm(e)
			continue
		case <-timer.C:
			w.reader.read(time.Since(w.config.Origin), at)
		}
		if at >= w.config.End && !w.config.Beyond {
			return
		}
	}
}

// arm takes in when the window is, and returns the moment up to which nothing is left to read. What comes
// to know it a little late reads at once, as [Watch] does.
func (w *Watcher) arm(e edges) time.Duration {
	w.config.Start, w.config.End = e.start, e.end
	w.reader.config.Start, w.reader.config.End = e.start, e.end
	now := time.Since(w.config.Origin)
	if late := now - e.start; late >= 0 && late <= tolerated(e.start, e.end) {
		w.reader.read(now, e.start)
	}
	return max(0, now) - 1
}

// tolerated is how late the reading at a window's start may be.
func tolerated(start, end time.Duration) time.Duration { return max(leastEvery, (end-start)/100) }

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
	if c.Beyond {
		return next
	}
	return min(next, max(c.End, at+1))
}
