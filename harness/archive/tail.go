package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// State says whether a run is going on.
type State string

// The states of a run, as its journal tells them.
const (
	Ended   State = "ended"   // there is no journal: the run has ended in order, or has not begun
	Going   State = "going"   // a process writes the journal
	Stopped State = "stopped" // the process that wrote the journal is no more: it was killed
)

// Tail reads the journal of a run, also while it is written. It is not safe for concurrent use.
type Tail struct {
	fsys   fs.FS
	name   string
	read   fs.FileInfo // the file that was read last; nil: none
	offset int64       // in it, behind the last whole line
	last   uint64      // number of the last line
}

// NewTail returns a tail of the journal of the run whose folder in fsys is dir.
func NewTail(fsys fs.FS, dir string) *Tail {
	return &Tail{fsys: fsys, name: path.Join(dir, journalFile)}
}

// StateOf is the state of the run whose folder in fsys is dir.
func StateOf(fsys fs.FS, dir string) State {
	state, f, _, err := NewTail(fsys, dir).open()
	if err == nil && f != nil {
		_ = f.Close() // it was only read
	}
	return state
}

// open opens the journal; the file is nil when there is none.
func (t *Tail) open() (State, *os.File, fs.FileInfo, error) {
	info, err := fs.Stat(t.fsys, t.name) // before it is opened: to open a pipe would wait for its writer
	if errors.Is(err, fs.ErrNotExist) {
		return Ended, nil, nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: it is no file", ErrImpossible)
	}
	if err != nil {
		return Ended, nil, nil, err
	}
	opened, err := t.fsys.Open(t.name)
	if err != nil {
		return Ended, nil, nil, err
	}
	f, ok := opened.(*os.File)
	if !ok {
		return Ended, nil, nil, errors.Join(fmt.Errorf("%w: it is not on a disk", ErrImpossible), opened.Close())
	}
	if info, err = f.Stat(); err != nil {
		return Ended, nil, nil, errors.Join(err, f.Close())
	}
	if held(f) {
		return Going, f, info, nil
	}
	if _, err := fs.Stat(t.fsys, t.name); errors.Is(err, fs.ErrNotExist) {
		return Ended, nil, nil, f.Close() // it was removed meanwhile: its writer ended in order
	}
	return Stopped, f, info, nil
}

// Read returns the lines that were added since it was called last, oldest first, and the state of the run. Lines that
// cannot be read are left out. Of a journal that is larger than any that is written, it reads the newest part.
func (t *Tail) Read() ([]Progress, State, error) {
	state, f, info, err := t.open()
	if err != nil {
		return nil, state, fmt.Errorf("read the journal %s: %w", t.name, err)
	}
	if f == nil {
		return nil, state, nil
	}
	defer f.Close()
	if t.read == nil || !os.SameFile(t.read, info) || info.Size() < t.offset {
		t.offset = 0 // another file, which was cut: what it repeats is told by its number
	}
	t.read = info
	from := max(t.offset, info.Size()-mostJournal)
	text, err := io.ReadAll(io.LimitReader(io.NewSectionReader(f, from, info.Size()-from), mostJournal))
	if err != nil {
		return nil, state, fmt.Errorf("read the journal %s: %w", t.name, err)
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	t.offset = from + int64(whole)
	return t.fresh(text[:whole]), state, nil
}

// fresh are the lines that were not read before.
func (t *Tail) fresh(text []byte) (all []Progress) {
	for line := range bytes.Lines(text) {
		p, err := decodeProgress(line)
		if err != nil || p.Number <= t.last {
			continue
		}
		t.last = p.Number
		all = append(all, p)
	}
	return all
}

// decodeProgress reads a line of a journal.
func decodeProgress(line []byte) (Progress, error) {
	var p Progress
	if len(line) > mostLine {
		return p, fmt.Errorf("%w: a line of %d bytes, allowed are %d", ErrImpossible, len(line), mostLine)
	}
	if err := json.Unmarshal(line, &p); err != nil {
		return p, fmt.Errorf("%w: %w", ErrGarbled, err)
	}
	if p.Number == 0 || p.Left < 0 || p.Run < 0 || p.Runs < 0 || p.Workers < 0 || !(p.Offered >= 0) {
		return p, fmt.Errorf("%w: line %d", ErrImpossible, p.Number)
	}
	if l := p.Live; l != nil && (l.Length <= 0 || l.At < 0) {
		return p, fmt.Errorf("%w: line %d has figures of %v up to %v", ErrImpossible, p.Number, l.Length, l.At)
	}
	return p, nil
}
