package targets

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/nameplate-dev/nameplate/harness/draft"
)

// lines hands out a text line by line, one with each call, so that it is known how far vegeta's targeter has read: it
// tells no place itself, takes a line that is too long for the end of the file, and reads the files of bodies without a
// bound.
type lines struct {
	text []byte
	size func(name string) (int64, error) // of a body's file; nil where no line names one

	number int    // of the line that was handed out last, from 1
	first  int    // line of the target that is being read; 0 when it has not come
	peeked int    // line of the next target, which was read with the one before; 0 for none
	last   []byte // the line that was handed out last, without spaces around it
	line   []byte // what of it has not been handed out
	body   string // name of the body's file, in the line that was handed out last; "" when it names none
	err    error  // why no more is handed out
}

// method is how a target starts in the HTTP format.
var method = regexp.MustCompile(`^[A-Z]+\s`)

// begin says that a target is going to be read.
func (l *lines) begin() { l.first, l.peeked, l.body = l.peeked, 0, "" }

// end says that a target has been read. The line after its first one tells the targeter whether that is all.
func (l *lines) end() {
	if l.number > l.first && method.Match(l.last) {
		l.peeked = l.number
	}
}

// Read hands out the next line, or what is left of one.
func (l *lines) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if len(l.line) == 0 && !l.next() {
		return 0, l.err
	}
	n := copy(p, l.line)
	l.line = l.line[n:]
	return n, nil
}

// next takes the next line; false when there is none, and err says why.
func (l *lines) next() bool {
	if len(l.text) == 0 {
		l.err = io.EOF
		return false
	}
	l.number++
	line, rest, _ := bytes.Cut(l.text, []byte("\n"))
	l.text = rest
	if len(line) > maxLine {
		l.err = fmt.Errorf("the line has %d bytes; allowed: at most %d", len(line), maxLine)
		return false
	}
	l.line, l.body = append(bytes.Clone(line), '\n'), "" // the last line of a file may lack its end
	l.last = bytes.TrimSpace(line)
	if l.first == 0 && len(l.last) > 0 && l.last[0] != '#' {
		l.first = l.number
	}
	if l.size != nil && bytes.HasPrefix(l.last, []byte("@")) {
		l.body = string(l.last[1:])
		if err := l.check(l.body); err != nil {
			l.err = err
			return false
		}
	}
	return true
}

// check refuses a body's file that is not there, or too large, before it is read.
func (l *lines) check(name string) error {
	shown := draft.Line(name)
	if !utf8.ValidString(name) || len(name) > maxPath {
		return fmt.Errorf("the name of the body's file is %q; allowed: at most %d bytes of UTF-8", shown, maxPath)
	}
	switch size, err := l.size(name); {
	case err != nil:
		return fmt.Errorf("the body is in %q: %w; allowed: a file, from the folder in which the command runs", shown,
			err)
	case size > MaxBody:
		return fmt.Errorf("the body in %q has %d bytes; allowed: at most %d", shown, size, MaxBody)
	case size == 0:
		l.body = "" // as if there was none
	}
	return nil
}
