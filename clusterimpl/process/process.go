// Package process starts the processes of a cluster so that none outlives its parent.
//
// On Linux the kernel kills a child when the thread that forked it ends
// (PR_SET_PDEATHSIG), which would happen at any time if that were some thread of the
// runtime. So each child is forked, and waited for, on a thread of its own that lives
// as long as the child. Where the kernel lacks this, and as the first line of defence
// everywhere, children watch a pipe or socket whose other end their parent holds.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// Names of the environment variables by which a started process knows its part.
const (
	EnvRole         = "NAMEPLATE_ROLE"
	EnvSlot         = "NAMEPLATE_SLOT"
	EnvMode         = "NAMEPLATE_DISTRIBUTION"
	EnvShared       = "NAMEPLATE_SHARED" // set in a worker that inherits memory of its application's
	EnvReadyTimeout = "NAMEPLATE_READY_TIMEOUT"
)

// Roles of a process.
const (
	RolePrimary = "primary"
	RoleWorker  = "worker"
	RoleSingle  = "single"
)

// FirstFile is the descriptor of the first of exec.Cmd's ExtraFiles in the child.
const FirstFile = 3

// Process is a child that was started.
type Process struct {
	PID   int
	cmd   *exec.Cmd
	group bool
	done  chan struct{}
	err   error
}

// Start starts a command. With group the child leads a process group of its own,
// which is killed as a whole when the child has ended.
func Start(cmd *exec.Cmd, group bool) (*Process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = group
	dieWithParent(cmd.SysProcAttr)
	p := &Process{cmd: cmd, group: group, done: make(chan struct{})}
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

func (p *Process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	p.PID = p.cmd.Process.Pid
	started <- nil
	if p.group {
		p.err = waitAndSweep(p.cmd)
		return
	}
	p.err = p.cmd.Wait()
}

// Done is closed once the process has ended and been reaped.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the process ended, nil for exit status 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Signal sends a signal; to a process that has ended it does nothing.
func (p *Process) Signal(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal process %d: %w", p.PID, err)
	}
	return nil
}

// Kill ends the process at once, and then its group if it leads one.
func (p *Process) Kill() { _ = p.Signal(os.Kill) }

// Inherited takes over inherited descriptors, from the first on, so that this
// process's own children do not inherit them in turn.
func Inherited(first int, names ...string) []*os.File {
	files := make([]*os.File, len(names))
	for i, name := range names {
		syscall.CloseOnExec(first + i)
		files[i] = os.NewFile(uintptr(first+i), name)
	}
	return files
}
