package text

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/nameplate-dev/nameplate/reports/schema"
)

// Stores writes which stores a machine offers.
func Stores(out io.Writer, all []schema.Store) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STORE\tPROVIDER\tWHAT\tSTART\tFROM TEMPLATE\tREMARK")
	for _, o := range all {
		what, remark := o.Product+" "+o.Version, o.Image
		if !o.Offered {
			what, remark = "not offered", o.Reason
		}
		start, warm := inMilliseconds(o.Start), inMilliseconds(o.Warm)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.Kind, o.Provider, what, start, warm, remark)
	}
	return w.Flush()
}

func inMilliseconds(ms *float64) string {
	if ms == nil {
		return ""
	}
	return fmt.Sprintf("%.0f ms", *ms)
}
