// Package hgrm writes the distribution of a phase's response times as HdrHistogram's text, which its plotter
// (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html) and others read.
package hgrm

import (
	"fmt"
	"io"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// Write writes the distribution of a run of which one phase has samples.
func Write(w io.Writer, r *figures.Report) error {
	var with []figures.Phase
	for _, p := range r.Phases {
		if Has(p) {
			with = append(with, p)
		}
	}
	if len(with) != 1 {
		return fmt.Errorf("write hgrm: %s of the run with samples, and a text holds one; report --write writes "+
			"percentiles/phase-N.hgrm for each", figures.Plural(len(with), "phase"))
	}
	return WritePhase(w, r, with[0])
}

// Has reports whether a run of the phase that counts has samples.
func Has(p figures.Phase) bool { return p.Pool != nil && p.Pool.Window.Response.Count() > 0 }

// WritePhase writes the distribution of a phase that has samples: the response times, in milliseconds, of all runs that
// count, merged. What they are stands at the end, where a plotter sees a comment.
func WritePhase(w io.Writer, r *figures.Report, p figures.Phase) error {
	if err := p.Pool.Window.Response.WritePercentiles(w); err != nil {
		return fmt.Errorf("write hgrm: %w", err)
	}
	unsent := ""
	if n := p.Pool.Window.Unsent; n > 0 {
		unsent = fmt.Sprintf("; %s requests were never sent and are not among them", figures.Count(n))
	}
	_, err := fmt.Fprintf(w, "#[Response times in ms from the scheduled send, %s, %s of run %s together%s]\n",
		p.Label(), figures.Plural(p.Counted(), "run"), figures.Clean(r.Run.ID), unsent)
	if err != nil {
		return fmt.Errorf("write hgrm: %w", err)
	}
	return nil
}
