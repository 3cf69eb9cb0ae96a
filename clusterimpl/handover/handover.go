// Package handover brings accepted connections to worker processes.
//
// On Linux the primary accepts every connection itself and hands its descriptor to
// the worker that has the fewest open ([Spreader], [Receiver] in dispatch_linux.go and
// receive_linux.go). It keeps a descriptor of its own, and with what package journal
// notes of each connection, those of a worker that has ended go to another
// (settle_linux.go). Elsewhere all workers accept from one inherited listening socket
// (inherited.go), and the kernel decides who gets a connection.
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
	Journal   Mode = "journal"   // handed over by the primary, which can hand them on
	Handover  Mode = "handover"  // handed over by the primary
	Inherited Mode = "inherited" // all workers accept from one socket
)

// Slots is the highest number of a slot.
const Slots = 257

// Spreader is the primary's side. Slots are numbered from 1 to [Slots]. Its methods may
// be called from several goroutines.
type Spreader interface {
	// Files are what the process of a slot has to inherit, in this order.
	Files(slot int) ([]*os.File, error)
	// Open says that the worker of a slot takes connections from now on.
	Open(slot int)
	// Retire sends a worker no more connections and tells it so behind the last one.
	Retire(slot int)
	// Gone says that the process of a slot has ended. Connections that it had not
	// taken yet go to others, and with a journal all that can be finished elsewhere. If
	// the process crashed, the request that it was carrying out, if it was a single one,
	// is taken for the cause, and not given to another.
	Gone(slot int, crashed bool)
	// Collect takes back the connections that workers have closed or given back; the
	// latter go to others.
	Collect()
	// Excess is how many connections each worker has above its fair share; those that
	// have none are not in it.
	Excess() map[int]int
	// Aside says what to do with connections whose first bytes match, while they are
	// looked at.
	Aside(match func(first []byte) bool, take func(net.Conn))
	// LookAside says whether new connections are looked at.
	LookAside(on bool)
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
	// Accept returns the next connection; [net.ErrClosed] once there will be none. One
	// that can be handed on is [Tracked].
	Accept() (net.Conn, error)
	// Busy says that so many more requests are being carried out.
	Busy(change int64)
	// Drain says that the worker was told to stop: Accept ends after the last
	// connection that is meant for it.
	Drain()
	Close() error
}

// Tracked is a connection whose requests are noted in a journal.
type Tracked interface {
	net.Conn
	// Begin notes that a request with a body of so many bytes, -1 for an unknown
	// number, begins to be carried out.
	Begin(body int64)
	// Done notes that it is answered.
	Done()
	// Waiting says that bytes of the next request have been read.
	Waiting() bool
	// Return gives the connection back, for another worker. Nothing may be under way.
	Return() error
}

// ErrUnsupported says that a mode cannot do what was asked.
var ErrUnsupported = fmt.Errorf("not supported by this way of spreading connections")

// New makes the spreader of a mode over a listening socket that it takes over. Where
// the socket is a multipath one, some connections may be lost while it is closed.
func New(mode Mode, ln *net.TCPListener, log *slog.Logger) (Spreader, error) {
	switch mode {
	case Journal, Handover:
		return newDispatcher(ln, mode == Journal, log)
	case Inherited:
		return newInherited(ln)
	default:
		return nil, fmt.Errorf("spread connections: unknown mode %q, allowed: %s, %s, %s", mode, Journal, Handover,
			Inherited)
	}
}

// Names are the names of [Spreader.Files].
func Names(mode Mode) []string {
	if mode == Inherited {
		return []string{"listener"}
	}
	return []string{"line", "journal"}
}

// Receive makes the receiver of the worker in a slot from the descriptors that it
// inherited, in the order of [Spreader.Files].
func Receive(mode Mode, slot int, files []*os.File) (Receiver, error) {
	switch mode {
	case Journal, Handover:
		return newQueue(slot, files)
	case Inherited:
		return receiveInherited(files)
	default:
		return nil, fmt.Errorf("receive connections: unknown mode %q, allowed: %s, %s, %s", mode, Journal, Handover,
			Inherited)
	}
}
