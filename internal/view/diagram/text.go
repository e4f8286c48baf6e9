package diagram

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/escape"
)

// page is what Text writes.
type page struct {
	Options
	b strings.Builder
}

// wrap writes a paragraph.
func (p *page) wrap(text string) {
	for _, line := range escape.Fold(escape.Text(text, p.Unicode), max(16, min(p.Width, 100))) {
		p.b.WriteString(line + "\n")
	}
}

func (p *page) intro() {
	if p.Title != "" {
		p.wrap(p.Title)
		p.b.WriteString("\n")
	}
	for _, text := range p.Intro {
		p.wrap(text)
		p.b.WriteString("\n")
	}
}

func (p *page) figure(f figure) {
	switch {
	case f.states == 0:
		return
	case p.Width < gridWidth:
		p.wrap(fmt.Sprintf("The figure needs %d columns; here is its table.", gridWidth))
		p.b.WriteString("\n")
		return
	}
	g := grid{unicode: p.Unicode}
	g.draw(f)
	p.b.WriteString(g.String())
	p.b.WriteString("\n" + g.key(f) + "\n")
	if left := f.omitted(); left != "" {
		p.b.WriteString("\n")
		p.wrap(left)
	}
	p.b.WriteString("\n")
}

// omitted says what the figure leaves out.
func (f figure) omitted() string {
	if len(f.rest) == 0 {
		return ""
	}
	var counts [stays + 1]int
	for _, t := range f.rest {
		counts[why(t)]++
	}
	var parts []string
	say := func(r reason, words string) {
		if counts[r] > 0 {
			parts = append(parts, fmt.Sprintf("%s (%d)", words, counts[r]))
		}
	}
	say(early, "early ends of a connection, by a reset, a SYN out of place, an abort or a time-out")
	say(skips, "ends of the handshake that go further in the same step")
	say(stays, "what a state answers, or ignores, and stays")
	say(drawn, "moves for which there is no room")
	return "No arrows of the figure are: " + strings.Join(parts, "; ") + "."
}

// The widest that the columns before the last get where there is no room for
// all, and the blanks before and between columns.
const (
	eventCells = 26
	sendsCells = 7
	nextCells  = 11

	indent, gap = 1, 2
)

// table writes all transitions, by state.
func (p *page) table(transitions []tcp.Transition) {
	if len(transitions) == 0 {
		p.wrap(nothingWords)
		return
	}
	p.wrap("All transitions. Nothing under next: the state stays. Sections are of RFC 9293 unless another name is there. " +
		"Where an event has several rows, it depends on what went before.")
	var order []tcp.State
	by := map[tcp.State][][]string{}
	for _, t := range transitions {
		if !slices.Contains(order, t.From) {
			order = append(order, t.From)
		}
		by[t.From] = append(by[t.From], cells(t))
	}
	for _, s := range order {
		p.b.WriteString("\n" + s.String() + "\n")
		rows := append([][]string{{"event", "sends", "next", "section"}}, by[s]...)
		widths := p.widths(rows)
		for _, row := range rows {
			p.row(row, widths)
		}
	}
}

func cells(t tcp.Transition) []string {
	next := ""
	if t.To != t.From {
		next = t.To.String()
	}
	return []string{t.Event, sends(t, " "), next, strings.TrimPrefix(t.Section, "RFC 9293 ")}
}

// widths are those of the columns of a state.
func (p *page) widths(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	all := indent
	for i := range widths {
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(escape.Text(row[i], p.Unicode)))
		}
		all += widths[i] + gap
	}
	if all-gap <= p.Width {
		return widths
	}
	last, left := len(widths)-1, p.Width-indent
	for i, limit := range []int{eventCells, sendsCells, nextCells} {
		widths[i] = min(widths[i], limit)
		left -= widths[i] + gap
	}
	widths[last] = max(8, left)
	return widths
}

// row writes cells side by side, each folded into its column.
func (p *page) row(row []string, widths []int) {
	folded := make([][]string, len(row))
	height := 0
	for i, cell := range row {
		folded[i] = escape.Fold(escape.Text(cell, p.Unicode), widths[i])
		height = max(height, len(folded[i]))
	}
	for y := range height {
		line := strings.Repeat(" ", indent)
		for i, width := range widths {
			cell := ""
			if y < len(folded[i]) {
				cell = folded[i][y]
			}
			line += cell + strings.Repeat(" ", width-utf8.RuneCountInString(cell)+gap)
		}
		p.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
