package handover

import (
	"fmt"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// inherited lets every worker accept from the same listening socket.
type inherited struct {
	ln   *net.TCPListener
	file *os.File
	once sync.Once
	done chan struct{}
}

func newInherited(ln *net.TCPListener) (*inherited, error) {
	file, err := ln.File()
	if err != nil {
		return nil, fmt.Errorf("share the listening socket: %w", err)
	}
	defer file.Close()
	// Starting a process puts the description of a non-blocking os.File into blocking
	// mode, for all workers that accept from it. A file made from a blocking
	// description is left alone.
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("share the listening socket: %w", err)
	}
	return &inherited{ln: ln, file: os.NewFile(uintptr(fd), "listener"), done: make(chan struct{})}, nil
}

func (i *inherited) Files(int) ([]*os.File, error)           { return []*os.File{i.file}, nil }
func (i *inherited) Open(int)                                {}
func (i *inherited) Retire(int)                              {}
func (i *inherited) LookAside(bool)                          {}
func (i *inherited) Aside(func([]byte) bool, func(net.Conn)) {}
func (i *inherited) Gone(int, bool)                          {}
func (i *inherited) Collect()                                {}
func (i *inherited) Excess() map[int]int                     { return nil }

func (i *inherited) Dial(int) (net.Conn, error) { return nil, ErrUnsupported }

// Serve has nothing to do: the workers accept.
func (i *inherited) Serve() error {
	<-i.done
	return nil
}

// Finish leaves what the kernel has accepted to the workers.
func (i *inherited) Finish() {
	i.once.Do(func() {
		_ = quiet(i.ln) // where that is not possible, what arrives last may be reset
		i.ln.Close()
		i.file.Close()
		close(i.done)
	})
}

func (i *inherited) Close() error {
	i.Finish()
	return nil
}

func receiveInherited(files []*os.File) (Receiver, error) {
	if len(files) != 1 {
		return nil, fmt.Errorf("receive connections: %d descriptors inherited, want 1", len(files))
	}
	defer files[0].Close()
	// This clears and sets O_NONBLOCK of the description that all share. A worker that
	// happens to call accept in between waits for the next connection in the kernel,
	// which does no harm but to its drain.
	ln, err := net.FileListener(files[0])
	if err != nil {
		return nil, fmt.Errorf("receive connections: %w", err)
	}
	return &direct{ln: ln.(*net.TCPListener), shared: true}, nil
}
