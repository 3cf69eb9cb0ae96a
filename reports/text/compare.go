package text

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/harness/regress/compare"
)

// Comparison prints a comparison as a table, the changes first, then what stands on one side only, the widths that
// the pairs reached, and the counts.
func Comparison(out io.Writer, r compare.Report, pairs compare.Pairs, only []string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "OUTCOME\tBENCHMARK\tUNIT\tHEAD/BASE\tINTERVAL\tRUNS\tWHY\n")
	for _, outcome := range []compare.Outcome{compare.Regress, compare.Improve, compare.CannotTell, compare.Same} {
		for _, c := range r.Changes {
			if c.Outcome != outcome {
				continue
			}
			ratio, interval := "", ""
			if c.Ratio > 0 {
				ratio, interval = fmt.Sprintf("%.3f", c.Ratio), fmt.Sprintf("%.3f–%.3f", c.Low, c.High)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d+%d\t%s\n",
				c.Outcome, c.Benchmark, c.Unit, ratio, interval, len(c.Base), len(c.Head), c.Why)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, name := range only {
		fmt.Fprintf(out, "only on one side: %s\n", name)
	}
	if err := Widths(out, pairs); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%d series: %d regress, %d improve, %d same, %d cannot tell\n", len(r.Changes),
		r.Count(compare.Regress), r.Count(compare.Improve), r.Count(compare.Same), r.Count(compare.CannotTell))
	return err
}
