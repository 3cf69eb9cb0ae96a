// Package screen shows a run that is going on, on a terminal: one screen that is drawn anew in its place, with the
// lines that stay above it.
//
// It reads no input, catches no signal and leaves the terminal's settings alone; the cursor stays visible, below the
// screen. A process that is killed leaves nothing to repair.
package screen

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Options say what is shown and how.
type Options struct {
	Title string       // of what is run
	Suite *suite.Suite // whose phases are run, and whose claims stand beside the figures; may be nil
	Open  bool         // the plan has no length that is known, since it searches for capacities
	Color bool         // with ANSI colours; the caller decides, by NO_COLOR and what the terminal is
	Now   func() time.Time
}

func (o Options) phases() []suite.Phase {
	if o.Suite == nil {
		return nil
	}
	return o.Suite.Phases
}

// rates are how often the screen is drawn.
type rates struct {
	redraw  time.Duration // between two views
	flushes int           // a second at which a view that changed is written
}

// calm disturbs nothing that is measured.
var calm = rates{redraw: 500 * time.Millisecond, flushes: 4}

// Screen shows a run. Its methods may be called by several goroutines at once.
type Screen struct {
	mu      sync.Mutex
	state   *state
	width   int // of the terminal, columns; 0 where it is not known
	closed  bool
	out     *output
	program *tea.Program
	end     chan struct{} // closed: draw no more
	beaten  chan struct{} // closed: drawing has ended
	ended   chan struct{} // closed: the program has ended
	once    sync.Once
}

// Start shows the screen on a terminal, until [Screen.Close].
func Start(terminal *os.File, o Options) *Screen { return start(terminal, o, calm) }

func start(terminal *os.File, o Options, often rates) *Screen {
	s := &Screen{
		state: newState(o), out: &output{File: terminal}, end: make(chan struct{}),
		beaten: make(chan struct{}), ended: make(chan struct{}),
	}
	profile := colorprofile.ASCII
	if o.Color {
		profile = colorprofile.ANSI
	}
	// The size is known before anything is drawn: lines that stay are wrapped by it. A pipe has none.
	width, height, _ := term.GetSize(int(terminal.Fd()))
	s.width = width
	first := model{screen: s, width: width, height: height}
	s.program = tea.NewProgram(first, tea.WithOutput(s.out), tea.WithInput(nil),
		tea.WithoutSignalHandler(), tea.WithFPS(often.flushes), tea.WithColorProfile(profile))
	go func() {
		defer close(s.ended)
		_, _ = s.program.Run() // what it could not show, Close writes
	}()
	go s.beat(often.redraw)
	return s
}

// Show takes one step of the run. It returns at once, whatever the terminal does.
func (s *Screen) Show(step Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.take(step)
}

// Notice shows a text until the end, e.g. that the run was interrupted.
func (s *Screen) Notice(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.notice = text
}

// Close takes the screen away and writes the lines that stay in its place.
func (s *Screen) Close() {
	s.once.Do(func() {
		close(s.end)
		<-s.beaten
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.program.Send(frame{})
		s.program.Quit()
		<-s.ended
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, line := range s.state.lines(true) {
			fmt.Fprintln(s.out.File, line)
		}
	})
}

// beat has the screen drawn. No line is written above it before it has been drawn: bubbletea would take
// it to be as high as the terminal.
func (s *Screen) beat(every time.Duration) {
	defer close(s.beaten)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.program.Send(frame{})
			if s.out.isDrawn.Load() {
				s.writeAbove()
			}
		case <-s.ended:
			return
		case <-s.end:
			return
		}
	}
}

// writeAbove writes the lines that stay and are due.
func (s *Screen) writeAbove() {
	s.mu.Lock()
	lines, width := s.state.lines(false), s.width
	s.mu.Unlock()
	for _, line := range lines {
		for _, part := range wrap(line, width) {
			s.program.Send(tea.Println(part)())
		}
	}
}

// output is the terminal, and whether anything has been drawn on it.
type output struct {
	*os.File
	isDrawn atomic.Bool
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.File.Write(p)
	o.isDrawn.Store(true)
	return n, err
}
