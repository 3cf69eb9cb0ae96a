package text

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/reports/schema"
)

// Hotspots writes where two builds spend their processor time differently.
func Hotspots(out io.Writer, all []schema.Profiled) error {
	for _, p := range all {
		if p.Missing != "" {
			fmt.Fprintf(out, "\nphase %d: no profiles to compare: %s\n", p.Phase, p.Missing)
			continue
		}
		fmt.Fprintf(out, "\nphase %d: sampled processor time per request, by function (%d and %d samples)\n",
			p.Phase, p.BaseSamples, p.HeadSamples)
		if len(p.Functions) == 0 {
			fmt.Fprintln(out, "no function differs by more than chance explains")
			continue
		}
		if err := functions(out, p.Functions); err != nil {
			return err
		}
	}
	return nil
}

// functions writes a table of functions that take more processor time in one build than in the other.
func functions(out io.Writer, all []schema.Function) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "BASE\tHEAD\tCHANGE\t  FUNCTION\n")
	for _, f := range all {
		name := shortName(f.Function)
		if f.Under != "" && f.Under != f.Function {
			name += " under " + shortName(f.Under)
		}
		fmt.Fprintf(w, "%.1f µs\t%.1f µs\t%+.1f µs\t  %s\n", f.Base/1000, f.Head/1000, (f.Head-f.Base)/1000, name)
	}
	return w.Flush()
}

// shortName leaves out the path before a function's package.
func shortName(function string) string { return function[strings.LastIndex(function, "/")+1:] }
