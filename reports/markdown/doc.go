package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nameplate-dev/nameplate/reports/figures"
)

// doc is a report that grows up to a limit. What does not fit is left out as a whole, and named at the end.
type doc struct {
	b     strings.Builder
	limit int      // bytes
	left  []string // what was left out
}

// endRoom is kept free for the line that names what was left out, in bytes.
const endRoom = 240

// add adds a text if there is room for it.
func (d *doc) add(text string) bool {
	if d.b.Len()+len(text) > d.limit-endRoom {
		return false
	}
	d.b.WriteString(text)
	return true
}

// must adds a text, or else names what is missing.
func (d *doc) must(what, text string) {
	if !d.add(text) && !slices.Contains(d.left, what) {
		d.left = append(d.left, what)
	}
}

// String is the report, with what was left out.
func (d *doc) String() string {
	if len(d.left) == 0 {
		return d.b.String()
	}
	between := "\n" // ends a table that the limit cut
	if strings.HasSuffix(d.b.String(), "\n\n") {
		between = ""
	}
	return d.b.String() + between + "Left out here: " + figures.Shorten(strings.Join(d.left, ", "), 160) +
		". The archive has all.\n"
}

// section adds a titled list; nothing without lines.
func (d *doc) section(title string, lines []string) {
	if len(lines) > 0 {
		d.must(strings.ToLower(title), "### "+title+"\n\n"+list(lines)+"\n")
	}
}

// folded adds a list that shows when its title is clicked; nothing without lines.
func (d *doc) folded(title string, lines []string) {
	if len(lines) > 0 {
		d.fold(title, fmt.Sprintf("%s (%d)", title, len(lines)), list(lines))
	}
}

// fold adds a text that shows when its summary is clicked.
func (d *doc) fold(what, summary, text string) {
	d.must(strings.ToLower(what),
		"<details><summary>"+summary+"</summary>\n\n"+strings.TrimRight(text, "\n")+"\n\n</details>\n\n")
}

// list is some lines as a list, not longer than most.
func list(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		if i == most {
			fmt.Fprintf(&b, "- and %d more\n", len(lines)-i)
			break
		}
		fmt.Fprintf(&b, "- %s\n", l)
	}
	return b.String()
}

// row is a row of a table.
func row(cells ...string) string { return "| " + strings.Join(cells, " | ") + " |\n" }
