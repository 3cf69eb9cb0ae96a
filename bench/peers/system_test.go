package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl"
)

// workers is the number of worker processes of each system.
const workers = 2

// system is one of those that are compared.
type system interface {
	url() string
	pids() (primary int, workers []int)
	reload(ctx context.Context) error
	stop() error
}

// reference is the reference cluster.
type reference struct{ *clusterimpl.Cluster }

func startReference(ctx context.Context) (system, error) {
	c, err := clusterimpl.Start(ctx,
		clusterimpl.Options{Env: []string{"PORT=0", fmt.Sprint("CLUSTER_WORKERS=", workers), "RESPAWN_LIMIT=1000"}})
	return reference{c}, err
}

func (r reference) url() string                      { return r.URL() }
func (r reference) reload(ctx context.Context) error { return r.Reload(ctx) }

func (r reference) pids() (primary int, workers []int) {
	for _, p := range r.Processes() {
		if p.Role == clusterimpl.RolePrimary {
			primary = p.PID
		} else {
			workers = append(workers, p.PID)
		}
	}
	return primary, workers
}

func (r reference) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return r.Stop(ctx)
}

// node is a cluster of Node.js's cluster module.
type node struct {
	cmd   *exec.Cmd
	lines chan string
	base  string
}

func startNode(ctx context.Context) (system, error) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := taken.Addr().(*net.TCPAddr)
	if err := taken.Close(); err != nil {
		return nil, err
	}
	n := node{
		cmd: exec.Command("node", "node/server.js"), lines: make(chan string, 16), base: "http://" + address.String(),
	}
	n.cmd.Env = append(os.Environ(), fmt.Sprint("CLUSTER_WORKERS=", workers), fmt.Sprint("PORT=", address.Port))
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	n.cmd.Stderr = os.Stderr
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(n.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			n.lines <- s.Text()
		}
	}()
	if err := n.says(ctx, "ready"); err != nil {
		return nil, errors.Join(err, n.stop())
	}
	return n, nil
}

// says waits until a line is printed.
func (n node) says(ctx context.Context, line string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		select {
		case got, ok := <-n.lines:
			if !ok {
				return fmt.Errorf("node ended before it said %q", line)
			}
			if got == line {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("wait until node says %q: %w", line, ctx.Err())
		}
	}
}

func (n node) url() string { return n.base }

func (n node) pids() (primary int, workers []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", n.cmd.Process.Pid, n.cmd.Process.Pid))
	for _, field := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(field); err == nil {
			workers = append(workers, pid)
		}
	}
	return n.cmd.Process.Pid, workers
}

func (n node) reload(ctx context.Context) error {
	if err := n.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		return err
	}
	return n.says(ctx, "reloaded")
}

func (n node) stop() error {
	err := syscall.Kill(-n.cmd.Process.Pid, syscall.SIGKILL)
	_ = n.cmd.Wait() // it was killed
	return err
}

// cpu is the processor time that the system's processes have used so far, of those that are alive.
func cpu(s system) (time.Duration, error) {
	primary, all := s.pids()
	var ticks int
	for _, pid := range slices.Concat(all, []int{primary}) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		for _, field := range strings.Fields(after)[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil // USER_HZ is 100 on every Linux
}
