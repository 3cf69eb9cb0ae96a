package text

import (
	"slices"
	"strings"
)

const (
	columnGap = 2  // between columns
	leastWhy  = 24 // columns that the last column must have to stand in the table
	leastCell = 6  // no column is made narrower
	mostLines = 4  // of a reason; the rest stands in the archive
)

// table is rows of cells, the last of which is running text. Where it does not find
// enough room beside the others it stands below its row.
type table struct {
	head []string
	rows []row
}

type row struct {
	cells   []string
	paint   []style // of each cell
	obvious bool    // the last cell tells nothing new: left out where it would stand below
}

// layout is the widths of a table's columns, so that several tables can share them.
type layout struct {
	widths []int
	beside bool // the last column stands beside the others
}

// fit finds the widths for tables that are to be aligned, within width columns.
func fit(width int, tables ...table) layout {
	var natural []int
	for _, t := range tables {
		for _, cells := range append([][]string{t.head}, cellsOf(t.rows)...) {
			for i, c := range cells {
				if i == len(natural) {
					natural = append(natural, 0)
				}
				natural[i] = max(natural[i], columns(c))
			}
		}
	}
	last := len(natural) - 1
	fixed := natural[:last]
	if rest := width - sum(fixed) - columnGap*last; rest >= leastWhy {
		return layout{append(slices.Clone(fixed), rest), true}
	}
	widths := slices.Clone(fixed)
	for sum(widths)+columnGap*(last-1) > width { // cells of the widest column wrap
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= leastCell {
			break
		}
		widths[i]--
	}
	return layout{append(widths, width-4), false}
}

func cellsOf(rows []row) [][]string {
	var all [][]string
	for _, r := range rows {
		all = append(all, r.cells)
	}
	return all
}

func sum(widths []int) int {
	n := 0
	for _, w := range widths {
		n += w
	}
	return n
}

// write renders the table.
func (t table) write(p *printer, l layout) {
	head := t.head
	if !l.beside {
		head = head[:len(head)-1]
	}
	p.row(head, slices.Repeat([]style{dim}, len(head)), l.widths)
	for _, r := range t.rows {
		last := len(r.cells) - 1
		if l.beside {
			p.row(r.cells, r.paint, l.widths)
			continue
		}
		p.row(r.cells[:last], r.paint, l.widths)
		if why := r.cells[last]; why != "" && !r.obvious {
			for _, text := range shorten(wrap(why, l.widths[last]), mostLines, l.widths[last]) {
				p.line(plain, "    "+text)
			}
		}
	}
}

// row prints one row, on as many lines as its longest cell needs.
func (p *printer) row(cells []string, paint []style, widths []int) {
	var wrapped [][]string
	lines := 1
	for i, c := range cells {
		w := shorten(wrap(c, widths[i]), mostLines, widths[i])
		wrapped = append(wrapped, w)
		lines = max(lines, len(w))
	}
	for n := range lines {
		var b strings.Builder
		for i := range cells {
			text := ""
			if n < len(wrapped[i]) {
				text = wrapped[i][n]
			}
			b.WriteString(p.paint(paint[i], text))
			if i < len(cells)-1 {
				b.WriteString(strings.Repeat(" ", max(0, widths[i]-columns(text))+columnGap))
			}
		}
		p.printf("%s\n", strings.TrimRight(b.String(), " "))
	}
}
