package target

import (
	"io"
	"strings"
	"sync"
)

const (
	keptLines = 20       // shown when the system fails
	lineBytes = 400      // of each line shown
	maxLog    = 64 << 20 // of the log that is kept, in bytes
)

// output keeps what a system prints, its last lines at hand.
type output struct {
	mu      sync.Mutex
	log     io.Writer
	written int
	lines   []string
	open    []byte // the line under way
	want    string // "" for no line
	found   chan struct{}
	seen    bool
}

func newOutput(log io.Writer, want string) *output {
	return &output{log: log, want: want, found: make(chan struct{})}
}

// Write takes what was printed. It never fails: a system must not fall over its log.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.log != nil && o.written < maxLog {
		n, _ := o.log.Write(p[:min(len(p), maxLog-o.written)])
		o.written += n
		if o.written == maxLog {
			_, _ = io.WriteString(o.log, "\n[the log ends here: it is full]\n")
		}
	}
	for _, b := range p {
		if b == '\n' {
			o.line()
		} else if len(o.open) < lineBytes {
			o.open = append(o.open, b)
		}
	}
	return len(p), nil
}

func (o *output) line() {
	text := string(o.open)
	o.open = o.open[:0]
	if o.want != "" && !o.seen && strings.Contains(text, o.want) {
		o.seen = true
		close(o.found)
	}
	if o.lines = append(o.lines, text); len(o.lines) > keptLines {
		o.lines = o.lines[1:]
	}
}

// last are the last lines that were printed.
func (o *output) last() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.lines
	if len(o.open) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(o.open))
	}
	if len(lines) == 0 {
		return "it printed nothing"
	}
	return "its last lines:\n  " + strings.Join(lines, "\n  ")
}
