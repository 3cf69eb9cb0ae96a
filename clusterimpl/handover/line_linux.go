package handover

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/nameplate-dev/nameplate/clusterimpl/journal"
)

// What one message of a line means; a connection's descriptor comes with it.
const (
	msgConnection byte = 1
	msgEnd        byte = 2 // no more connections
)

// line is the way to one slot: a socket pair that outlives its workers. The primary
// keeps the worker's end open too: when a worker dies, connections that it had not
// taken yet are still in the line.
type line struct {
	slot   int
	ours   int      // descriptor to send to
	theirs *os.File // what workers inherit
	post   *journal.Post
	open   bool
	handed uint64 // connections sent to the present worker
	life   int    // counts the workers that the slot has had
}

func newLine(slot int, post *journal.Post) (*line, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make the line to worker %d: %w", slot, err)
	}
	return &line{slot: slot, ours: pair[0], theirs: os.NewFile(uintptr(pair[1]), "line"), post: post}, nil
}

// busy is the number of connections that the worker has open, or still has to take.
func (l *line) busy() int { return int(int64(l.handed - l.post.Closed.Load())) }

// send puts a message into the line, without waiting.
func (l *line) send(m message) error {
	var rights []byte
	if m.conn >= 0 {
		rights = unix.UnixRights(m.conn)
	}
	return unix.Sendmsg(l.ours, m.encode(), rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// untaken empties the line without waiting and returns what was in it.
func (l *line) untaken() []message {
	var left []message
	for {
		m, err := receive(int(l.theirs.Fd()), unix.MSG_DONTWAIT)
		if err != nil {
			return left
		}
		if m.kind == msgConnection && m.conn >= 0 {
			left = append(left, m)
		}
	}
}

// next makes the line ready for the slot's next worker.
func (l *line) next() {
	l.open = false
	l.life++
	l.handed = 0
	l.post.Clear()
}

func (l *line) close() {
	for _, m := range l.untaken() {
		unix.Close(m.conn)
	}
	unix.Close(l.ours)
	l.theirs.Close()
}
