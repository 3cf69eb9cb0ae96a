package main

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/nameplate-dev/nameplate/reports"
)

// plainWidth is the width of what is not printed to a terminal.
const plainWidth = 120

// terminalOf returns the descriptor of a writer that is a terminal.
func terminalOf(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	return int(f.Fd()), true
}

// textOptions suit standard output: as wide as the terminal, coloured on a terminal unless
// NO_COLOR is set (no-color.org) or the terminal is dumb.
func textOptions(c console) reports.TextOptions {
	fd, ok := terminalOf(c.stdout)
	if !ok {
		return reports.TextOptions{Width: plainWidth}
	}
	o := reports.TextOptions{Width: plainWidth, Color: c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb"}
	if width, _, err := term.GetSize(fd); err == nil {
		o.Width = width
	}
	return o
}
