package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/nameplate-dev/nameplate/reports"
)

// plainWidth is the width of what is not printed to a terminal.
const plainWidth = 120

// terminalOf returns a writer that is a terminal.
func terminalOf(w io.Writer) (*os.File, bool) {
	f, ok := w.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// screenOf returns standard error where it is a terminal on which a screen can be drawn anew in its place, and where
// somebody may be looking.
func screenOf(c console) (*os.File, bool) {
	f, ok := terminalOf(c.stderr)
	return f, ok && c.getenv("TERM") != "dumb" && c.getenv("CI") == ""
}

// colored reports whether a terminal is to be coloured: unless NO_COLOR is set (no-color.org) or it is dumb.
func colored(c console) bool { return c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb" }

// textOptions suit standard output: as wide as the terminal, and coloured on one.
func textOptions(c console) reports.TextOptions {
	f, ok := terminalOf(c.stdout)
	if !ok {
		return reports.TextOptions{Width: plainWidth}
	}
	o := reports.TextOptions{Width: plainWidth, Color: colored(c)}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		o.Width = width
	}
	return o
}
