package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/linger-dev/linger/internal/evidence"
)

// sheet collects the lines of a page. Text is escaped on the way in, so that
// no caller can forget it.
type sheet struct {
	set           charset
	width, height int
	lines         []string
}

// title writes the head of the page.
func (s *sheet) title(text string) {
	s.lines = append(s.lines, heading.render(s.set.fill(s.set.safe(text), s.width, false)))
}

// section writes the head of a part.
func (s *sheet) section(text string) {
	s.lines = append(s.lines, strong.render(s.set.cut(s.set.safe(text), s.width)))
}

func (s *sheet) blank() { s.lines = append(s.lines, "") }

// text writes text after first, which must be safe, and indents as far where
// it goes on.
func (s *sheet) text(first, text string) { s.toned(plain, first, text) }

func (s *sheet) toned(t tone, first, text string) {
	indent := ansi.StringWidth(first)
	if indent > s.width/2 {
		first, indent = "", 0
	}
	for i, line := range s.set.fold(text, s.width-indent) {
		if i > 0 {
			first = strings.Repeat(" ", indent)
		}
		s.lines = append(s.lines, t.render(s.set.cut(strings.TrimRight(first+line, " "), s.width)))
	}
}

// raw writes a drawing that is safe.
func (s *sheet) raw(line string) { s.lines = append(s.lines, s.set.cut(line, s.width)) }

// fact writes a labelled text.
func (s *sheet) fact(label, text string) {
	const labels = 12
	s.text(s.set.fill(label, labels, false), text)
}

// table writes rows as a list does, without a cursor.
func (s *sheet) table(columns []column, rows []row) {
	l := list{columns: columns, rows: rows, set: s.set, sort: -1}
	s.lines = append(s.lines, strings.Split(l.View(s.width, len(rows)+1, false), "\n")...)
}

// minute draws when the TIME_WAIT sockets of m were made, which is also when
// they end: a socket that entered 50 s ago has 10 s to go.
func (s *sheet) minute(m *evidence.Minute) {
	const indent = 12
	w := sparkWidth(s.width - indent)
	if w == 0 || m.Total() == 0 {
		return
	}
	var most uint32
	for _, n := range m.Age {
		most = max(most, n)
	}
	pad := strings.Repeat(" ", indent)
	s.raw(s.set.fill("TIME_WAIT", indent, false) + s.set.sparkline(m.Age[:], w))
	scale := func(left, right string) {
		s.raw(pad + left + strings.Repeat(" ", max(1, w-len(left)-len(right))) + right)
	}
	if w >= 30 {
		scale("closed 60 s ago", "closed now")
		scale("ends now", "ends in 60 s")
	} else {
		scale("60 s", "now")
	}
}
