//go:build !linux

package target

import (
	"os/exec"
	"syscall"
)

// waitAndSweep waits for the leader of a group and kills what is left of the group.
func waitAndSweep(cmd *exec.Cmd, life *lifeline) error {
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	life.cut()
	return err
}
