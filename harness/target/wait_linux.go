package target

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// waitAndSweep waits for the leader of a group and kills what is left of the group before
// the leader is reaped, while the group's number cannot be another's yet.
func waitAndSweep(cmd *exec.Cmd, life *lifeline) error {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	life.cut()
	return cmd.Wait()
}
