package clusterimpl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/config"
	"github.com/nameplate-dev/nameplate/clusterimpl/control"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/logging"
	"github.com/nameplate-dev/nameplate/clusterimpl/primary"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// Exit statuses of a cluster's first process.
const (
	exitOK          = 0
	exitFailed      = 1 // it served, and ended badly
	exitUsage       = 2 // a variable of the environment is refused
	exitEnvironment = 4 // it could not start
)

// defaultReadyTimeout is how long a worker may take to be ready, if nothing else was said.
const defaultReadyTimeout = 30 * time.Second

// Hook must be the first call of main, and of TestMain, in every binary that starts a
// cluster. In a process of a cluster it plays that process's part and exits; elsewhere
// it returns at once.
func Hook() { HookWith(newPlatform) }

// HookWith is [Hook] with another application than the platform.
func HookWith(newHandler worker.NewHandler) {
	role := os.Getenv(process.EnvRole)
	if role == "" {
		return
	}
	os.Unsetenv(process.EnvRole) // its own children start without a part
	os.Exit(play(role, newHandler))
}

// play is the life of a cluster's process.
func play(role string, newHandler worker.NewHandler) int {
	c, err := config.Parse(os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitUsage
	}
	logs := newLogs(os.Stderr, c)
	switch role {
	case process.RoleWorker:
		return worker.Run(c, newHandler, logs)
	case process.RolePrimary, process.RoleSingle:
		return child(c, newHandler, logs)
	}
	fmt.Fprintf(os.Stderr, "%s=%q is not allowed: want %s, %s or %s\n", process.EnvRole, role,
		process.RolePrimary, process.RoleWorker, process.RoleSingle)
	return exitUsage
}

func newLogs(w io.Writer, c config.Config) *logging.Logs {
	return logging.New(w, c.LogFormat == config.JSON, c.Debug)
}

// child is a cluster that another process has started: it ends with that process, and
// tells it what happens.
func child(c config.Config, newHandler worker.NewHandler, logs *logging.Logs) int {
	files := process.Inherited(process.FirstFile, "lifeline", "events")
	lifeline, events := files[0], files[1]
	orphaned := make(chan struct{})
	notify := func(e ipc.Event) { _ = ipc.WriteEvent(events, e) } // nobody reads once the parent is gone
	commands := make(chan primary.Command)
	go func() {
		defer close(orphaned) // the other end is gone
		in := json.NewDecoder(lifeline)
		for {
			var r control.Request
			if in.Decode(&r) != nil {
				return
			}
			if !c.ClusterMode {
				notify(changed(r, errors.New("a single process has no workers to change")))
				continue
			}
			commands <- primary.Command{Request: r, Done: func(err error) { notify(changed(r, err)) }}
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	timeout, err := time.ParseDuration(os.Getenv(process.EnvReadyTimeout))
	if err != nil || timeout <= 0 {
		timeout = defaultReadyTimeout
	}
	return serve(ctx, c, service{
		newHandler: newHandler, logs: logs, environ: os.Environ(), stderr: os.Stderr, readyTimeout: timeout,
		orphaned: orphaned, notify: notify, commands: commands,
	})
}

// service is what a cluster in this process needs.
type service struct {
	newHandler   worker.NewHandler
	logs         *logging.Logs
	environ      []string // of the workers
	stderr       io.Writer
	readyTimeout time.Duration
	orphaned     <-chan struct{}
	notify       func(ipc.Event)
	commands     chan primary.Command
	control      bool // a socket takes commands too
}

// serve runs a cluster whose first process is this one, up to its exit status.
func serve(ctx context.Context, c config.Config, s service) int {
	serving := false
	err := s.first(ctx, c, func(e ipc.Event) {
		serving = serving || e.Kind == ipc.Serving
		s.notify(e)
	})
	if err == nil {
		return exitOK
	}
	s.logs.For(logging.Cluster).Error("cluster ends", "reason", err)
	s.notify(ipc.Event{Kind: ipc.Fault, Detail: err.Error()})
	if serving {
		return exitFailed
	}
	return exitEnvironment
}

// first is the life of the first process: the primary, or the only one.
func (s service) first(ctx context.Context, c config.Config, notify func(ipc.Event)) error {
	command, err := s.command()
	if err != nil {
		return err
	}
	ln, err := listen(ctx, c)
	if err != nil {
		return err
	}
	stop, err := s.takeCommands(ctx, c, ln.Addr())
	if err != nil {
		ln.Close()
		return err
	}
	defer stop()
	if c.ModeReason != "" {
		s.logs.For(logging.Cluster).Info("the mode follows from the host", "cluster", c.ClusterMode, "workers",
			c.Workers, "reason", c.ModeReason)
	}
	if !c.ClusterMode {
		if s.orphaned != nil {
			go func() {
				<-s.orphaned
				os.Exit(exitFailed)
			}()
		}
		return worker.Single(ctx, c, ln, s.newHandler, s.logs, notify)
	}
	shared, err := share(c)
	if err != nil {
		s.logs.For(logging.Cluster).Warn("workers share no cache in memory", "reason", err)
	}
	if shared != nil {
		defer shared.Close()
		defer func() { // no worker is left then
			if err := release(c, shared); err != nil {
				s.logs.For(logging.Cluster).Debug(
					"the next cluster waits until this one's near cache cannot be believed any more", "reason", err,
				)
			}
		}()
	}
	return primary.Run(ctx, primary.Options{
		Config: c, Listener: ln, Worker: command, Shared: shared.File(), Logs: s.logs, Notify: notify,
		ReadyTimeout: s.readyTimeout, Orphaned: s.orphaned, Commands: s.commands,
	})
}

// listen takes the port.
func listen(ctx context.Context, c config.Config) (*net.TCPListener, error) {
	address := net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	var plain net.ListenConfig
	plain.SetMultipathTCP(false) // such a socket takes no filter, which stopping without loss needs
	ln, err := plain.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf(
			"listen on %s: the port is taken by another process: choose another PORT, or 0 for a free one: %w", address,
			err,
		)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return ln.(*net.TCPListener), nil
}

// command makes the commands of workers: this binary again.
func (s service) command() (func(slot int) *exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	return func(slot int) *exec.Cmd {
		cmd := exec.Command(exe)
		cmd.Args = append(cmd.Args, "worker", strconv.Itoa(slot)) // for whoever lists processes
		cmd.Env = append(slices.Clone(s.environ), process.EnvRole+"="+process.RoleWorker,
			process.EnvSlot+"="+strconv.Itoa(slot))
		cmd.Stdout, cmd.Stderr = s.stderr, s.stderr
		return cmd
	}, nil
}
