package target

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// workersPath answers with what a system knows of its workers.
const workersPath = "/health/workers"

// Bounds of asking for it.
const (
	workersWithin = 2 * time.Second
	workersBytes  = 1 << 20
)

// workerDiscovery finds the worker processes that a system names itself, in the documented shape:
// {"workers": [{"worker": 1, "pid": 4711, "memory": {"rss_bytes": 52428800}}, …]}.
type workerDiscovery struct {
	readiness *readinessProbe
	base      string
	// owned reports whether a process is what the system says; rss is the size that it says, 0 for none.
	owned func(pid int, rss int64) bool

	mu      sync.Mutex
	workers []measure.Process
}

// ask asks the system. One that does not answer so, or names processes that cannot be its own, has none to name.
func (c *workerDiscovery) ask(ctx context.Context) []measure.Process {
	ctx, cancel := context.WithTimeout(ctx, workersWithin)
	defer cancel()
	m, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+workersPath, nil)
	if err != nil {
		return nil
	}
	answer, err := c.readiness.transport.RoundTrip(m)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil
	}
	return named(io.LimitReader(answer.Body, workersBytes), c.owned)
}

// named are the processes that an answer names; none when one of them cannot be the system's own.
func named(answer io.Reader, owned func(pid int, rss int64) bool) []measure.Process {
	var doc struct {
		Workers []struct {
			Worker int `json:"worker"`
			PID    int `json:"pid"`
			Memory struct {
				RSS int64 `json:"rss_bytes"`
			} `json:"memory"`
		} `json:"workers"`
	}
	if json.NewDecoder(answer).Decode(&doc) != nil {
		return nil
	}
	var all []measure.Process
	for i, w := range doc.Workers {
		if w.PID <= 0 || !owned(w.PID, w.Memory.RSS) {
			return nil
		}
		name := i + 1
		if w.Worker > 0 {
			name = w.Worker
		}
		all = append(all,
			measure.Process{Role: measure.RoleWorker, Name: fmt.Sprintf("worker %d", name), PID: w.PID, Tree: true})
	}
	return all
}

// now are the workers as they were named last; they are asked for again once one of them is gone.
func (c *workerDiscovery) now() []measure.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.ContainsFunc(c.workers, func(p measure.Process) bool { return !alive(p.PID) }) {
		c.workers = c.ask(context.Background())
	}
	return c.workers
}

// discoverWorkers asks a system for its workers for the first time.
func discoverWorkers(
	ctx context.Context, readiness *readinessProbe, base string, owned func(pid int, rss int64) bool,
) *workerDiscovery {
	c := &workerDiscovery{readiness: readiness, base: base, owned: owned}
	c.workers = c.ask(ctx)
	return c
}

// alive reports whether the kernel knows a process.
func alive(pid int) bool {
	_, err := os.Stat("/proc/" + strconv.Itoa(pid))
	return err == nil
}

// below reports whether a process is another one or descends from it.
func below(pid, ancestor int) bool {
	if pid == ancestor {
		return alive(pid)
	}
	return slices.ContainsFunc(childrenOf(ancestor), func(child int) bool { return below(pid, child) })
}

// resembles reports whether a process is of about the resident size that a system states: of one
// that this process did not start, its numbers may be those of a container.
func resembles(pid int, rss int64) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return false
	}
	parts := strings.Fields(string(text))
	if len(parts) < 2 {
		return false
	}
	pages, err := strconv.ParseInt(parts[1], 10, 64)
	is := pages * int64(os.Getpagesize())
	return err == nil && rss > 0 && is > 0 && is < 2*rss && rss < 2*is
}
