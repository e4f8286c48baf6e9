package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// column is how one kind of cell is laid out and sorted.
type column struct {
	title string
	right bool
	least int  // width it has at least, so that columns do not dance
	leave int  // narrow screens leave out the highest first; 0 stays
	desc  bool // sorted largest first
	spark bool // drawn from cell.spark, in what room is left; columns that leave at 3 or later make room for least
	fixed bool // cannot be sorted by
	flex  bool // takes what the others leave, and is cut rather than they; one of a table
}

// cell is one value of a row, as it is shown and as it is sorted.
type cell struct {
	text  string // may hold strangers' bytes
	by    float64
	tone  tone
	spark []uint32 // newest first
}

// row is one line of a list.
type row struct {
	id    string // the same at every look
	cells []cell
}

// has reports whether the filter, in lower case, occurs in the row.
func (r *row) has(filter string) bool {
	for i := range r.cells {
		if strings.Contains(strings.ToLower(r.cells[i].text), filter) {
			return true
		}
	}
	return filter == ""
}

// sortRows orders by a column; equal rows stay as they were.
func sortRows(rows []row, columns []column, by int, reverse bool) []row {
	if by < 0 {
		return rows
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b row) int {
		order := cmp.Or(cmp.Compare(a.cells[by].by, b.cells[by].by), cmp.Compare(a.cells[by].text, b.cells[by].text))
		if columns[by].desc != reverse {
			order = -order
		}
		return order
	})
	return rows
}

// gutter is the room for the mark of the chosen row.
const gutter = 2

// leastFlex is how far the flexible column is cut before others are left out.
const leastFlex = 12

// fit is the widths of a table's columns on a screen; 0 leaves a column out.
func fit(columns []column, rows []row, width int, set charset) []int {
	widths := make([]int, len(columns))
	flex := slices.IndexFunc(columns, func(c column) bool { return c.flex })
	for i, c := range columns {
		if c.spark {
			continue
		}
		widths[i] = max(c.least, ansi.StringWidth(c.title)+sortMark)
		for j := range rows {
			widths[i] = max(widths[i], ansi.StringWidth(set.safe(rows[j].cells[i].text)))
		}
	}
	room := width - gutter
	for i, w := range widths {
		if i != flex && w > 0 {
			room -= w + 2
		}
	}
	drop := func(wanted, after int) {
		for room < wanted {
			worst := -1
			for i, c := range columns {
				if widths[i] > 0 && c.leave > after && (worst < 0 || c.leave > columns[worst].leave) {
					worst = i
				}
			}
			if worst < 0 {
				return
			}
			room += widths[worst] + 2
			widths[worst] = 0
		}
	}
	least := min(leastFlex, widths[flex])
	for _, c := range columns {
		if c.spark && c.least > 0 {
			drop(least+2+c.least, 2)
		}
	}
	drop(least, 0)
	widths[flex] = max(1, min(widths[flex], room))
	for i, c := range columns {
		if c.spark {
			widths[i] = sparkWidth(room - widths[flex] - 2)
		}
	}
	return widths
}

// sortMark is the room for the mark beside the title of the sorted column.
const sortMark = 1

// heads returns the line of titles.
func (l *list) heads(widths []int) string {
	var parts []string
	for i, c := range l.columns {
		if widths[i] == 0 {
			continue
		}
		title := c.title
		if i == l.sort {
			title += l.set.pick("▾", "v")
			if c.desc == l.reverse {
				title = c.title + l.set.pick("▴", "^")
			}
		}
		parts = append(parts, l.set.fill(title, widths[i], c.right))
	}
	return strings.Join(parts, "  ")
}

// line returns the row as text of exactly the width.
func (l *list) line(r *row, widths []int, width int, isChosen bool) string {
	mark := strings.Repeat(" ", gutter)
	if isChosen {
		mark = l.set.pick("▸ ", "> ")
	}
	text, used := mark, gutter
	for i, c := range l.columns {
		w := widths[i]
		if w == 0 {
			continue
		}
		if used > gutter {
			text, used = text+"  ", used+2
		}
		content := l.set.safe(r.cells[i].text)
		if c.spark {
			content = l.set.sparkline(r.cells[i].spark, w*len(r.cells[i].spark)/pastSeconds)
			content = strings.Repeat(" ", w-ansi.StringWidth(content)) + content
		}
		content = l.set.fill(content, w, c.right)
		if !isChosen {
			content = r.cells[i].tone.render(content)
		}
		text, used = text+content, used+w
	}
	if used > width {
		return ansi.Truncate(text, width, "")
	}
	if isChosen {
		return chosen.render(text + strings.Repeat(" ", width-used))
	}
	return text
}
