// Package measure holds what was seen: samples, histograms, windows and resource
// usage, with their units. It judges nothing and imports no other package of this
// module; it is the only importer of hdrhistogram.
package measure

import "time"

// Sample is what became of one scheduled request. Times are since the schedule's
// origin, on the monotonic clock.
type Sample struct {
	Scheduled time.Duration // when the schedule wanted it sent
	Released  time.Duration // when the generator had it ready to send; Released-Scheduled is the schedule lag
	// when its first byte was handed to the kernel; Sent-Released is the wait for a connection, which the system under
	// test causes
	Sent     time.Duration
	Done     time.Duration // when the last byte of the answer was read, or the request was given up
	Endpoint string        // short name of the operation
	Worker   string        // the worker that answered, as the answer names it; "" if it does not
	Status   int           // HTTP status; 0 when there was no answer
	Err      error         // why the request failed or was never sent; nil when it was answered as it must be
	Out, In  int           // bytes of the request's body, and of the answer's; In is 0 where that did not come whole
	Answer   []byte        // body of a wrong answer, of which the start is kept as an example
	Unsent   bool          // never put on a connection: Sent, Done, Worker, Status, In and Answer mean nothing
}

// Window is what became of the requests that were scheduled in one interval.
// Offered = Sent + Unsent and Sent = Succeeded + Failed.
type Window struct {
	Start time.Duration `json:"start_ns"` // since the schedule's origin
	End   time.Duration `json:"end_ns"`

	Offered   uint64 `json:"offered"`   // scheduled in [Start, End)
	Sent      uint64 `json:"sent"`      // of these, put on a connection
	Unsent    uint64 `json:"unsent"`    // of these, never put on a connection: run stopped, or no connection in time
	Succeeded uint64 `json:"succeeded"` // of these, answered as they must be
	Failed    uint64 `json:"failed"`    // of these, failed or answered wrongly

	// Completed counts the good answers that arrived within [Start, End), whenever
	// their request was scheduled: what the system got done in the window.
	Completed uint64 `json:"completed"`
	// Gap is the longest time within [Start, End) without the arrival of a good answer;
	// 0 when it was not recorded.
	Gap time.Duration `json:"gap_ns"`
	// OutOfRange counts values that a histogram could not hold exactly.
	OutOfRange uint64 `json:"out_of_range"`

	Response    *Histogram `json:"-"` // Done-Scheduled of every sent request, failed ones included
	Service     *Histogram `json:"-"` // Done-Sent of the same
	ScheduleLag *Histogram `json:"-"` // Released-Scheduled of every request offered, sent or not
	Wait        *Histogram `json:"-"` // Sent-Released of every sent request

	Endpoints []Breakdown  `json:"endpoints"` // sorted by name
	Workers   []Breakdown  `json:"workers"`   // sorted by name; answers that name no worker are in none
	Seconds   []Second     `json:"seconds"`   // in order; by scheduled second, Completed by arrival
	Errors    []ErrorCount `json:"errors"`    // most frequent first; their counts add up to Failed + Unsent
}

// NewWindow is a window in which nothing was scheduled.
func NewWindow(start, end time.Duration) *Window {
	return &Window{
		Start: start, End: end, Response: NewHistogram(), Service: NewHistogram(), ScheduleLag: NewHistogram(),
		Wait: NewHistogram(), Seconds: []Second{},
	}
}

// Length is the length of the window in seconds.
func (w *Window) Length() float64 { return (w.End - w.Start).Seconds() }

// Goodput is the rate of good answers that the window sustained, in req/s: those that
// arrived within it, but no more than its own requests got. A backlog that was built up
// before the window and is worked off in it therefore adds nothing.
func (w *Window) Goodput() float64 {
	if w.End <= w.Start {
		return 0
	}
	return float64(min(w.Completed, w.Succeeded)) / w.Length()
}

// ErrorShare is the share of the scheduled requests that failed or were never
// sent, in the range [0,1]; false when nothing was scheduled.
func (w *Window) ErrorShare() (float64, bool) {
	if w.Offered == 0 {
		return 0, false
	}
	return float64(w.Failed+w.Unsent) / float64(w.Offered), true
}

// Breakdown is the part of a window that one endpoint or one worker had: sent requests only.
type Breakdown struct {
	Name      string     `json:"name"`
	Succeeded uint64     `json:"succeeded"`
	Failed    uint64     `json:"failed"`
	Response  *Histogram `json:"-"`
	Service   *Histogram `json:"-"`
}

// Second is one second of a run.
type Second struct {
	At        time.Duration `json:"at_ns"`     // its start, since the schedule's origin
	Offered   uint64        `json:"offered"`   // scheduled in it
	Completed uint64        `json:"completed"` // good answers that arrived in it
	Failed    uint64        `json:"failed"`    // scheduled in it, and failed or never sent
	// Lag is the longest schedule lag of those scheduled in it; 0 in archives of before that was kept.
	Lag      time.Duration `json:"lag_ns,omitempty"`
	Response *Histogram    `json:"-"` // of those scheduled in it
}

// ErrorCount is one way in which requests failed or stayed unsent.
type ErrorCount struct {
	Endpoint string `json:"endpoint"`
	Message  string `json:"message"` // without numbers that differ between requests
	Count    uint64 `json:"count"`
	Example  string `json:"example,omitempty"` // start of one wrong answer, at most 512 bytes
}
