package load

import (
	"net"
	"sync/atomic"
	"time"
)

// wire is a connection that notes when bytes went out and came in: as near to the kernel
// as a process can see it, before its goroutines wait for one another.
type wire struct {
	net.Conn
	now  func() time.Duration
	sent atomic.Int64 // first write since begin, on the run's clock; below 0: none yet
	read atomic.Int64 // last read that brought bytes
}

// begin begins an exchange, which must be over by the deadline.
func (w *wire) begin(deadline time.Time) {
	w.sent.Store(-1)
	_ = w.SetDeadline(deadline) // fails on a closed connection, as the exchange will
}

// end ends an exchange: the connection may be idle for as long as it likes.
func (w *wire) end() { _ = w.SetDeadline(time.Time{}) }

func (w *wire) Write(p []byte) (int, error) {
	w.sent.CompareAndSwap(-1, max(0, int64(w.now())))
	return w.Conn.Write(p)
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.read.Store(int64(w.now()))
	}
	return n, err
}
