package journal

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
)

// Entry is what is noted of one connection. While a worker has the connection it
// alone writes; before and after, the primary does. Both count bytes from the
// beginning of the connection.
type Entry struct {
	start  atomic.Uint64 // bytes read before the present request
	wrote  atomic.Uint64 // bytes written before its answer
	answer atomic.Uint64 // bytes of its answer; 0 before it is written, inPieces if not in one write
	length atomic.Uint64 // bytes of the present request, head and body; 0 when not known (yet)
	flags  atomic.Uint32
	noted  atomic.Uint32 // bytes of the present request in data that the worker has to read first
	deaths atomic.Uint32 // workers that have ended with the present request
	next   atomic.Uint32 // on a list of entries given back
	_      [pageSize - room - 48]byte
	data   [room]byte // the present request, as far as it was read
}

// room is the part of an entry that holds the present request, in bytes.
const room = pageSize - 64

// inPieces stands for the length of an answer that is not written at once.
const inPieces = 1 << 62

// What is known of a connection, in its flags.
const (
	taken    uint32 = 1 << iota // by the worker: it may have read
	begun                       // the request is being carried out
	unclear                     // where requests begin and end is not known any more
	closed                      // the worker has closed the connection
	returned                    // the worker gives the connection back, with no request under way
)

// flagNames are those of the flags, in their order.
var flagNames = []string{"taken", "begun", "unclear", "closed", "returned"}

func (e *Entry) mark(flag uint32)    { e.flags.Or(flag) }
func (e *Entry) is(flag uint32) bool { return e.flags.Load()&flag != 0 }

// set makes an entry ready for a worker: so much was read before the present request,
// of which so much was read as well, and so much was written.
func (e *Entry) set(start, noted, wrote uint64) {
	e.start.Store(start)
	e.noted.Store(uint32(noted))
	e.wrote.Store(wrote)
	e.answer.Store(0)
	e.length.Store(0)
	e.flags.Store(0)
}

// String says what is noted, for a log: byte counts from the beginning of the connection, and how many workers have
// ended with the present request.
func (e *Entry) String() string {
	var names []string
	for i, name := range flagNames {
		if e.is(1 << i) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = append(names, "new")
	}
	return fmt.Sprintf("%s start=%d wrote=%d answer=%d length=%d noted=%d deaths=%d", strings.Join(names, ","),
		e.start.Load(), e.wrote.Load(), e.answer.Load(), e.length.Load(), e.noted.Load(), e.deaths.Load())
}

// Reset makes an entry ready for a new connection.
func (e *Entry) Reset() {
	e.set(0, 0, 0)
	e.deaths.Store(0)
}

// Closed says that the worker has closed the connection.
func (e *Entry) Closed() bool { return e.is(closed) }

// Begun says that a request is being carried out.
func (e *Entry) Begun() bool { return e.is(begun) }

// Blame notes that the present request is the cause of its worker's end: it is not replayed.
func (e *Entry) Blame() { e.deaths.Add(1) }

// Reopen makes the entry of a connection that was given back ready for its next worker.
func (e *Entry) Reopen() { e.flags.Store(0) }

// Fate is what becomes of a connection whose worker has ended.
type Fate int

// The fates there are.
const (
	HandOn Fate = iota // to another worker, nothing is under way or was read
	Replay             // to another worker, which carries out the present request again
	Refuse             // answer the present request with status 502, and close
	Cut                // close
)

// Settle decides what becomes of the connection of a worker that has ended, and makes
// the entry ready for the next worker if there is to be one.
func (e *Entry) Settle(t Totals) Fate {
	start, wrote, answer := e.start.Load(), e.wrote.Load(), e.answer.Load()
	switch {
	case !t.Open, e.is(closed), t.Read < start:
		return Cut
	case !e.is(taken):
		return HandOn // the worker never knew of it
	}
	pending := t.Read - start
	switch {
	case pending == 0 && !e.is(unclear):
		return e.handOn(t, 0)
	case t.Written == wrote:
		return e.unanswered(t, pending)
	case t.Written == wrote+answer && answer != inPieces && !e.is(unclear):
		return e.handOn(t, pending-e.length.Load()) // answered, and only that was not noted yet
	}
	return Cut
}

// handOn keeps a connection on which nothing is under way, with the bytes that were
// read of the next request; they are the last of data.
func (e *Entry) handOn(t Totals, rest uint64) Fate {
	pending := t.Read - e.start.Load()
	if rest > pending || rest > 0 && pending > room {
		return Cut
	}
	if rest > 0 { // without one, the request may have been longer than data
		copy(e.data[:rest], e.data[pending-rest:pending])
	}
	e.set(t.Read-rest, rest, t.Written)
	e.deaths.Store(0)
	return HandOn
}

// unanswered decides about a connection without an answer to its present request, of
// which so many bytes were read.
func (e *Entry) unanswered(t Totals, pending uint64) Fate {
	switch {
	case pending == 0:
		return Cut
	case e.is(unclear), pending > room, e.deaths.Load() > 0:
		return Refuse
	case e.is(begun) && !idempotent(e.data[:pending]):
		return Refuse
	}
	e.set(e.start.Load(), pending, t.Written)
	e.deaths.Add(1)
	return Replay
}

// idempotent says whether a request may be carried out twice: RFC 9110, section 9.2.2.
func idempotent(request []byte) bool {
	method, _, found := bytes.Cut(request, []byte(" "))
	if !found {
		return false
	}
	switch string(method) {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		return true
	}
	return false
}
