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
		p.line(triedLine(e))
	case run.StageStores:
		if e.Message != "" {
			p.line(fmt.Sprintf("%s %s: %s", e.Phase.Title(), e.Phase.Name, e.Message))
		}
	}
	if p.live {
		p.change(liveLine(e))
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

func liveLine(e run.Event) string {
	at := fmt.Sprintf("%s %s", e.Phase.Title(), e.Phase.Name)
	switch {
	case e.Search:
		return fmt.Sprintf("%s, capacity, run %d: %s at %.0f req/s", at, e.Run, e.Stage, float64(e.Phase.Rate))
	case e.Run > 0:
		at += fmt.Sprintf(", run %d of %d", e.Run, e.Runs)
	}
	return fmt.Sprintf("%s: %s … %s left", at, e.Stage, e.Left.Round(time.Second))
}

// triedLine is one run of a search for the capacity.
func triedLine(e run.Event) string {
	text := fmt.Sprintf("%s %s, capacity: %s at %.0f req/s", e.Phase.Title(), e.Phase.Name, e.Message, float64(e.Phase.Rate))
	if len(e.Invalid) > 0 {
		text += " (" + strings.Join(e.Invalid, "; ") + ")"
	}
	return text
}
