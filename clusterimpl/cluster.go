package clusterimpl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/control"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
)

// Role says what part a process plays in a cluster.
type Role string

// The roles there are.
const (
	RolePrimary Role = "primary"
	RoleWorker  Role = "worker"
)

// Process is one process of a cluster.
type Process struct {
	Role   Role
	Name   string // "primary" or e.g. "worker 3"
	PID    int
	Worker int // slot, 1 and up; 0 for the primary
}

// Event is one moment in the life of a cluster.
type Event struct {
	At     time.Time // when this process heard of it
	Kind   string    // "started", "ready", "ended", "serving", "gave up" or "fault"
	Worker int       // slot, 1 and up; 0 when it concerns the whole cluster
	PID    int       // of the worker; 0 when it concerns the whole cluster
	Detail string    // how a worker ended, or what is at fault
	// Replaced says of a worker that ended that another takes its place.
	Replaced bool
	// Planned says of a worker that ended that it was told to, by Reload or Scale.
	Planned bool
}

// String is the event as a line.
func (e Event) String() string {
	switch {
	case e.Kind == ipc.WorkerEnded && e.Replaced:
		return fmt.Sprintf("worker %d (pid %d) ended and is replaced: %s", e.Worker, e.PID, e.Detail)
	case e.Kind == ipc.WorkerEnded:
		return fmt.Sprintf("worker %d (pid %d) ended: %s", e.Worker, e.PID, e.Detail)
	case e.Kind == ipc.GaveUp:
		return "gave up: " + e.Detail
	case e.Worker > 0:
		return fmt.Sprintf("worker %d (pid %d) %s", e.Worker, e.PID, e.Kind)
	case e.Kind == ipc.Fault:
		return e.Detail
	}
	return e.Kind
}

// Cluster is a cluster that [Start] has started.
type Cluster struct {
	process  *process.Process
	lifeline *os.File // carries commands; closed with the cluster, or by the kernel when this process dies
	single   bool
	tail     *logging.Tail
	done     chan struct{}

	mu      sync.Mutex
	url     string
	startup time.Duration
	workers map[int]int // pids by slot
	events  []Event
	stopped bool // Stop was called
	err     error

	commands map[uint64]chan<- string // under way, by number; each is told how it failed, "" when it did not
	lastID   uint64
}

// URL is the base of the cluster's addresses, e.g. "http://127.0.0.1:3001".
func (c *Cluster) URL() string { return c.url }

// StartupTime is the time from the start of the first process until all workers were ready.
func (c *Cluster) StartupTime() time.Duration { return c.startup }

// Processes are the processes that there are now: the primary, if there is one, and
// the workers by slot. Workers that are replaced change their pid.
func (c *Cluster) Processes() []Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Process
	select {
	case <-c.done:
		return nil
	default:
	}
	if !c.single {
		all = append(all, Process{Role: RolePrimary, Name: "primary", PID: c.process.PID})
	}
	for _, slot := range slices.Sorted(maps.Keys(c.workers)) {
		all = append(all, Process{RoleWorker, fmt.Sprintf("worker %d", slot), c.workers[slot], slot})
	}
	return all
}

// Events are all events since the start, oldest first.
func (c *Cluster) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// Restarts is the number of workers that ended and were replaced.
func (c *Cluster) Restarts() int {
	n := 0
	for _, e := range c.Events() {
		if e.Kind == ipc.WorkerEnded && e.Replaced {
			n++
		}
	}
	return n
}

// Faults says what broke since the cluster was ready and before it was stopped, one
// line each: workers that ended, a limit that was passed, the cluster gone.
func (c *Cluster) Faults() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var faults []string
	for _, e := range c.events {
		if e.Kind == ipc.WorkerEnded && e.Replaced && !e.Planned || e.Kind == ipc.GaveUp || e.Kind == ipc.Fault {
			faults = append(faults, e.String())
		}
	}
	if c.err != nil && len(faults) == 0 {
		faults = append(faults, c.err.Error())
	}
	return faults
}

