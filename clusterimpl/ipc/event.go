package ipc

import (
	"bufio"
	"encoding/json"
	"io"
)

// What can be said of a cluster's life.
const (
	WorkerStarted = "started" // Worker has the process PID
	WorkerReady   = "ready"
	WorkerEnded   = "ended"   // Detail says how; Replaced whether there will be another
	Serving       = "serving" // all workers are ready, at URL
	GaveUp        = "gave up" // no worker is replaced any more
	Fault         = "fault"   // Detail says what; the cluster ends
	Changed       = "changed" // the command ID is done, or has failed for the reason in Detail
)

// Event is one moment in the life of a cluster.
type Event struct {
	Kind     string `json:"kind"`
	Worker   int    `json:"worker,omitempty"` // slot, 1 and up
	PID      int    `json:"pid,omitempty"`
	URL      string `json:"url,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Replaced bool   `json:"replaced,omitempty"`
	Planned  bool   `json:"planned,omitempty"` // it was told to end, by a reload or a change of the number of workers
	ID       uint64 `json:"id,omitempty"`      // of the command
}

// WriteEvent writes an event as one line.
func WriteEvent(w io.Writer, e Event) error { return json.NewEncoder(w).Encode(e) }

// ReadEvents calls f for every event until the writer is gone; a line that is none ends it too.
func ReadEvents(r io.Reader, f func(Event)) error {
	in := bufio.NewScanner(r)
	for {
		var e Event
		if err := scan(in, &e); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		f(e)
	}
}
