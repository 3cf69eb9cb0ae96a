package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/run"
)

// progress shows on standard error what the pipeline does: one line that changes on a
// terminal, else a line for each run.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	quiet bool
	live  bool
	shown int // characters of the changing line
}

func newProgress(out io.Writer, quiet bool) *progress {
	_, live := terminalOf(out)
	return &progress{out: out, quiet: quiet, live: live}
}

// observe shows one event. It may be called by several goroutines.
func (p *progress) observe(e run.Event) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Stage {
	case run.StageRunDone:
		p.line(fmt.Sprintf("%s (%s left)", e.RunLine(), e.Left.Round(time.Second)))
	case run.StageTried:
		p.line(e.TriedLine())
	case run.StageStores:
		if e.Message != "" {
			p.line(fmt.Sprintf("%s %s: %s", e.Phase.Title(), e.Phase.Name, e.Message))
		}
	}
	if p.live {
		p.change(e.LiveLine())
	}
}

// finish leaves the terminal with an empty line.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live && !p.quiet {
		p.change("")
	}
}

// line prints a line that stays.
func (p *progress) line(text string) {
	if p.live {
		p.change("")
	}
	fmt.Fprintln(p.out, text)
}

// change replaces the line that does not stay.
func (p *progress) change(text string) {
	fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", max(0, p.shown-len(text))))
	if text == "" {
		fmt.Fprint(p.out, "\r")
	}
	p.shown = len(text)
}
