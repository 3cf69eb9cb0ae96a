// Package terminaltest is a terminal for tests: a pseudo-terminal, with an emulator that tells what somebody would see.
package terminaltest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// hangTimeout bounds waits that only a fault can make long.
const hangTimeout = 5 * time.Minute

// Terminal is a terminal of a test's own.
type Terminal struct {
	TTY *os.File // what a program takes for its terminal

	t        *testing.T
	keys     *os.File
	before   *term.State
	mu       sync.Mutex
	emulator *vt.Emulator
	raw      strings.Builder
}

// New opens a terminal of so many columns and rows, until the test ends. The test is skipped where there are none.
func New(t *testing.T, width, height int) *Terminal {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal: %v", err)
	}
	r := &Terminal{TTY: tty, t: t, keys: keys, emulator: vt.NewEmulator(width, height)}
	require.NoError(t, pty.Setsize(tty, size(width, height)))
	r.before = r.state()
	var reading sync.WaitGroup
	reading.Go(r.read)
	t.Cleanup(func() {
		_ = tty.Close()
		_ = keys.Close()
		reading.Wait()
	})
	return r
}

func size(width, height int) *pty.Winsize {
	return &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}
}

func (r *Terminal) state() *term.State {
	r.t.Helper()
	state, err := term.GetState(int(r.TTY.Fd()))
	require.NoError(r.t, err)
	return state
}

func (r *Terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := r.keys.Read(buf)
		r.mu.Lock()
		r.raw.Write(buf[:n])
		_, _ = r.emulator.Write(buf[:n])
		r.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Resize makes the terminal larger or smaller. A process whose terminal it is not is not told.
func (r *Terminal) Resize(width, height int) {
	r.t.Helper()
	r.mu.Lock()
	r.emulator.Resize(width, height)
	r.mu.Unlock()
	require.NoError(r.t, pty.Setsize(r.TTY, size(width, height)))
}

// Own makes it the terminal of a command that is not started yet, and its standard input.
func (r *Terminal) Own(c *exec.Cmd) {
	c.Stdin, c.SysProcAttr = r.TTY, &syscall.SysProcAttr{Setsid: true, Setctty: true}
}

// Interrupt types Ctrl-C.
func (r *Terminal) Interrupt() {
	r.t.Helper()
	_, err := r.keys.Write([]byte{3})
	require.NoError(r.t, err)
}

// Lines are what the terminal shows, after what has scrolled off its top.
func (r *Terminal) Lines() (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.emulator.Scrollback().Lines() {
		lines = append(lines, strings.TrimRight(l.String(), " "))
	}
	for l := range strings.SplitSeq(r.emulator.String(), "\n") {
		lines = append(lines, strings.TrimRight(l, " \r"))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// String is what the terminal shows, for messages.
func (r *Terminal) String() string { return strings.Join(r.Lines(), "\n") }

// Written is all that was written to the terminal.
func (r *Terminal) Written() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raw.String()
}

// Shows waits until the terminal shows these lines, and nothing else.
func (r *Terminal) Shows(want ...string) {
	r.t.Helper()
	r.await(func(lines []string) bool { return slices.Equal(lines, want) }, strings.Join(want, "\n"))
}

// Ends waits until these lines are the last ones on the terminal.
func (r *Terminal) Ends(want ...string) {
	r.t.Helper()
	r.await(func(lines []string) bool {
		return len(lines) >= len(want) && slices.Equal(lines[len(lines)-len(want):], want)
	}, strings.Join(want, "\n"))
}

// Has waits until a line on the terminal contains a text.
func (r *Terminal) Has(text string) {
	r.t.Helper()
	r.await(func(lines []string) bool {
		return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) })
	}, text)
}

// Lacks waits until no line on the terminal contains a text.
func (r *Terminal) Lacks(text string) {
	r.t.Helper()
	r.await(func(lines []string) bool {
		return !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) })
	}, "no line with "+text)
}

func (r *Terminal) await(is func(lines []string) bool, want string) {
	r.t.Helper()
	for deadline := time.Now().Add(hangTimeout); !is(r.Lines()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			require.Fail(r.t, "not on the terminal", "want:\n%s\n\nshown:\n%s", want, r)
		}
	}
}

// Unchanged fails the test when the terminal's settings are others than they were, when its cursor is hidden, or when
// the alternate screen was shown, a question was asked whose answer would come as keys, or keys were to come otherwise.
func (r *Terminal) Unchanged() {
	r.t.Helper()
	assert.Equal(r.t, r.before, r.state())
	text := r.Written()
	assert.LessOrEqual(r.t, strings.LastIndex(text, ansi.ResetModeTextCursorEnable),
		strings.LastIndex(text, ansi.SetModeTextCursorEnable), "the cursor is hidden")
	for _, sequence := range []string{
		ansi.SetModeAltScreenSaveCursor, ansi.SetModeBracketedPaste, ansi.RequestModeSynchronizedOutput,
		ansi.RequestModeUnicodeCore, ansi.RequestKittyKeyboard, ansi.SetModifyOtherKeys2,
		ansi.RequestPrimaryDeviceAttributes,
	} {
		assert.NotContains(r.t, text, sequence)
	}
}
