package target

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// lifeline kills a process group when this process is gone, however it went: a shell
// waits on a pipe that only this process holds open.
type lifeline struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser
}

func hold(group int) (*lifeline, error) {
	cmd := exec.Command("/bin/sh", "-c", `read _; kill -KILL -"$1" 2>/dev/null`, "nameplate-lifeline",
		strconv.Itoa(group))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt of the terminal is not for it
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &lifeline{cmd, pipe}, cmd.Start()
}

// cut ends the lifeline without what it does.
func (l *lifeline) cut() {
	_ = l.cmd.Process.Kill()
	_ = l.cmd.Wait() // says that it was killed
	_ = l.pipe.Close()
}

// childrenOf are the children of a process, oldest first; none where the kernel does not say.
func childrenOf(pid int) []int {
	files, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children")
	var all []int
	for _, file := range files {
		text, _ := os.ReadFile(file) // a thread may have ended
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(all, child)
			}
		}
	}
	slices.Sort(all)
	return all
}
