package clusterimpl

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/primary"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// Run runs a cluster in the foreground until ctx is done, and then lets it finish what
// it has accepted. It reads the documented variables from environ, tells on stdout
// where the cluster is and which processes it has, and logs to stderr. It returns the
// exit status: 0 when all was finished, 1 when the cluster ended badly, 2 when a
// variable is refused, 4 when the cluster could not start.
//
// This process becomes the cluster's primary, or its only process, and has its limits.
func Run(ctx context.Context, environ []string, stdout, stderr io.Writer) int {
	return runWith(ctx, newPlatform, environ, stdout, stderr)
}

func runWith(ctx context.Context, newHandler worker.NewHandler, environ []string, stdout, stderr io.Writer) int {
	c, err := config.Parse(environ)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return exitUsage
	}
	v := &view{out: stdout, single: !c.ClusterMode}
	return serve(ctx, c, service{
		newHandler: newHandler, logs: newLogs(stderr, c), environ: environ, stderr: stderr,
		readyTimeout: defaultReadyTimeout, notify: v.show, commands: make(chan primary.Command), control: true,
	})
}

// view tells a terminal what a cluster consists of.
type view struct {
	out    io.Writer
	single bool

	mu      sync.Mutex
	workers []ipc.Event
}

func (v *view) show(e ipc.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e.Kind {
	case ipc.WorkerReady:
		v.workers = append(v.workers, e)
	case ipc.Serving:
		fmt.Fprintf(v.out, "serving %s\n", e.URL)
		if !v.single {
			fmt.Fprintf(v.out, "primary   pid %d\n", os.Getpid())
		}
		for _, w := range v.workers {
			fmt.Fprintf(v.out, "worker %-2d pid %d\n", w.Worker, w.PID)
		}
	}
}
