package text

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
	"github.com/nameplate-dev/nameplate/harness/suite"
)

// Widths prints how narrow the intervals of CPU per request have become, by phase; nothing where no pairs were made.
func Widths(out io.Writer, p compare.Pairs) error {
	if len(p.Widths) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "\nCPU PER REQUEST\tPAIRS\tTURNS\tHALF-WIDTH")
	if p.Within > 0 {
		fmt.Fprintf(w, "\tMORE PAIRS FOR ±%v", suite.Share(p.Within))
	}
	for _, one := range p.Widths {
		turn, half, more := "–", "–", "–"
		if one.Turn > 0 {
			turn = one.Turn.String()
		}
		if one.Half > 0 {
			half = fmt.Sprintf("±%.1f %%", 100*one.Half)
		}
		if one.More > 0 {
			more = fmt.Sprintf("about %d", one.More)
		}
		fmt.Fprintf(w, "\nphase %d\t%d\t%s\t%s", one.Phase, one.Pairs, turn, half)
		if p.Within > 0 {
			fmt.Fprintf(w, "\t%s", more)
		}
	}
	fmt.Fprintln(w)
	if err := w.Flush(); err != nil {
		return err
	}
	inTurns := func(w compare.Width) bool { return w.Turn > 0 }
	if slices.ContainsFunc(p.Widths, inTurns) {
		fmt.Fprintln(out, "In turns base and head are loaded by half: req/s is half of the rate.")
	}
	if p.Spent {
		fmt.Fprintln(out, "the budget of time ended before there were pairs enough")
	}
	return nil
}
