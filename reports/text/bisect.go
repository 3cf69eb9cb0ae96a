package text

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/regress/bisect"
)

// Bisect writes which commit made a figure worse, and what that rests on.
func Bisect(out io.Writer, f bisect.Finding) error {
	switch n := len(f.Suspects); n {
	case 0:
		fmt.Fprintf(out, "not found: %s\n", f.Why)
	case 1:
		for _, one := range f.Commits {
			if one.Commit == f.Suspects[0] {
				fmt.Fprintf(out, "first bad commit: %.12s %s\n%s\n", one.Commit, one.Subject, f.Why)
			}
		}
	default:
		fmt.Fprintf(out, "one of %d commits, %.12s to %.12s: %s\n", n, f.Suspects[0], f.Suspects[n-1], f.Why)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nCOMMIT\tSTATE\tRATIO TO GOOD\tPAIRS\tSUBJECT\n")
	for _, one := range f.Commits {
		ratio := ""
		if one.Pairs > 0 {
			ratio = fmt.Sprintf("%.3f", one.Ratio)
		}
		fmt.Fprintf(w, "%.12s\t%s\t%s\t%d\t%s\n", one.Commit, one.State, ratio, one.Pairs, one.Subject)
	}
	return w.Flush()
}
