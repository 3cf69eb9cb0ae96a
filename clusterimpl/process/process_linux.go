package process

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }

// waitAndSweep waits for the leader of a group and kills what is left of the group
// before the leader is reaped, while the group's number cannot be another's yet.
func waitAndSweep(cmd *exec.Cmd) error {
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	return cmd.Wait()
}

// Resident is the memory of a process that is in RAM, in bytes: the second field of proc(5) statm, in
// pages. It is false when the process has ended.
func Resident(pid int) (bytes int64, known bool) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, false
	}
	return resident(string(statm))
}

func resident(statm string) (bytes int64, known bool) {
	fields := strings.Fields(statm)
	if len(fields) < 2 {
		return 0, false
	}
	pages, err := strconv.ParseUint(fields[1], 10, 40)
	if err != nil {
		return 0, false
	}
	return int64(pages) * int64(os.Getpagesize()), true
}
