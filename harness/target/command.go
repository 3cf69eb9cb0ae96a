package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

const defaultStop = 10 * time.Second

var errEnded = errors.New("it ended before it was ready")

// Command is a system that a command starts.
type Command struct {
	System suite.System
	Dir    string // of the suite, from which the working directory counts
}

// process is a started command.
type process struct {
	cmd       *exec.Cmd
	out       *output
	url       string
	startup   time.Duration
	grace     time.Duration
	ended     chan struct{} // closed once it was reaped
	err       error         // how it ended; set before ended is closed
	lifeline  *lifeline
	readiness *readinessProbe  // by which it is asked whether it is ready
	discovery *workerDiscovery // the workers that it names itself
}

// Start starts the command and returns once it is ready.
func (c Command) Start(ctx context.Context, spec run.Spec) (run.Instance, error) {
	fill, base, err := c.place(spec)
	if err != nil {
		return nil, err
	}
	secured, err := secured(c.System, c.Dir)
	if err != nil {
		return nil, err
	}
	p, err := c.spawn(spec, fill, base)
	if err != nil {
		return nil, err
	}
	p.readiness = newReadinessProbe(c.System, secured)
	start := time.Now()
	if err := c.await(ctx, p); err != nil {
		if stopErr := p.Stop(context.Background()); stopErr != nil {
			err = errors.Join(err, stopErr)
		}
		if p.err != nil && errors.Is(err, errEnded) {
			err = fmt.Errorf("%w (%w)", err, p.err)
		}
		return nil, fmt.Errorf("%s: %w; %s", c.System.Command[0], err, p.out.last())
	}
	p.startup = time.Since(start)
	p.discovery = discoverWorkers(ctx, p.readiness, p.url,
		func(pid int, _ int64) bool { return below(pid, p.cmd.Process.Pid) })
	return p, nil
}

// portTries is how many free ports are chosen at most until nobody has taken one meanwhile.
const portTries = 10

// place fills in what ${…} stands for, and with it the address, at which nothing listens.
func (c Command) place(spec run.Spec) (fill *strings.Replacer, base string, err error) {
	choose := strings.Contains(c.System.URL, "${port}")
	for try := 1; ; try++ {
		if fill, err = fields(spec, choose); err != nil {
			return nil, "", err
		}
		base = strings.TrimSuffix(fill.Replace(c.System.URL), "/")
		if err = vacant(base); err == nil || !choose || try == portTries {
			return fill, base, err
		}
	}
}

// fields are what ${…} stands for in a phase.
func fields(spec run.Spec, port bool) (*strings.Replacer, error) {
	pairs := []string{
		"${workers}", strconv.Itoa(spec.Phase.Workers),
		"${memory_mib}", strconv.FormatInt(int64(spec.Memory/suite.MiB), 10),
		"${rate}", strconv.FormatFloat(float64(spec.Phase.Rate), 'f', -1, 64),
	}
	stores := map[string]string{} // empty where a phase has no such store
	for _, v := range spec.Env {
		name, value, _ := strings.Cut(v, "=")
		stores[name] = value
	}
	pairs = append(pairs, "${postgres_url}", stores["DATABASE_URL"], "${redis_url}", stores["REDIS_URL"])
	if port {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		pairs = append(pairs, "${port}", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
		l.Close()
	}
	return strings.NewReplacer(pairs...), nil
}

// vacant refuses an address at which something listens already: it would be measured
// in place of the command.
func vacant(base string) error {
	conn, err := net.DialTimeout("tcp", addressOf(base), time.Second)
	if err != nil {
		return nil
	}
	conn.Close()
	return fmt.Errorf("something listens at %s already; end it, or use ${port}", base)
}

func (c Command) spawn(spec run.Spec, fill *strings.Replacer, base string) (*process, error) {
	args := make([]string, len(c.System.Command))
	for i, a := range c.System.Command {
		args[i] = fill.Replace(a)
	}
	p := &process{
		out: newOutput(spec.Log, c.System.ReadyLine), url: base, grace: c.System.StopWithin, ended: make(chan struct{}),
	}
	if p.grace == 0 {
		p.grace = defaultStop
	}
	p.cmd = exec.Command(args[0], args[1:]...)
	p.cmd.Dir = c.Dir
	if c.System.Dir != "" {
		if p.cmd.Dir = c.System.Dir; !filepath.IsAbs(p.cmd.Dir) {
			p.cmd.Dir = filepath.Join(c.Dir, c.System.Dir)
		}
	}
	p.cmd.Env = append(os.Environ(), spec.Env...)
	for _, v := range c.System.Env {
		p.cmd.Env = append(p.cmd.Env, v.Name+"="+fill.Replace(v.Value))
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.WaitDelay = 2 * time.Second // for a process that left the group with the output open
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	life, err := hold(p.cmd.Process.Pid)
	if err != nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		return nil, errors.Join(fmt.Errorf("start the lifeline: %w", err), p.cmd.Wait())
	}
	p.lifeline = life
	go func() {
		p.err = waitAndSweep(p.cmd, life)
		close(p.ended)
	}()
	return p, nil
}

func (c Command) await(ctx context.Context, p *process) error {
	if c.System.ReadyLine == "" {
		return p.readiness.answers(ctx, p.url+readyPath(c.System), readyWithin(c.System), p.ended)
	}
	select {
	case <-p.out.found:
		return nil
	case <-p.ended:
		return errEnded
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(readyWithin(c.System)):
		return fmt.Errorf("not ready within %v: no line with %q was printed", readyWithin(c.System), c.System.ReadyLine)
	}
}

// Info is where the system is.
func (p *process) Info() run.Info {
	return run.Info{URL: p.url, Startup: p.startup, TLS: p.readiness.secured, HTTP2: p.readiness.http2}
}

// Processes are the command and the workers that it names at /health/workers, or else its children;
// each worker counts with all below it.
func (p *process) Processes() []measure.Process {
	pid := p.cmd.Process.Pid
	if named := p.discovery.now(); len(named) > 0 {
		if slices.ContainsFunc(named, func(w measure.Process) bool { return w.PID == pid }) {
			return named
		}
		return append([]measure.Process{{Role: measure.RolePrimary, Name: "primary", PID: pid}}, named...)
	}
	children := childrenOf(pid)
	if len(children) == 0 {
		return []measure.Process{{Role: measure.RoleWorker, Name: "worker 1", PID: pid, Tree: true}}
	}
	all := []measure.Process{{Role: measure.RolePrimary, Name: "primary", PID: pid}}
	for i, child := range children {
		all = append(all,
			measure.Process{Role: measure.RoleWorker, Name: fmt.Sprintf("worker %d", i+1), PID: child, Tree: true})
	}
	return all
}

// Faults says whether the command has ended by itself.
func (p *process) Faults() []string {
	select {
	case <-p.ended:
		return []string{fmt.Sprintf("the system ended by itself: %v; %s", p.cmd.ProcessState, p.out.last())}
	default:
		return nil
	}
}

// Stop asks the command to end, and kills its group when it has not within its time.
func (p *process) Stop(ctx context.Context) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended just now
	timer := time.NewTimer(p.grace)
	defer timer.Stop()
	select {
	case <-p.ended:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // the group is swept once the leader is gone
	<-p.ended
	return fmt.Errorf("it did not end within %v of SIGTERM and was killed", p.grace)
}
