package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
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
	p.b.WriteString(strings.TrimRight(escape(fmt.Sprintf(format, args...), p.opt.Unicode), " "))
	p.b.WriteByte('\n')
}

// wrap writes text in lines of at most the page's width, the first after
// first, the others indented as far. A word longer than that is not broken.
func (p *page) wrap(first, text string) {
	indent := utf8.RuneCountInString(first)
	line := first
	empty := true
	// Words are what blanks separate; a line break from a stranger is no
	// blank but is escaped.
	for word := range strings.SplitSeq(escape(text, p.opt.Unicode), " ") {
		if word == "" {
			continue
		}
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > p.width {
			p.b.WriteString(line + "\n")
			line, empty = strings.Repeat(" ", indent), true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// table is rows of cells; columns are as wide as their widest cell.
type table struct {
	right []bool // right-aligned columns
	rows  [][]string
}

// print writes the table, each line after indent, columns two blanks apart.
func (p *page) print(t table, indent string) {
	widths := t.widths(p.opt.Unicode)
	for _, row := range t.rows {
		line := indent
		for i, cell := range row {
			cell = escape(cell, p.opt.Unicode)
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line += "  "
			}
			if t.right[i] {
				line += pad + cell
			} else {
				line += cell + pad
			}
		}
		p.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

func (t *table) widths(allowUnicode bool) []int {
	widths := make([]int, len(t.right))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(escape(cell, allowUnicode)))
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
	for _, w := range []int{60, 30, 20, 10} {
		if w <= room {
			return w
		}
	}
	return 0
}
