//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
)

func dieWithParent(*syscall.SysProcAttr) {}

// waitAndSweep waits for the leader of a group and kills what is left of the group.
func waitAndSweep(cmd *exec.Cmd) error {
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return err
}

// Resident is not known where there is no /proc.
func Resident(int) (bytes int64, known bool) { return 0, false }
