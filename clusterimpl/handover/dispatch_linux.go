package handover

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

// retry is how long a connection waits before it is offered again when every worker's
// line is full, or descriptors have run out.
const retry = 2 * time.Millisecond

// Best is the best mode that this system has, and the reason where it is not the first.
func Best() (Mode, error) {
	if err := journal.Supported(); err != nil {
		return Handover, err
	}
	return Journal, nil
}

// dispatcher accepts and hands each connection to the worker with the fewest open.
type dispatcher struct {
	ln   *net.TCPListener
	file *os.File // the listening socket again: net's own type does not let us accept raw descriptors
	book *journal.Book
	log  *slog.Logger

	mu        sync.Mutex
	changed   *sync.Cond // something below has changed
	room      *sync.Cond // a line may have room; one of the connections that wait for it is woken
	retrying  bool       // it will be said to one of them in a moment
	tasks     int        // goroutines under way: connections that go to another worker, ends of lines
	lines     [Slots]*line
	next      int // the slot after the one served last, so that ties go round
	finishing bool
	closed    bool

	aside aside

	held []held // by entry
	free []int  // entries
}

// connection is one on its way to a worker.
type connection struct {
	fd    int
	entry int // negative when it has none, and cannot be handed on
}

// held is the primary's own descriptor of a connection.
type held struct {
	fd   int   // negative when the entry is free
	line *line // whose worker has it; nil while it is on its way
}

func newDispatcher(ln *net.TCPListener, journaled bool, log *slog.Logger) (*dispatcher, error) {
	entries := 0
	if journaled {
		entries = capacity()
	}
	file, err := ln.File()
	if err != nil {
		return nil, fmt.Errorf("hand over connections: %w", err)
	}
	// Connections send what is written at once; they inherit it.
	err = control(ln, func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) })
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("hand over connections: %w", err)
	}
	book, err := journal.Create(Slots, entries)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("hand over connections: %w", err)
	}
	d := &dispatcher{ln: ln, file: file, book: book, log: log, held: make([]held, entries), free: make([]int, entries)}
	for n := range entries {
		d.held[n].fd = -1
		d.free[n] = entries - 1 - n
	}
	d.changed, d.room = sync.NewCond(&d.mu), sync.NewCond(&d.mu)
	return d, nil
}

// capacity is the number of connections that the primary keeps a descriptor of: half
// of what it may have.
func capacity() int {
	const most, least = 16384, 64
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return least
	}
	return int(max(least, min(most, limit.Cur/2)))
}

func (d *dispatcher) Files(slot int) ([]*os.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lines[slot-1] == nil {
		l, err := newLine(slot, d.book.Post(slot))
		if err != nil {
			return nil, fmt.Errorf("hand over connections: %w", err)
		}
		d.lines[slot-1] = l
	}
	return []*os.File{d.lines[slot-1].theirs, d.book.File()}, nil
}

func (d *dispatcher) Open(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines[slot-1].open = true
	d.wakeAll()
}

func (d *dispatcher) Retire(slot int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.retire(d.lines[slot-1])
}

func (d *dispatcher) retire(l *line) {
	if !d.closed && l != nil && l.open {
		l.open = false
		life := l.life
		d.task(func() { d.end(l, life) })
	}
}

// task runs f beside everything else, with the lock held; Serve and Close wait for it.
// The caller holds the lock.
func (d *dispatcher) task(f func()) { d.slowTask(func() {}, f) }

// slowTask is a task that begins with something slow, without the lock.
func (d *dispatcher) slowTask(slow, f func()) {
	d.tasks++
	go func() {
		slow()
		d.mu.Lock()
		defer d.mu.Unlock()
		f()
		d.tasks--
		d.changed.Broadcast()
	}()
}

func (d *dispatcher) Dial(slot int) (net.Conn, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("dial worker %d: %w", slot, err)
	}
	defer unix.Close(pair[1])
	d.mu.Lock()
	l := d.lines[slot-1]
	if err = l.send(message{msgConnection, -1, pair[1]}); err == nil {
		l.handed++
	}
	d.mu.Unlock()
	if err != nil {
		unix.Close(pair[0])
		return nil, fmt.Errorf("dial worker %d: %w", slot, err)
	}
	return newSocket(pair[0]), nil
}