// Done is closed once every process of the cluster has ended.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// Err says why the cluster ended: nil while it runs, and when it was stopped and
// finished what it had accepted.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Stop lets the cluster finish what it has accepted and ends it; when ctx is done
// first, it is killed. Nothing of it is left when Stop returns. The error is nil when
// everything was finished, or the cluster had ended before.
func (c *Cluster) Stop(ctx context.Context) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	if err := c.process.Signal(syscall.SIGTERM); err != nil {
		c.process.Kill()
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		c.process.Kill()
		<-c.done
		return fmt.Errorf("stop the cluster: it was killed before it had drained: %w", context.Cause(ctx))
	}
	if err := c.Err(); err != nil {
		return fmt.Errorf("stop the cluster: %w", err)
	}
	return nil
}

// Reload replaces every worker by a new one, one at a time and each before the old one
// ends, and returns when that is done.
func (c *Cluster) Reload(ctx context.Context) error {
	return c.tell(ctx, control.Request{Do: control.Reload})
}

// Scale changes the number of workers, 1 to 256, and returns when all are ready and
// those that are too many have ended.
func (c *Cluster) Scale(ctx context.Context, workers int) error {
	return c.tell(ctx, control.Request{Do: control.Scale, Workers: workers})
}

// tell carries out a command.
func (c *Cluster) tell(ctx context.Context, r control.Request) error {
	result := make(chan string, 1)
	c.mu.Lock()
	c.lastID++
	r.ID = c.lastID
	c.commands[r.ID] = result
	line, err := json.Marshal(r)
	if err == nil {
		_, err = c.lifeline.Write(append(line, '\n'))
	}
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s the cluster: %w", r.Do, err)
	}
	select {
	case failed := <-result:
		if failed != "" {
			return fmt.Errorf("%s the cluster: %s", r.Do, failed)
		}
		return nil
	case <-c.done:
		return fmt.Errorf("%s the cluster: it has ended", r.Do)
	case <-ctx.Done():
		return fmt.Errorf("%s the cluster: %w", r.Do, context.Cause(ctx))
	}
}

// note takes in what the cluster tells. It returns true when all workers are ready.
func (c *Cluster) note(e ipc.Event, started time.Time) (serving bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if e.Kind != ipc.Changed {
		c.events = append(c.events, Event{
			At: now, Kind: e.Kind, Worker: e.Worker, PID: e.PID, Detail: e.Detail, Replaced: e.Replaced,
			Planned: e.Planned,
		})
	}
	switch e.Kind {
	case ipc.Changed:
		if done := c.commands[e.ID]; done != nil {
			delete(c.commands, e.ID)
			done <- e.Detail // has room for it
		}
	case ipc.WorkerStarted:
		c.workers[e.Worker] = e.PID
	case ipc.WorkerEnded:
		delete(c.workers, e.Worker)
	case ipc.Serving:
		c.url, c.startup = e.URL, now.Sub(started)
		return true
	}
	return false
}

// finish notes how the first process ended.
func (c *Cluster) finish(exit error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = nil
	fault := slices.IndexFunc(c.events, func(e Event) bool { return e.Kind == ipc.Fault && e.Detail != "" })
	switch {
	case exit == nil && c.stopped:
		return
	case fault >= 0:
		c.err = errors.New(c.events[fault].Detail)
	case exit == nil:
		c.err = errors.New("the cluster was told to stop by someone else")
	default:
		c.err = fmt.Errorf("the cluster has ended: %w", exit)
	}
	c.err = c.explain(c.err)
}

// explain adds the last log lines to an error.
func (c *Cluster) explain(err error) error {
	lines := c.tail.String()
	if lines == "" {
		return err
	}
	return fmt.Errorf("%w\nits last log lines:\n%s", err, lines)
}
