package handover

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

// refusal answers a request that was begun by a worker that has ended, and must not be
// carried out twice.
var refusal = fmt.Sprintf("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/plain; "+
	"charset=utf-8\r\nContent-Length: %d\r\n\r\n%s",
	len(reason), reason)

const reason = "the worker ended while it carried out this request, which is not made again\n"

// lastRead is how long a client may take to read a refusal.
const lastRead = time.Second

func (d *dispatcher) Collect() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.collect()
}

// collect takes in what the workers have closed or given back. The caller holds the lock.
func (d *dispatcher) collect() {
	for _, l := range d.lines {
		if l != nil {
			d.book.Given(l.post, d.collected)
		}
	}
}

func (d *dispatcher) collected(n int) {
	h := &d.held[n]
	if h.fd < 0 || h.line == nil {
		return // a worker wrote nonsense
	}
	if d.book.Entry(n).Closed() {
		d.drop(connection{h.fd, n})
		return
	}
	h.line = nil
	d.book.Entry(n).Reopen()
	d.task(func() { d.hand(connection{h.fd, n}) })
}

func (d *dispatcher) Gone(slot int, crashed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[slot-1]
	if l == nil {
		return
	}
	d.collect()
	moved := 0
	for _, m := range l.untaken() {
		if m.entry >= 0 {
			unix.Close(m.conn) // it is held
			continue
		}
		moved++
		d.task(func() { d.hand(connection{m.conn, -1}) })
	}
	if crashed {
		d.blame(l)
	}
	fates := map[journal.Fate]int{}
	for n := range d.held {
		if d.held[n].line == l {
			fates[d.settle(n)]++
		}
	}
	l.next()
	d.wakeAll()
	if moved += fates[journal.HandOn] + fates[journal.Replay]; moved > 0 || len(fates) > 0 {
		d.log.Debug("connections go to another worker", "worker", slot, "connections", moved,
			"replayed", fates[journal.Replay], "refused", fates[journal.Refuse], "cut", fates[journal.Cut])
	}
}

// blame finds the request that made a worker crash, if it carried out only one.
func (d *dispatcher) blame(l *line) {
	begun := -1
	for n := range d.held {
		if d.held[n].line != l || !d.book.Entry(n).Begun() {
			continue
		}
		if begun >= 0 {
			return
		}
		begun = n
	}
	if begun >= 0 {
		d.book.Entry(begun).Blame()
	}
}

// settle decides what becomes of a connection whose worker has ended, and does it.
func (d *dispatcher) settle(n int) journal.Fate {
	c := connection{d.held[n].fd, n}
	totals, err := journal.ReadTotals(c.fd)
	fate, entry := journal.Cut, d.book.Entry(n)
	if err == nil {
		fate = entry.Settle(totals)
	} else {
		d.log.Warn("a connection ends with its worker", "worker", d.held[n].line.slot, "reason", err)
	}
	if fate == journal.Refuse || fate == journal.Cut && totals.Open {
		d.log.Info("a connection ends with its worker", "worker", d.held[n].line.slot,
			"answered_with_502", fate == journal.Refuse, "noted", entry.String(),
			"read", totals.Read, "written", totals.Written)
	}
	d.held[n].line = nil
	switch fate {
	case journal.HandOn, journal.Replay:
		d.task(func() { d.hand(c) })
	case journal.Refuse:
		d.slowTask(func() { refuse(c.fd) }, func() { d.drop(c) })
	case journal.Cut:
		_ = unix.Shutdown(c.fd, unix.SHUT_RDWR) // fails when the client has ended it already
		d.drop(c)
	}
	return fate
}

// refuse answers the request that is under way, and waits until the client has read
// that: to close while bytes of the request wait would take the answer back.
func refuse(fd int) {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return
	}
	s := newSocket(own)
	defer s.Close()
	_ = s.SetDeadline(time.Now().Add(lastRead)) // of what follows, nothing is left to be done if it fails
	_, _ = io.WriteString(s, refusal)
	_ = s.CloseWrite()
	_, _ = io.Copy(io.Discard, s)
}

func (d *dispatcher) Excess() map[int]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	total, open := 0, 0
	for _, l := range d.lines {
		if l != nil && l.open {
			total += l.busy()
			open++
		}
	}
	excess := map[int]int{}
	for _, l := range d.lines {
		if l == nil || !l.open {
			continue
		}
		if fair := (total + open - 1) / open; l.busy() > fair {
			excess[l.slot] = l.busy() - fair
		}
	}
	return excess
}
