package config

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// empty stands for a default of "".
const empty = "(empty)"

// Help writes the table for a terminal.
func Help(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range Variables {
		fmt.Fprintf(t, "  %s\t%s\n\t  allowed: %s; default: %s\n", v.Name, v.Meaning, v.Allowed,
			cmp.Or(v.Default, empty))
	}
	return t.Flush()
}

// Markdown returns the table for a document.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Variable | Default | Allowed | Meaning |\n|---|---|---|---|\n")
	for _, v := range Variables {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", v.Name, cmp.Or(v.Default, empty), v.Allowed, v.Meaning)
	}
	return b.String()
}
