package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nameplate-dev/nameplate/harness/run"
	"github.com/nameplate-dev/nameplate/harness/suite"
	"github.com/nameplate-dev/nameplate/reports/screen/terminaltest"
)

// onTerminal starts the command with its standard error on a terminal of its own, and its output elsewhere.
func onTerminal(t *testing.T, r *terminaltest.Terminal, args ...string) *command {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &command{Cmd: exec.Command(self, args...), out: t.TempDir()}
	c.Args = append([]string{self, args[0], "--out", c.out}, args[1:]...)
	c.Env = append(os.Environ(), asCommand+"=1", "TERM=xterm-256color", "CI=", "NO_COLOR=")
	r.Own(c.Cmd)
	c.Stdout, c.Stderr = &c.stdout, r.TTY
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

func TestAnInterruptedScreenLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	c := onTerminal(t, r, "verify", "--phase", "1", "--runs", "6", "--duration", "30s", "--warmup", "0s")
	r.Has("run 1 of 6, measure")
	r.Has("workers  1 of 1")
	ids := c.started(t, 1)
	r.Interrupt()
	status, _ := exitStatus(c.Wait())
	assert.Equal(t, "130", status, "%s", r)
	allGone(t, ids)
	r.Unchanged()
	assert.Contains(t, c.stdout.String(), "interrupted before the plan was done")
	assert.NotContains(t, c.stdout.String(), "\x1b", "standard output is no terminal")
	r.Has("archive: " + c.out)
}

// ignored says whether interrupts are, as after nohup, or in the background of a script. A command that a test has run
// in this process hides it.
var ignored = signal.Ignored(os.Interrupt)

func TestASecondInterruptEndsTheScreenAtOnce(t *testing.T) {
	if ignored {
		t.Skip("who started the tests has interrupts ignored, and what they start inherits it")
	}
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	told := filepath.Join(t.TempDir(), "told")
	c := onTerminal(t, r, "load", "--rate", "10", "--duration", "300s", "--runs", "1", "--ready-line", "ready", "--",
		"sh", "-c", `trap "" INT; trap "touch `+told+`" TERM; echo ready; while :; do sleep 0.1; done`)
	r.Has("measure")
	ids := c.started(t, 1)
	r.Interrupt()
	// It has 10 s from here until it is killed, and the harness ends by itself.
	require.Eventually(t, func() bool { _, err := os.Stat(told); return err == nil }, hangTimeout, time.Millisecond)
	r.Interrupt()
	_ = c.Wait()
	ended, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, ok)
	assert.True(t, ended.Signaled() && ended.Signal() == syscall.SIGINT, "%v: %s", c.ProcessState, r)
	allGone(t, ids)
	r.Unchanged()
}

func TestAnInterruptIsToldOnTheScreen(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	ctx, interrupt := context.WithCancel(t.Context())
	env := map[string]string{"TERM": "xterm-256color"}
	p := newProgress(r.TTY, false)
	p.begin(console{ctx, nil, nil, r.TTY, func(name string) string { return env[name] }},
		run.Config{Suite: suite.Builtin(), Now: time.Now})
	interrupt()
	r.Has("interrupted: the system stops")
	p.finish()
	r.Unchanged()
}

func TestTheScreenGoesWhenTheRunEnds(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	c := onTerminal(t, r, "verify", "--phase", "1", "--runs", "1", "--duration", "1s", "--warmup", "1s", "--json")
	status, _ := exitStatus(c.Wait())
	assert.Equal(t, "3", status, "one run gives no verdict: %s", r)
	r.Has("report:  " + c.out)
	r.Unchanged()
	assert.Contains(t, r.Lines()[0], "phase 1 development, run 1 of 1: offered 100 req/s, achieved ")
	assert.NotContains(t, r.String(), "workers  1 of 1", "nothing is left of the screen")
	assert.True(t, bytes.HasPrefix(c.stdout.Bytes(), []byte("{")))
}

func TestAnErrorIsToldBelowWhereTheScreenWas(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	c := onTerminal(t, r, "load", "--rate", "10", "--duration", "5s", "--runs", "1", "--", "sh", "-c", "exit 7")
	assert.Error(t, c.Wait())
	r.Has("nameplate: ")
	r.Unchanged()
}

func TestAScreenNeedsATerminalThatSomebodyMayLookAt(t *testing.T) {
	t.Parallel()
	r := terminaltest.New(t, 100, 30)
	for _, row := range []struct {
		name   string
		stderr io.Writer
		env    map[string]string
		want   bool
	}{
		{"a terminal", r.TTY, map[string]string{"TERM": "xterm"}, true},
		{"a dumb terminal", r.TTY, map[string]string{"TERM": "dumb"}, false},
		{"a terminal of a CI", r.TTY, map[string]string{"TERM": "xterm", "CI": "true"}, false},
		{"a buffer", &bytes.Buffer{}, nil, false},
	} {
		c := console{context.Background(), nil, nil, row.stderr, func(name string) string { return row.env[name] }}
		_, got := screenOf(c)
		assert.Equal(t, row.want, got, row.name)
	}
}
