package primary

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"github.com/nameplate-dev/nameplate/clusterimpl/health"
	"github.com/nameplate-dev/nameplate/clusterimpl/ipc"
	"github.com/nameplate-dev/nameplate/clusterimpl/process"
	"github.com/nameplate-dev/nameplate/clusterimpl/worker"
)

// member is one worker process. The main loop owns it.
type member struct {
	slot    int
	process *process.Process
	control *ipc.Conn
	started time.Time
	ready   bool
	reason  string // why it was killed, or what it said before it ended; "" when neither
	killed  bool

	stats    health.Stats
	times    health.Histogram
	beat     time.Time // latest sign of life
	refused  time.Time // the beat that told last of requests that were refused; zero for none
	suspect  suspicion
	deadline time.Time // of draining, and of the process's end after it; zero when it does not
	drained  bool      // it is about to end, and shows no sign of life until then
	probing  bool
	probe    time.Time // latest
}

// crashed says that the process has ended of itself, and not well.
func (m *member) crashed() bool {
	if m.killed || !m.ready {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(m.process.Err(), &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL && status.Signal() != syscall.SIGTERM
}

// end says how its process ended.
func (m *member) end() string {
	how := "exit status 0"
	if err := m.process.Err(); err != nil {
		how = err.Error()
	}
	if m.reason == "" {
		return how
	}
	return fmt.Sprintf("%s (%s)", m.reason, how)
}

// spawn starts the workers that are due.
func (p *primary) spawn(now time.Time) {
	for _, slot := range p.sup.Start(now) {
		if err := p.start(slot); err != nil {
			p.died(slot, 0, err.Error())
		}
	}
}

func (p *primary) start(slot int) error {
	control, theirs, err := ipc.Pair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	cmd := p.Worker(slot)
	files, err := p.spread.Files(slot)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, process.EnvMode+"="+string(p.mode), "CLUSTER_WORKERS="+strconv.Itoa(p.wanted))
	cmd.ExtraFiles = append(append(cmd.ExtraFiles, theirs), files...)
	if p.Shared != nil {
		cmd.Env = append(cmd.Env, process.EnvShared+"=true")
		cmd.ExtraFiles = append(cmd.ExtraFiles, p.Shared)
	}
	started := time.Now()
	proc, err := process.Start(cmd, false)
	if err != nil {
		control.Close()
		return fmt.Errorf("start worker %d: %w", slot, err)
	}
	m := &member{slot: slot, process: proc, control: control, started: started, beat: started, probe: started}
	p.workers[slot] = m
	p.log.Debug("worker started", "worker", slot, "pid", proc.PID)
	p.Notify(ipc.Event{Kind: ipc.WorkerStarted, Worker: slot, PID: proc.PID})
	p.helpers.Go(func() { p.listen(m) })
	if p.cage != nil && p.Config.Memory > 0 {
		p.helpers.Go(func() { p.confine(m) }) // the kernel may take some milliseconds
	}
	return nil
}

// confine puts a wall around a worker's memory, for when it grows faster than this process checks.
func (p *primary) confine(m *member) {
	if err := p.cage.Hold(m.slot, m.process.PID, int64(wall*float64(p.Config.Memory))); err != nil {
		p.log.Debug("worker has no wall around its memory", "worker", m.slot, "pid", m.process.PID, "reason", err)
	}
}

// listen passes on what a worker says, and its end.
func (p *primary) listen(m *member) {
	for {
		msg, err := m.control.Receive()
		if err != nil {
			break
		}
		p.tell(message{m, msg})
	}
	m.process.Kill() // without its control connection it is of no use; mostly it has ended already
	<-m.process.Done()
	m.control.Close()
	p.tell(ended{m})
}

// retire tells a worker to finish what it has and end. Connections that it is to keep
// are not closed, but go to other workers.
func (p *primary) retire(m *member, now time.Time, keep bool) {
	m.deadline = now.Add(worker.DrainTimeout)
	err := m.control.Send(ipc.Message{Kind: ipc.Drain, Keep: keep})
	// A worker that has closed its end is ending: its exit status says whether it has finished what it had.
	if err != nil && !ipc.Gone(err) {
		p.kill(m, err.Error())
	}
}

// kill ends a worker that is of no use any more; if it was, it is replaced.
func (p *primary) kill(m *member, reason string) {
	if m.killed || p.workers[m.slot] != m {
		return
	}
	m.killed = true
	m.reason = reason
	p.log.Warn("worker is killed", "worker", m.slot, "pid", m.process.PID, "reason", reason)
	m.process.Kill()
}
