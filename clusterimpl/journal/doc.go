// Package journal notes, in memory that all processes of a cluster share, how far each
// connection's present request has come, so that the requests of a worker that dies or
// hangs can be finished by another.
//
// # What is noted
//
// Every connection has an [Entry]. The worker reads the connection straight into it, so
// that the bytes of the present request are there whatever becomes of the worker, and
// notes when the request begins to be carried out, when its answer begins to be
// written, and when it is answered. That is a copy of some hundred bytes and a few
// stores per request; no system call.
//
// # What is decided
//
// The primary keeps a descriptor of each connection. When a worker has ended, the
// kernel's own totals of what was read from a connection and written to it ([Totals])
// complete what the worker noted, so that it does not matter between which two
// instructions the worker ended. [Entry.Settle] decides:
//
//   - no request under way, or answered in full: the connection goes to another worker;
//   - nothing of the answer written, and the request is idempotent (RFC 9110, section
//     9.2.2) or was not begun: it is replayed, once. The only request that a worker
//     was carrying out when it crashed by itself is its cause, and is refused, as is one
//     with which a second worker ends;
//   - nothing of the answer written otherwise: it is refused, with status 502;
//   - a part of the answer written: the connection is cut, so that the client does not
//     take that part for the whole.
//
// # Limits
//
// A request whose bytes do not fit into the entry is not replayed. Bytes of a next
// request that arrive before the answer (pipelining) are kept for the next request as
// long as they fit; while they do not, the connection is cut instead of handed on. The
// same holds after a request of unknown length (chunked). Every worker can read every
// entry: they are one program, and trust each other.
package journal
