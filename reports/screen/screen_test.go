package screen

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/screen/terminaltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// swift are the rates of tests, which wait for what is drawn.
var swift = rates{redraw: 5 * time.Millisecond, flushes: 120}

var sizes = [][2]int{
	{60, 10}, {60, 24}, {61, 12}, {80, 24}, {120, 40}, {200, 60}, {59, 24}, {80, 9}, {20, 5}, {300, 80},
}

func TestTheScreenStandsBelowTheLinesThatStay(t *testing.T) {
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := terminaltest.New(t, size[0], size[1])
			fmt.Fprintln(r.TTY, "before")
			s := start(r.TTY, Options{Title: "a suite", Now: c.now}, swift)
			shown := newState(Options{Title: "a suite", Now: c.now})
			kept := []string{"before"}
			for n := range 30 {
				step := Step{
					Phase: suite.Phase{Number: 1 + n/10, Name: "p", Workers: 2}, Stage: fmt.Sprintf("stage %d", n),
					Run: n, Runs: 9, Live: second(10, 10, 0, time.Millisecond, time.Duration(n)*time.Millisecond),
				}
				if n%3 == 0 {
					step.Line = fmt.Sprintf("line %d", n)
					kept = append(kept, step.Line)
				}
				s.Show(step)
				shown.take(step)
				r.Shows(append(slices.Clone(kept), strings.Split(shown.view(size[0], size[1]), "\n")...)...)
			}
			s.Close()
			fmt.Fprintln(r.TTY, "after")
			r.Shows(append(kept, "after")...)
		})
	}
}

func TestRunsOfAPhaseAreWrittenWhenItIsDone(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := terminaltest.New(t, 80, 24)
	s := start(r.TTY, Options{Now: c.now}, swift)
	shown := newState(Options{Now: c.now})
	take := func(step Step) string {
		s.Show(step)
		shown.take(step)
		return shown.view(80, 24)
	}
	one, two := suite.Phase{Number: 1, Name: "one"}, suite.Phase{Number: 2, Name: "two"}
	trial := &sample().Phases[0].Trials[0]
	view := take(Step{Phase: one, Stage: "run done", Run: 1, Runs: 2, Trial: trial, Line: "the first run of one"})
	r.Shows(strings.Split(view, "\n")...)
	view = take(Step{Phase: two, Stage: "start", Run: 1, Runs: 2})
	r.Shows(append([]string{"the first run of one"}, strings.Split(view, "\n")...)...)
	take(Step{Phase: two, Stage: "run done", Run: 1, Runs: 2, Trial: trial, Line: "the first run of two"})
	s.Close()
	s.Close()
	r.Shows("the first run of one", "the first run of two")
}

func TestALineThatIsWiderThanTheTerminalIsWrapped(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 60, 24)
	s := start(r.TTY, Options{Now: newClock().now}, swift)
	word := strings.Repeat("x", 58)
	s.Show(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "stores", Line: word + " " + word + "yz商"})
	shown := newState(Options{Now: newClock().now})
	shown.take(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "stores"})
	r.Shows(append([]string{word, word + "y", "z商"}, strings.Split(shown.view(60, 24), "\n")...)...)
	s.Close()
}

func TestNothingOfTheTerminalIsChanged(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 80, 24)
	s := start(r.TTY, Options{Title: "a suite", Color: true, Now: newClock().now}, swift)
	s.Show(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "start"})
	r.Has("start")
	r.Unchanged()
	s.Close()
	r.Unchanged()
}

// TestTheScreenFollowsTheSizeOfTheTerminal makes a terminal larger and smaller while it is drawn on. A row that was on
// its way with the old size may stay above the screen.
func TestTheScreenFollowsTheSizeOfTheTerminal(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 80, 24)
	s := start(r.TTY, Options{Title: "a suite", Now: newClock().now}, swift)
	shown := newState(Options{Title: "a suite", Now: newClock().now})
	for _, size := range sizes {
		r.Resize(size[0], size[1])
		require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGWINCH))
		r.Ends(strings.Split(shown.view(size[0], size[1]), "\n")...)
	}
	s.Close()
	r.Lacks("so far") // of its first line, which a row that was on its way never is
}

func TestLinesOutliveTheTerminal(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	s := start(write, Options{Now: newClock().now}, swift) // a pipe: neither size nor settings
	require.Eventually(t, s.out.isDrawn.Load, time.Minute, time.Millisecond)
	s.program.Kill()
	<-s.ended
	s.Show(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "stores", Line: "a line"})
	s.Close()
	require.NoError(t, write.Close())
	text, err := io.ReadAll(read)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(text), "a line\n"), "%q", text)
}

func TestTheRunGoesOnWhileTheTerminalIsHeld(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe() // nobody reads, as of a terminal that Ctrl-S holds
	require.NoError(t, err)
	s := start(write, Options{Now: newClock().now}, swift)
	for n := range 20000 {
		s.Show(Step{Phase: suite.Phase{Number: 1 + n%100}, Stage: "stores", Line: strings.Repeat("x", 100)})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Close()
	}()
	_, err = io.Copy(io.Discard, io.LimitReader(read, 20000*100))
	require.NoError(t, err)
	go func() { _, _ = io.Copy(io.Discard, read) }()
	<-done
	require.NoError(t, write.Close())
	require.NoError(t, read.Close())
}

func TestAScreenThatFailsStopsNothing(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 80, 24)
	c := newClock()
	var broken atomic.Bool
	s := start(r.TTY, Options{Now: func() time.Time {
		if broken.Load() {
			panic("no time")
		}
		return c.now()
	}}, swift)
	s.Show(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "start"})
	broken.Store(true) // only the view asks for the time now
	<-s.ended
	broken.Store(false)
	s.Show(Step{Phase: suite.Phase{Number: 1, Name: "p"}, Stage: "stores", Line: "a line"})
	s.Close()
	r.Has("a line")
}
