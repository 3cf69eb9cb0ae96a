package load

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// raised is the nice value that a generator asks for.
const raised = -10

// RaisePriority gives this process precedence over others for the processor, which takes
// root or CAP_SYS_NICE, and returns the nice value that it now runs at and a function that
// puts back the one before. On an error it runs as it did before. Processes that it starts
// meanwhile inherit the value. Where the kernel groups processes by session (autogroup), it
// counts against those of the same session only.
func RaisePriority() (nice int, restore func(), err error) {
	before, err := niceValue()
	if err != nil {
		return 0, func() {}, fmt.Errorf("raise the priority: %w", err)
	}
	if before <= raised {
		return before, func() {}, nil
	}
	if err := renice(raised); err != nil {
		_ = renice(before) // for those threads for which it succeeded
		return before, func() {}, fmt.Errorf("raise the priority to nice %d: %w", raised, err)
	}
	return raised, func() { _ = renice(before) }, nil
}

// niceValue is the nice value of the process's first thread. The system call answers 20
// minus it.
func niceValue() (int, error) {
	p, err := unix.Getpriority(unix.PRIO_PROCESS, os.Getpid())
	return 20 - p, err
}

// renice sets the nice value of every thread: on Linux it is a thread's own. A new thread
// inherits that of the one that starts it, so the list is read until it holds no new one.
func renice(nice int) error {
	done := map[string]bool{}
	for {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		news := false
		for _, t := range tasks {
			if done[t.Name()] {
				continue
			}
			done[t.Name()], news = true, true
			tid, err := strconv.Atoi(t.Name())
			if err != nil {
				return err
			}
			if err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
		if !news {
			return nil
		}
	}
}
