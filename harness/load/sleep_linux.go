package load

import (
	"context"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sleeper sleeps on a timerfd that the Go runtime polls. Its own timers wake through
// epoll_wait's time-out, which counts in milliseconds; a timerfd wakes epoll itself, at the
// kernel's timer resolution, and unlike a sleeping system call it takes no processor of
// the scheduler's along.
type sleeper struct {
	ctx   context.Context
	now   func() time.Duration
	file  *os.File
	conn  syscall.RawConn
	wait  func(fd uintptr) bool
	until time.Duration // of the sleep that is under way
	armed bool
	close func()
}

// newSleeper returns a sleeper whose sleeps end early when ctx ends.
func newSleeper(ctx context.Context, now func() time.Duration) *sleeper {
	s := &sleeper{ctx: ctx, now: now, close: func() {}}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return s // no descriptor left: the runtime's timers serve
	}
	file := os.NewFile(uintptr(fd), "timerfd")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return s
	}
	s.file, s.conn, s.wait = file, conn, s.arm
	unhook := context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })
	s.close = func() {
		unhook()
		file.Close()
	}
	return s
}

// sleep sleeps until a moment of the clock, or until the run is stopped.
func (s *sleeper) sleep(until time.Duration) (timed bool) {
	s.until, s.armed = until, false
	if s.conn == nil || s.conn.Read(s.wait) != nil {
		timerSleep(s.ctx, s.now, until)
	}
	return true
}

// arm is asked twice by the runtime: before it waits, when it sets the timer, so that an
// expiry cannot come before the runtime looks out for it; and after. The expiry is not
// read: setting the timer again clears it.
func (s *sleeper) arm(fd uintptr) (done bool) {
	left := s.until - s.now()
	if s.armed || left <= 0 {
		return true
	}
	s.armed = true
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(left))}
	// It never blocks, so the scheduler need not know: see package rawsocket.
	_, _, errno := syscall.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	return errno != 0 // not set: do not wait for it
}
