package text

import (
	"fmt"
	"strings"

	"github.com/linger-dev/linger/internal/view/escape"
)

// page collects lines. Everything that goes into it is escaped on the way, so
// no caller can forget it; colour is added after.
type page struct {
	b     strings.Builder
	width int
	opt   Options
}

// line writes one line without breaking it: headings, commands.
func (p *page) line(format string, args ...any) {
	p.b.WriteString(strings.TrimRight(escape.Text(fmt.Sprintf(format, args...), p.opt.Unicode), " "))
	p.b.WriteByte('\n')
}

// wrap writes text in lines of at most the page's width, the first after
// first, which must be safe, the others indented as far.
func (p *page) wrap(first, text string) {
	indent := strings.Repeat(" ", escape.Cells(first))
	room := max(p.width-len(indent), 16) // a narrow terminal breaks lines by itself
	for i, line := range escape.Fold(escape.Text(text, p.opt.Unicode), room) {
		if i > 0 {
			first = indent
		}
		p.b.WriteString(strings.TrimRight(first+line, " ") + "\n")
	}
}

// table is rows of cells; columns are as wide as their widest cell. The last
// column is aligned left.
type table struct {
	right []bool // right-aligned columns
	rows  [][]string
}

// print writes the table, each line after indent, columns two blanks apart.
// The last column is wrapped if it is too wide.
func (p *page) print(t table, indent string) {
	widths := t.widths(p.opt.Unicode)
	for _, row := range t.rows {
		line := indent
		last := len(row) - 1
		for i, cell := range row[:last] {
			cell = escape.Text(cell, p.opt.Unicode)
			pad := strings.Repeat(" ", widths[i]-escape.Cells(cell))
			if t.right[i] {
				line += pad + cell + "  "
			} else {
				line += cell + pad + "  "
			}
		}
		p.wrap(line, row[last])
	}
}

func (t *table) widths(allowUnicode bool) []int {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], escape.Cells(escape.Text(cell, allowUnicode)))
		}
	}
	return widths
}

// spare returns how many characters a further column could have beside t.
func (p *page) spare(t table, indent string) int {
	n := p.width - len(indent)
	for _, w := range t.widths(p.opt.Unicode) {
		n -= w + 2
	}
	return n
}

// sparkWidth returns the widest readable sparkline that fits, or 0.
func sparkWidth(room int) int {
	for _, w := range []int{60, 30, 20, 15, 10} {
		if w <= room {
			return w
		}
	}
	return 0
}
