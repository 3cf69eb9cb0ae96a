// Package results keeps what became of each request of a run, and writes it as vegeta's result stream, which its
// commands report, plot and encode read.
//
// A latency counts from the moment at which the schedule wanted the request sent, as all response times of this module
// do; vegeta's own counts from the moment at which a worker sent it. The timestamp is that moment of the schedule.
package results

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
)

// MaxRequests is how many requests are kept at most, of all runs together, warm-ups included. Each takes 32 bytes of
// disk until the stream is written, which has some 150 bytes for each.
const MaxRequests = 50_000_000

// maxErrors bounds the different errors that are told apart.
const maxErrors = 1 << 14

// Run is a run whose requests are kept.
type Run struct {
	Number     int    // from 1
	URL        string // base of the system's addresses
	Operations []Operation
}

// Operation is what is asked for under the name of an operation.
type Operation struct{ Name, Method, Path string }

// Kept are the requests of some runs, in a file that is gone once they are closed. One run is recorded at a time.
type Kept struct {
	file   *os.File
	size   int64
	count  uint64
	most   uint64
	runs   []*Recording
	errors map[string]uint32
	texts  []string // of errors; the first one is that of none
}

// Keep makes room for requests in a file in a folder, which is made where it is not there.
func Keep(dir string) (*Kept, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("keep requests: %w", err)
	}
	f, err := os.CreateTemp(dir, ".requests-*")
	if err != nil {
		return nil, fmt.Errorf("keep requests: %w", err)
	}
	_ = os.Remove(f.Name()) // so that it goes with this process; Close removes it where an open file cannot be
	return &Kept{file: f, most: MaxRequests, errors: map[string]uint32{"": 0}, texts: []string{""}}, nil
}

// Close gives the room back.
func (k *Kept) Close() error {
	err := k.file.Close()
	if removed := os.Remove(k.file.Name()); removed != nil && !errors.Is(removed, os.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// Begin begins to record a run; [Recording.End] must be called.
func (k *Kept) Begin(run Run) *Recording {
	r := k.recording(run)
	r.ended.Go(r.store)
	return r
}

// recording is one of which nothing is stored yet.
func (k *Kept) recording(run Run) *Recording {
	r := &Recording{kept: k, run: run, free: make(chan []sample, blocks), full: make(chan []sample, blocks)}
	for range blocks {
		r.free <- make([]sample, 0, blockSize)
	}
	k.runs = append(k.runs, r)
	return r
}

// errorOf is the number of an error's text.
func (k *Kept) errorOf(text string) uint32 {
	if n, ok := k.errors[text]; ok {
		return n
	}
	if len(k.texts) >= maxErrors {
		if text == measure.OtherErrors {
			k.texts = append(k.texts, text)
			k.errors[text] = uint32(len(k.texts) - 1)
			return k.errors[text]
		}
		return k.errorOf(measure.OtherErrors)
	}
	k.texts = append(k.texts, text)
	k.errors[text] = uint32(len(k.texts) - 1)
	return k.errors[text]
}

// Written says what was written.
type Written struct {
	Runs     int
	Requests uint64
	Unsent   uint64 // never sent: they have no latency, and were not written
	Missing  error  // why requests are missing that were sent; nil when none is
}

// String says it to people.
func (w Written) String() string {
	if w.Requests == 0 {
		return "none, no request was sent"
	}
	runs := "1 run"
	if w.Runs > 1 {
		runs = fmt.Sprintf("%d runs", w.Runs)
	}
	text := fmt.Sprintf("vegeta's results of %d requests in %s; "+
		"latencies count from the moment at which the schedule wanted a request sent", w.Requests, runs)
	if w.Unsent > 0 {
		text += fmt.Sprintf("\n%d requests were never sent: they have no latency, and are not among them", w.Unsent)
	}
	return text
}

// Format is an encoding of the stream.
type Format string

// The formats there are.
const (
	Gob  Format = "vegeta"
	JSON Format = "vegeta-json"
	CSV  Format = "vegeta-csv"
)

// FormatNames is the list of the formats, for people.
func FormatNames() string {
	return strings.Join([]string{string(Gob), string(JSON), string(CSV)}, ", ")
}

// CheckFormat refuses a format that there is not.
func CheckFormat(f Format) error {
	switch f {
	case Gob, JSON, CSV:
		return nil
	}
	return fmt.Errorf("format %q; allowed: %s", f, FormatNames())
}

// CheckCount refuses more requests than are kept: those of a rate in req/s over a time.
func CheckCount(rate float64, time time.Duration) error {
	if n := rate * time.Seconds(); n > MaxRequests {
		return fmt.Errorf("%.0f requests are too many to keep each of them; allowed: at most %d, warm-ups included", n,
			MaxRequests)
	}
	return nil
}
