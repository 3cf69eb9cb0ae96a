// Package handover brings accepted connections to worker processes.
//
// On Linux the primary accepts every connection itself and hands its descriptor to
// the worker that has the fewest open ([Spreader], [Receiver] in dispatch_linux.go and
// receive_linux.go). Elsewhere all workers accept from one inherited listening socket
// (inherited.go), and the kernel decides who gets a connection.
//
// The package knows connections, not requests: what is sent over one is up to the worker.
package handover

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"
)

// settle is how long a quiet socket is kept for handshakes that are under way.
const settle = 10 * time.Millisecond

// Mode is a way of bringing connections to workers.
type Mode string

// The modes there are.
const (
	Handover  Mode = "handover"
	Inherited Mode = "inherited"
)

// Spreader is the primary's side. Slots are numbered from 1. Its methods may be called
// from several goroutines.
type Spreader interface {
	// Files are what the process of a slot has to inherit, in this order.
	Files(slot int) []*os.File
	// Open says that the worker of a slot takes connections from now on.
	Open(slot int)
	// Retire sends a worker no more connections and tells it so behind the last one.
	Retire(slot int)
	// Gone says that the process of a slot has ended. Connections that it had not
	// taken yet go to others.
	Gone(slot int)
	// Dial opens a connection to the worker of a slot, past the listening socket;
	// [ErrUnsupported] where that is not possible.
	Dial(slot int) (net.Conn, error)
	// Serve spreads connections until Finish is called.
	Serve() error
	// Finish hands over what the kernel has accepted already, stops listening and
	// retires all workers; Serve returns when that is done.
	Finish()
	// Close releases everything. Serve must have returned, or never been called.
	Close() error
}

// Receiver is the worker's side.
type Receiver interface {
	// Accept returns the next connection; [net.ErrClosed] once there will be none.
	Accept() (net.Conn, error)
	// Release says that a connection that came from Accept is closed.
	Release()
	// Drain says that the worker was told to stop: Accept ends after the last
	// connection that is meant for it.
	Drain()
	Close() error
}

// ErrUnsupported says that a mode cannot do what was asked.
var ErrUnsupported = fmt.Errorf("not supported by this way of spreading connections")

// New makes the spreader of a mode over a listening socket that it takes over. Where
// the socket is a multipath one, some connections may be lost while it is closed.
func New(mode Mode, ln *net.TCPListener, workers int, log *slog.Logger) (Spreader, error) {
	switch mode {
	case Handover:
		return newDispatcher(ln, workers, log)
	case Inherited:
		return newInherited(ln)
	default:
		return nil, fmt.Errorf("spread connections: unknown mode %q, allowed: %s, %s", mode, Handover, Inherited)
	}
}

// Names are the names of [Spreader.Files].
func Names(mode Mode) []string {
	if mode == Inherited {
		return []string{"listener"}
	}
	return []string{"line", "board"}
}

// Receive makes the receiver of the worker in a slot from the descriptors that it
// inherited, in the order of [Spreader.Files].
func Receive(mode Mode, slot int, files []*os.File) (Receiver, error) {
	switch mode {
	case Handover:
		return newQueue(slot, files)
	case Inherited:
		return receiveInherited(files)
	default:
		return nil, fmt.Errorf("receive connections: unknown mode %q, allowed: %s, %s", mode, Handover, Inherited)
	}
}
