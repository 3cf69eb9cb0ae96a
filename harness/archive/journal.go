package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/measure"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// journalFile is the name of the journal of a run that is going on.
const journalFile = "progress.jsonl"

// Bounds of a journal, in bytes. One that has grown to mostJournal is cut to its newest keptJournal.
const (
	mostJournal = 1 << 20
	keptJournal = mostJournal / 2
	mostLine    = 16 << 10
)

// Progress is one line of the journal of a run that is going on: what it does at a moment. It is for looking at, and
// goes with the run's end.
type Progress struct {
	Number  uint64        `json:"n"` // of the line, from 1, one more each
	At      time.Time     `json:"at"`
	Stage   string        `json:"stage"` // e.g. "measure"
	Phase   int           `json:"phase,omitempty"`
	Name    string        `json:"name,omitempty"`    // of the phase
	Offered suite.Rate    `json:"offered,omitempty"` // that the phase asks for, in req/s
	Workers int           `json:"workers,omitempty"` // that the phase asks for
	Run     int           `json:"run,omitempty"`     // from 1; 0 outside a run
	Runs    int           `json:"runs,omitempty"`    // planned for the phase
	Search  bool          `json:"search,omitempty"`  // the run is one of a search for the capacity
	Message string        `json:"message,omitempty"`
	Left    time.Duration `json:"left_ns"` // estimate for everything that remains
	Live    *measure.Live `json:"live,omitempty"`
}

// Journal tells others, while a run goes on, what it does. It is safe for concurrent use; what cannot be written is
// left out, since no run is to fail for it. A nil Journal writes nothing.
type Journal struct {
	path string
	mu   sync.Mutex
	f    *os.File // nil: closed, or given up
	size int64
	last uint64 // number of the last line
}

// OpenJournal begins the journal of the run whose folder is dir, which must be there.
func OpenJournal(dir string) (*Journal, error) {
	path := filepath.Join(dir, journalFile)
	f, err := newJournal(path, nil)
	if err != nil {
		return nil, fmt.Errorf("begin the journal: %w", err)
	}
	return &Journal{path: path, f: f}, nil
}

// newJournal opens a file with a text, that stands at path and is held, so that it tells of its writer's end. It is
// held before anybody can find it.
func newJournal(path string, text []byte) (*os.File, error) {
	beside := path + ".tmp"
	f, err := os.OpenFile(beside, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	if err = hold(f); err == nil {
		_, err = f.Write(text)
	}
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(beside))
	}
	return f, nil
}

// Add adds a line, and numbers it.
func (j *Journal) Add(p Progress) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	p.Number = j.last + 1
	line, err := json.Marshal(p)
	if err != nil || j.f == nil || len(line) >= mostLine {
		return
	}
	if line = append(line, '\n'); j.size+int64(len(line)) > mostJournal {
		if j.cut() != nil {
			j.give()
			return
		}
	}
	n, err := j.f.Write(line)
	j.size += int64(n)
	if err != nil {
		j.give() // a line that is half written would garble the next one
		return
	}
	j.last++
}

// cut puts a journal of the newest lines in the place of the one that has grown too large. The lock is held.
func (j *Journal) cut() error {
	text := make([]byte, keptJournal)
	if _, err := j.f.ReadAt(text, j.size-keptJournal); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	text = text[bytes.IndexByte(text, '\n')+1:] // whole lines
	f, err := newJournal(j.path, text)
	if err != nil {
		return err
	}
	_ = j.f.Close() // nothing in it is of use any more
	j.f, j.size = f, int64(len(text))
	return nil
}

// give gives the journal up. The lock is held.
func (j *Journal) give() {
	_ = j.f.Close() // as is what it would say
	_ = os.Remove(j.path)
	j.f = nil
}

// Close ends the journal, and removes it: the run has ended, and its archive says what came of it.
func (j *Journal) Close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.f == nil {
		return nil
	}
	// Removed while it is held: nobody finds it and takes the run for one that was stopped.
	err := os.Remove(j.path)
	err = errors.Join(err, j.f.Close())
	j.f = nil
	if err != nil {
		return fmt.Errorf("end the journal: %w", err)
	}
	return nil
}
