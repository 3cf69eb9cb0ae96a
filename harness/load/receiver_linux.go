package load

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiver receives from sockets whose kernel notes when packets come ([noteArrivals]).
type receiver struct {
	header  unix.Msghdr
	piece   unix.Iovec
	control [controlSize]byte
	came    int64 // when the last packet of what was received came, in nanoseconds since 1970; 0: not known
}

// controlSize is what the kernel needs to tell a time: a header of 16 bytes, and as many of the time.
const controlSize = 32

// noteArrivals has the kernel note when packets come to a socket. Without, their coming is dated when they are read.
func noteArrivals(fd int) {
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// stamp reads what the kernel told beside the bytes.
func (r *receiver) stamp(controls int) {
	r.came = 0
	if controls < controlSize {
		return
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&r.control))
	if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS {
		r.came = (*unix.Timespec)(unsafe.Pointer(&r.control[unix.CmsgLen(0)])).Nano()
	}
}

// wallClock tells what a time of the kernel's is on the run's clock.
type wallClock struct {
	behind time.Duration // the run's clock less the wall's; 0: not known
	read   time.Duration // when they were compared last
}

const (
	// compareEvery is how old a comparison of the two clocks may get: the wall clock may be set.
	compareEvery = 5 * time.Millisecond
	// apart is how long a comparison may take: one that was interrupted is none.
	apart = 2 * time.Microsecond
)

// compare reads both clocks. now is the time on the run's.
func (w *wallClock) compare(now func() time.Duration) {
	before := now()
	if w.behind != 0 && before-w.read < compareEvery {
		return
	}
	wall := time.Now().UnixNano()
	if after := now(); after-before <= apart {
		w.behind, w.read = before-time.Duration(wall), after
	}
}

// arrival is when something came that the kernel has dated, on the run's clock; false when that cannot be: it was sent
// for at a later moment, or it is still to come. Then the wall clock was set, or the kernel has dated nothing.
func (w *wallClock) arrival(came int64, sent, now time.Duration) (time.Duration, bool) {
	at := time.Duration(came) + w.behind
	return at, came != 0 && w.behind != 0 && sent <= at && at <= now
}
