package handover

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Available says whether this system can hand connections over.
const Available = true

// What one message of a line means; a connection's descriptor comes with it.
const (
	msgConnection byte = 1
	msgEnd        byte = 2 // no more connections
)

// retry is how long a connection waits before it is offered again when every worker's
// line is full, or descriptors have run out.
const retry = 2 * time.Millisecond

// dispatcher accepts and hands each connection to the worker with the fewest open.
//
// A slot's line is a socket pair that outlives its workers. The primary keeps the
// worker's end open too: when a worker dies, connections that it had not taken yet
// are still in the line, and the primary takes them out again for another worker.
type dispatcher struct {
	ln    *net.TCPListener
	file  *os.File // the listening socket again: net's own type does not let us accept raw descriptors
	board *board
	log   *slog.Logger

	mu        sync.Mutex
	changed   *sync.Cond // something below has changed, or it is time to try again
	tasks     int        // goroutines under way: connections that go to another worker, ends of lines
	lines     []*line
	next      int // the slot after the one served last, so that ties go round
	finishing bool
	closed    bool
}

// line is the way to one slot.
type line struct {
	ours   int      // descriptor to send to
	theirs *os.File // what workers inherit
	post   *post
	open   bool
	handed uint64 // connections sent to the present worker
	life   int    // counts the workers that the slot has had
}

// busy is the number of connections that the worker has open, or still has to take.
func (l *line) busy() int64 { return int64(l.handed - l.post.closed.Load()) }

func newDispatcher(ln *net.TCPListener, workers int, log *slog.Logger) (*dispatcher, error) {
	file, err := ln.File()
	if err != nil {
		return nil, fmt.Errorf("hand over connections: %w", err)
	}
	b, err := newBoard(workers)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("hand over connections: %w", err)
	}
	d := &dispatcher{ln: ln, file: file, board: b, log: log}
	d.changed = sync.NewCond(&d.mu)
	for slot := 1; slot <= workers; slot++ {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			d.Close()
			return nil, fmt.Errorf("hand over connections: make the line to worker %d: %w", slot, err)
		}
		d.lines = append(d.lines, &line{ours: pair[0], theirs: os.NewFile(uintptr(pair[1]), "line"), post: b.post(slot)})
	}
	return d, nil
}

func (d *dispatcher) Files(slot int) []*os.File {
	return []*os.File{d.lines[slot-1].theirs, d.board.file}
}

func (d *dispatcher) Open(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines[slot-1].open = true
	d.changed.Broadcast()
}

func (d *dispatcher) Retire(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retire(d.lines[slot-1])
}

func (d *dispatcher) retire(l *line) {
	if !d.closed && l.open {
		l.open = false
		life := l.life
		d.task(func() { d.end(l, life) })
	}
}

// task runs f beside everything else, with the lock held; Serve and Close wait for it.
// The caller holds the lock.
func (d *dispatcher) task(f func()) {
	d.tasks++
	go func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		f()
		d.tasks--
		d.changed.Broadcast()
	}()
}

func (d *dispatcher) Gone(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[slot-1]
	l.open = false
	left := take(int(l.theirs.Fd()))
	l.life++
	l.handed = 0
	l.post.closed.Store(0)
	d.changed.Broadcast()
	if len(left) > 0 {
		d.log.Debug("connections go to another worker", "worker", slot, "connections", len(left))
	}
	for _, fd := range left {
		d.task(func() { d.hand(fd) })
	}
}

// take empties a line without waiting and returns the connections that were in it.
func take(fd int) []int {
	var left []int
	for {
		kind, conn, err := receive(fd, unix.MSG_DONTWAIT)
		if err != nil {
			return left
		}
		if kind == msgConnection && conn >= 0 {
			left = append(left, conn)
		}
	}
}

func (d *dispatcher) Dial(slot int) (net.Conn, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("dial worker %d: %w", slot, err)
	}
	defer unix.Close(pair[1])
	ours := os.NewFile(uintptr(pair[0]), "probe")
	defer ours.Close()
	d.mu.Lock()
	l := d.lines[slot-1]
	if err = l.send(pair[1]); err == nil {
		l.handed++
	}
	d.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("dial worker %d: %w", slot, err)
	}
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("dial worker %d: %w", slot, err)
	}
	return conn, nil
}

func (d *dispatcher) Serve() error {
	err := d.accept()
	d.ln.Close()
	d.file.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finishing = true // also when accepting failed
	d.changed.Broadcast()
	d.wait()
	for _, l := range d.lines {
		d.retire(l)
	}
	d.wait()
	return err
}

// wait waits for all tasks. The caller holds the lock.
func (d *dispatcher) wait() {
	for d.tasks > 0 {
		d.changed.Wait()
	}
}

func (d *dispatcher) Finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finishing = true
	d.changed.Broadcast()
	_ = d.file.SetReadDeadline(time.Unix(1, 0)) // wakes accept; a closed file needs no waking
}

func (d *dispatcher) Close() error {
	d.mu.Lock()
	d.closed, d.finishing = true, true
	for _, l := range d.lines {
		l.open = false
	}
	d.changed.Broadcast()
	d.wait()
	d.mu.Unlock()
	d.ln.Close()
	d.file.Close()
	for _, l := range d.lines {
		for _, fd := range take(int(l.theirs.Fd())) {
			unix.Close(fd)
		}
		unix.Close(l.ours)
		l.theirs.Close()
	}
	d.board.close()
	return nil
}

func (d *dispatcher) give(conn int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hand(conn)
}

// hand sends a connection to the least busy worker whose line has room, waits while
// there is none, and closes it when there will be none. The caller holds the lock.
func (d *dispatcher) hand(conn int) {
	defer unix.Close(conn) // the worker has its own descriptor of it by then
	for !d.closed {
		var full map[*line]bool
		for l := d.leastBusy(full); l != nil; l = d.leastBusy(full) {
			if l.send(conn) == nil {
				l.handed++
				return
			}
			if full == nil {
				full = map[*line]bool{}
			}
			full[l] = true
		}
		if full == nil && d.finishing {
			d.log.Warn("a connection was dropped", "reason", "no worker is left")
			return
		}
		if full != nil {
			time.AfterFunc(retry, d.changed.Broadcast)
		}
		d.changed.Wait()
	}
}

// leastBusy is the open line with the fewest connections that is not full; of equals
// the one whose turn it is. It is nil when there is none.
func (d *dispatcher) leastBusy(full map[*line]bool) *line {
	var best *line
	at, fewest := 0, int64(0)
	for i := range d.lines {
		k := (d.next + i) % len(d.lines)
		l := d.lines[k]
		if !l.open || full[l] {
			continue
		}
		if n := l.busy(); best == nil || n < fewest {
			best, at, fewest = l, k, n
		}
	}
	if best != nil {
		d.next = at + 1
	}
	return best
}

// send puts a connection into the line, without waiting.
func (l *line) send(conn int) error {
	return unix.Sendmsg(l.ours, []byte{msgConnection}, unix.UnixRights(conn), nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// end tells the worker that there was when it was retired, as soon as its line has
// room. The caller holds the lock.
func (d *dispatcher) end(l *line, life int) {
	for !d.closed && l.life == life {
		err := unix.Sendmsg(l.ours, []byte{msgEnd}, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if err == nil {
			return
		}
		time.AfterFunc(retry, d.changed.Broadcast)
		d.changed.Wait()
	}
}
