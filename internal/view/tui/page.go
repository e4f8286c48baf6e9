package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// page is what Enter opens: all about one row, scrolled by keys. It follows
// its row from look to look.
type page struct {
	kind, id string // as in openMsg
	set      charset
	problem  string // of the look or the recording, when the page was opened

	frame  *frame
	ports  watched // of a destination
	zoom   int     // of its map: ports in a cell are a power of two
	offset int
	lines  int // that there were to be shown last
	height int // that were shown last
}

// The pages that are no row's.
const (
	helpPage = "help"
	gapsPage = "not seen"
)

// Update takes a frame, a size or a key.
func (p page) Update(msg tea.Msg) (page, tea.Cmd) {
	switch msg := msg.(type) {
	case *frame:
		p.frame = msg
		if g, _ := msg.group(p.id); p.kind == "DESTINATIONS" {
			p.ports = p.ports.learn(g, msg.report.Snapshot.Taken)
		}
	case pageSizeMsg:
		p.height = msg.height
		p.lines = len(p.compose(msg.width, msg.height).lines)
		p.offset = max(0, min(p.offset, p.lines-p.height))
	case tea.KeyPressMsg:
		return p.key(msg.String()), nil
	}
	return p, nil
}

// pageSizeMsg tells a page how much room it has.
type pageSizeMsg struct{ width, height int }

func (p page) key(key string) page {
	switch key {
	case "+", "=":
		p.zoom = min(p.zoom+1, mostZoom)
	case "-":
		p.zoom = max(p.zoom-1, -mostZoom)
	}
	// A page has no cursor: the keys that move one move the text.
	if to, ok := move(key, p.offset, max(1, p.lines-p.height+1), p.height); ok {
		p.offset = to
	}
	return p
}

// View draws the part of the page that is scrolled to.
func (p page) View(width, height int) string {
	if height < 1 {
		return ""
	}
	s := p.compose(width, height)
	offset := max(0, min(p.offset, len(s.lines)-height))
	end := min(offset+height, len(s.lines))
	lines := s.lines[offset:end]
	if more := len(s.lines) - end; more > 0 && height > 1 {
		rest := fmt.Sprintf("%s %d more lines", p.set.pick("↓", "v"), more+1)
		lines = append(lines[:height-1:height-1], faint.render(p.set.cut(rest, width)))
	}
	return strings.Join(lines, "\n")
}

func (p page) compose(width, height int) *sheet {
	s := &sheet{set: p.set, width: width, height: height}
	switch p.kind {
	case "STATES":
		p.state(s)
	case "FINDINGS":
		p.finding(s)
	case "DESTINATIONS":
		p.destination(s)
	case "OWNERS":
		p.owner(s)
	case helpPage:
		help(s, false)
	case helpPage + " on recordings":
		help(s, true)
	case gapsPage:
		p.gaps(s)
	}
	return s
}

// gaps says what was not seen, and what the reader loses by it.
func (p page) gaps(s *sheet) {
	s.title("NOT SEEN")
	gaps := p.frame.report.Snapshot.Gaps
	if p.problem != "" {
		s.text("- ", p.problem)
	}
	if len(gaps) == 0 && p.problem == "" {
		s.text("", "nothing was hidden from this look")
	}
	for _, g := range gaps {
		s.text("- ", g.String())
		if g.Hint != "" {
			s.text("    $ ", g.Hint)
		}
	}
}

// gone is said of a row that the look does not have any more.
func (s *sheet) gone(what string) {
	s.text("", what+" is not in this look: nothing of it is left, or it is hidden from linger. The page fills again when it comes back.")
}
