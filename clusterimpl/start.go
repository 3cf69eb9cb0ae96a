package clusterimpl

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
)

// Options are what a cluster is started with. The zero value is a cluster with the
// documented defaults.
type Options struct {
	// Env holds documented variables as NAME=value; see config.Variables. Those of this
	// process's own environment do not count.
	Env []string
	// Log takes what the cluster's processes print; nil drops it. It is written to from
	// one goroutine, until Done.
	Log io.Writer
	// ReadyTimeout is how long each worker may take to be ready; 0 means 30 s.
	ReadyTimeout time.Duration
}

const (
	tailLines = 20          // of the log, shown when a cluster fails
	lastWords = time.Second // how long pipes are read after the process that wrote to them has ended
)

// Start starts a cluster as child processes and returns when all its workers are
// ready. The error says what went wrong and shows the last log lines; nothing is left
// behind then. ctx limits the start only: a started cluster lives until [Cluster.Stop],
// or until this process ends, however it does.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	parsed, err := config.Parse(config.Merge(os.Environ(), o.Env))
	if err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	if o.ReadyTimeout <= 0 {
		o.ReadyTimeout = defaultReadyTimeout
	}
	c := &Cluster{
		single: !parsed.ClusterMode, tail: logging.NewTail(tailLines),
		done: make(chan struct{}), workers: map[int]int{}, commands: map[uint64]chan<- string{},
	}
	serving, err := c.launch(o)
	if err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	late := time.NewTimer(o.ReadyTimeout + lastWords) // a primary has said which worker is late by then
	defer late.Stop()
	select {
	case <-serving:
		return c, nil
	case <-c.done:
		return nil, fmt.Errorf("start the cluster: %w", c.Err())
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-late.C:
		err = fmt.Errorf("not ready within %v", o.ReadyTimeout)
	}
	c.process.Kill()
	<-c.done
	return nil, fmt.Errorf("start the cluster: %w", c.explain(err))
}

// pipes connect a cluster with this process.
type pipes struct {
	lifeline, events, log *os.File // our ends
	theirs                []*os.File
}

// openPipes opens them; close closes those ends that are open.
func openPipes() (*pipes, error) {
	commands, lifeline, failed1 := os.Pipe()
	events, told, failed2 := os.Pipe()
	log, logged, failed3 := os.Pipe()
	p := &pipes{lifeline: lifeline, events: events, log: log, theirs: []*os.File{commands, told, logged}}
	if err := cmp.Or(failed1, failed2, failed3); err != nil {
		p.close()
		return nil, fmt.Errorf("open pipes: %w", err)
	}
	return p, nil
}

func (p *pipes) closeTheirs() {
	for _, f := range p.theirs {
		f.Close() // a nil file is not closed twice
	}
}

func (p *pipes) close() {
	p.closeTheirs()
	p.lifeline.Close()
	p.events.Close()
	p.log.Close()
}

// launch starts the first process. The channel is closed when all workers are ready.
func (c *Cluster) launch(o Options) (<-chan struct{}, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	p, err := openPipes()
	if err != nil {
		return nil, err
	}
	role := process.RolePrimary
	if c.single {
		role = process.RoleSingle
	}
	cmd := exec.Command(exe)
	cmd.Args = append(cmd.Args, role) // for whoever lists processes
	cmd.Env = append(config.Merge(os.Environ(), o.Env), process.EnvRole+"="+role,
		process.EnvReadyTimeout+"="+o.ReadyTimeout.String())
	cmd.ExtraFiles = p.theirs[:2]
	cmd.Stdout, cmd.Stderr = p.theirs[2], p.theirs[2]
	started := time.Now()
	c.process, err = process.Start(cmd, true)
	p.closeTheirs()
	if err != nil {
		p.close()
		return nil, err
	}
	c.lifeline = p.lifeline
	serving := make(chan struct{})
	go c.watch(p, o.Log, started, serving)
	return serving, nil
}

// watch takes in all that the cluster tells until it has ended.
func (c *Cluster) watch(p *pipes, log io.Writer, started time.Time, serving chan<- struct{}) {
	sink := io.Writer(c.tail)
	if log != nil {
		sink = io.MultiWriter(c.tail, lossy{log})
	}
	var readers sync.WaitGroup
	readers.Go(func() { _, _ = io.Copy(sink, p.log) }) // ends with the last writer
	readers.Go(func() {
		err := ipc.ReadEvents(p.events, func(e ipc.Event) {
			if c.note(e, started) {
				close(serving)
			}
		})
		if err != nil {
			_, _ = io.Copy(io.Discard, p.events) // garbage; do not block who writes it
		}
	})
	exit := c.process.Err()
	_ = p.log.SetReadDeadline(time.Now().Add(lastWords))
	_ = p.events.SetReadDeadline(time.Now().Add(lastWords))
	readers.Wait()
	p.close()
	c.finish(exit)
	close(c.done)
}

// lossy writes to a log whose failure, say a full disk, must not stop the cluster.
type lossy struct{ w io.Writer }

func (l lossy) Write(p []byte) (int, error) {
	_, _ = l.w.Write(p)
	return len(p), nil
}
