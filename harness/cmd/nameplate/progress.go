package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nameplate-dev/nameplate/harness/archive"
	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/reports/screen"
)

// progress shows on standard error what the pipeline does: one screen on a terminal, else a line for each run.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	quiet  bool
	screen *screen.Screen // nil: lines
	deaf   func() bool    // ends the notice of an interrupt
}

func newProgress(out io.Writer, quiet bool) *progress { return &progress{out: out, quiet: quiet} }

// begin shows the screen of a run that is about to start, where there is one.
func (p *progress) begin(c console, config run.Config) {
	terminal, ok := screenOf(c)
	if !ok || p.quiet {
		return
	}
	p.screen = screen.Start(terminal, screen.Options{
		Title: cmp.Or(config.Ref.Title, config.Ref.Name), Suite: config.Suite,
		Open:  config.Options.Capacity != archive.CapacityNot,
		Color: colored(c), Now: config.Now,
	})
	p.deaf = context.AfterFunc(c.ctx, func() {
		p.screen.Notice("interrupted: the system stops, and what was measured is archived; once more ends it at once")
	})
}

// observe shows one event. It may be called by several goroutines.
func (p *progress) observe(e run.Event) {
	if p.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	line := ""
	switch e.Stage {
	case run.StageRunDone:
		line = e.RunLine()
	case run.StageTried:
		line = e.TriedLine()
	case run.StageStores:
		if e.Message != "" {
			line = fmt.Sprintf("%s %s: %s", e.Phase.Title(), e.Phase.Name, e.Message)
		}
	}
	switch {
	case p.screen != nil:
		p.screen.Show(screen.Step{
			Phase: e.Phase, Stage: string(e.Stage), Run: e.Run, Runs: e.Runs, Search: e.Search, Message: e.Message,
			Left: e.Left, Live: e.Live, Trial: e.Trial, Invalid: e.Invalid, Line: line,
		})
	case e.Stage == run.StageRunDone:
		fmt.Fprintf(p.out, "%s (%s left)\n", line, e.Left.Round(time.Second))
	case line != "":
		fmt.Fprintln(p.out, line)
	}
}

// finish takes the screen away; the lines that stay are left.
func (p *progress) finish() {
	if p.screen != nil {
		p.deaf()
		p.screen.Close()
	}
}