func (d *dispatcher) Serve() error {
	err := d.accept()
	d.ln.Close()
	d.file.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.finishing = true // also when accepting failed
	d.wakeAll()
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
	d.wakeAll()
	_ = d.file.SetReadDeadline(time.Unix(1, 0)) // wakes accept; a closed file needs no waking
}

func (d *dispatcher) Close() error {
	d.mu.Lock()
	d.closed, d.finishing = true, true
	for _, l := range d.lines {
		if l != nil {
			l.open = false
		}
	}
	d.wakeAll()
	d.wait()
	d.mu.Unlock()
	d.ln.Close()
	d.file.Close()
	for _, l := range d.lines {
		if l != nil {
			l.close()
		}
	}
	for _, h := range d.held {
		if h.fd >= 0 {
			unix.Close(h.fd)
		}
	}
	d.book.Close()
	return nil
}

// give hands a new connection to a worker.
func (d *dispatcher) give(fd int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.collect()
	if d.aside.on {
		d.look(fd)
		return
	}
	d.enter(fd)
}

// enter gives a new connection an entry, if there is one, and hands it to a worker. The
// caller holds the lock.
func (d *dispatcher) enter(fd int) {
	c := connection{fd, -1}
	if last := len(d.free) - 1; last >= 0 {
		c.entry, d.free = d.free[last], d.free[:last]
		d.book.Entry(c.entry).Reset()
		d.held[c.entry] = held{fd: fd}
	}
	d.hand(c)
}

// wakeAll wakes all that wait, as for a worker, or for the end. The caller holds the lock.
func (d *dispatcher) wakeAll() {
	d.changed.Broadcast()
	d.room.Broadcast()
}

// hand sends a connection to the least busy worker whose line has room, waits while
// there is none, and closes it when there will be none. The caller holds the lock.
//
// Thousands may wait while workers have no processor to take them. Only one of them tries
// again at a time, and wakes the next when it had success: else they would keep the lock, and
// the processor, from all others.
func (d *dispatcher) hand(c connection) {
	for !d.closed {
		var full map[*line]bool
		for l := d.leastBusy(full); l != nil; l = d.leastBusy(full) {
			if l.send(message{msgConnection, c.entry, c.fd}) == nil {
				l.handed++
				d.handed(c, l)
				d.room.Signal()
				return
			}
			if full == nil {
				full = map[*line]bool{}
			}
			full[l] = true
		}
		if full == nil && d.finishing {
			d.log.Warn("a connection was dropped", "reason", "no worker is left")
			break
		}
		if full != nil {
			d.tryAgain()
		}
		d.room.Wait()
	}
	d.drop(c)
	d.room.Signal() // the next finds the same
}

// tryAgain lets one connection try again in a moment. The caller holds the lock.
func (d *dispatcher) tryAgain() {
	if d.retrying {
		return
	}
	d.retrying = true
	time.AfterFunc(retry, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.retrying = false
		d.room.Signal()
	})
}

// handed notes that a worker has a connection now. One without an entry is its alone.
func (d *dispatcher) handed(c connection, l *line) {
	if c.entry < 0 {
		unix.Close(c.fd)
		return
	}
	d.held[c.entry].line = l
}

// drop closes a connection and frees its entry.
func (d *dispatcher) drop(c connection) {
	unix.Close(c.fd)
	if c.entry >= 0 {
		d.held[c.entry] = held{fd: -1}
		d.free = append(d.free, c.entry)
	}
}

// leastBusy is the open line with the fewest connections that is not full; of equals
// the one whose turn it is. It is nil when there is none.
func (d *dispatcher) leastBusy(full map[*line]bool) *line {
	var best *line
	at, fewest := 0, 0
	for i := range d.lines {
		k := (d.next + i) % len(d.lines)
		l := d.lines[k]
		if l == nil || !l.open || full[l] {
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

// end tells the worker that there was when it was retired, as soon as its line has
// room. The caller holds the lock.
func (d *dispatcher) end(l *line, life int) {
	for !d.closed && l.life == life {
		if l.send(message{msgEnd, -1, -1}) == nil {
			return
		}
		time.AfterFunc(retry, d.changed.Broadcast)
		d.changed.Wait()
	}
}
