package text

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/view/escape"
)

// column is a column of a table whose lines come one after another, so that
// its width must be fixed before the first. T is what a line is about.
type column[T any] struct {
	title string
	least int // characters that it must have to be shown
	most  int // that it can use; 0: as least
	rank  int // the column of the lowest rank is the last to be dropped
	right bool
	// cell returns the text, which may come from strangers. A text that is
	// longer than room is cut by the line, unless cell can do it better.
	cell func(p *page, of *T, room int) string
}

// mostWhole keeps the lines short where nothing is cut: what is rarely longer
// than least then moves the rest of its line.
const mostWhole = 27

// fit drops the columns that have no room in width, by rank, and gives what is
// left over to those that can use it. A width of 0 or less has room for all.
func fit[T any](all []column[T], width int) []column[T] {
	if width <= 0 {
		for i := range all {
			if most := all[i].most; most <= mostWhole {
				all[i].least = max(most, all[i].least)
			}
		}
		return all
	}
	byRank := slices.Clone(all)
	slices.SortStableFunc(byRank, func(a, b column[T]) int { return a.rank - b.rank })
	left := width + 1 // the last column has no blank after it
	shown := map[string]int{}
	for i, c := range byRank {
		if left -= c.least + 1; left < 0 && i > 0 {
			left += c.least + 1
			byRank = byRank[:i]
			break
		}
		shown[c.title] = min(c.least, width)
	}
	for _, c := range byRank {
		more := min(max(left, 0), max(c.most-c.least, 0))
		shown[c.title] += more
		left -= more
	}
	var fitted []column[T]
	for _, c := range all {
		if w, ok := shown[c.title]; ok {
			c.least = w
			fitted = append(fitted, c)
		}
	}
	return fitted
}

// head writes the titles.
func head[T any](p *page, columns []column[T], cut bool) {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.title
	}
	row(p, columns, cells, cut)
}

// show writes one line.
func show[T any](p *page, columns []column[T], of *T, cut bool) {
	cells := make([]string, len(columns))
	for i, c := range columns {
		room := c.least
		if !cut {
			room = 0
		}
		cells[i] = c.cell(p, of, room)
	}
	row(p, columns, cells, cut)
}

func row[T any](p *page, columns []column[T], cells []string, cut bool) {
	var line strings.Builder
	for i, c := range columns {
		cell := escape.Text(cells[i], p.opt.Unicode)
		if cut {
			cell = p.cutEnd(cell, c.least)
		}
		pad := strings.Repeat(" ", max(c.least-utf8.RuneCountInString(cell), 0))
		switch {
		case c.right:
			cell = pad + cell
		case i < len(columns)-1:
			cell += pad
		}
		if i > 0 {
			line.WriteByte(' ')
		}
		line.WriteString(cell)
	}
	p.b.WriteString(line.String() + "\n")
}

// cutEnd and cutMiddle shorten safe text to room characters, and mark what is
// left out. A room of 0 is no limit.
func (p *page) cutEnd(s string, room int) string {
	if room <= 0 || utf8.RuneCountInString(s) <= room {
		return s
	}
	mark := p.dots()
	keep := max(room-utf8.RuneCountInString(mark), 0)
	return string([]rune(s)[:keep]) + string([]rune(mark)[:room-keep])
}

func (p *page) cutMiddle(s string, room int) string {
	runes := []rune(s)
	mark := p.dots()
	keep := room - utf8.RuneCountInString(mark)
	if room <= 0 || len(runes) <= room || keep < 2 {
		return s
	}
	return string(runes[:keep/2]) + mark + string(runes[len(runes)-(keep+1)/2:])
}
