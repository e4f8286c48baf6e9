package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// list is a pane: a table with one chosen row, which stays chosen when the
// rows move.
type list struct {
	name    string
	columns []column
	build   func(*frame) []row
	nothing string // said instead of rows
	whole   bool   // the filter does not concern it
	set     charset

	rows    []row // sorted and filtered
	all     []row // in the order of build
	filter  string
	sort    int // index of a column; -1 is the order of build
	reverse bool
	at      int
	id      string // of the row at
	height  int    // rows that were shown last, for the keys that turn a page
}

// openMsg asks for all about a row.
type openMsg struct{ pane, id string }

// filterMsg sets the filter of every list.
type filterMsg string

// sizeMsg tells a list how many rows it can show.
type sizeMsg int

// Update takes a frame, a filter or a key.
func (l list) Update(msg tea.Msg) (list, tea.Cmd) {
	switch msg := msg.(type) {
	case *frame:
		l.all = l.build(msg)
		return l.arrange(), nil
	case filterMsg:
		l.filter = strings.ToLower(string(msg))
		return l.arrange(), nil
	case sizeMsg:
		l.height = int(msg)
	case tea.KeyPressMsg:
		return l.key(msg.String())
	}
	return l, nil
}

func (l list) key(key string) (list, tea.Cmd) {
	switch key {
	case "s":
		return l.nextSort(), nil
	case "S":
		l.reverse = !l.reverse
		return l.arrange(), nil
	case "enter":
		if l.id == "" {
			return l, nil
		}
		open := openMsg{l.name, l.id}
		return l, func() tea.Msg { return open }
	}
	if to, ok := move(key, l.at, len(l.rows), l.height); ok {
		return l.choose(to), nil
	}
	return l, nil
}

// move returns where a key leads from line at of n, page lines of which are
// shown.
func move(key string, at, n, page int) (int, bool) {
	page = max(1, page-1)
	switch key {
	case "up", "k":
		at--
	case "down", "j":
		at++
	case "pgup":
		at -= page
	case "pgdown":
		at += page
	case "g":
		at = 0
	case "G":
		at = n - 1
	default:
		return at, false
	}
	return max(0, min(at, n-1)), true
}

func (l list) nextSort() list {
	for {
		l.sort = (l.sort + 1) % len(l.columns)
		if c := l.columns[l.sort]; !c.spark && !c.fixed {
			break
		}
	}
	l.reverse = false
	return l.arrange()
}

// arrange filters and sorts the rows, and finds the chosen one again.
func (l list) arrange() list {
	l.rows = l.all
	if l.filter != "" && !l.whole {
		l.rows = slices.DeleteFunc(slices.Clone(l.all), func(r row) bool { return !r.has(l.filter) })
	}
	if len(l.all) > 0 {
		l.rows = sortRows(l.rows, l.columns, l.sort, l.reverse)
	}
	at := slices.IndexFunc(l.rows, func(r row) bool { return r.id == l.id })
	if at < 0 {
		at = min(l.at, len(l.rows)-1)
	}
	return l.choose(max(0, at))
}

func (l list) choose(at int) list {
	l.at, l.id = at, ""
	if at < len(l.rows) {
		l.id = l.rows[at].id
	}
	return l
}

// need is how many lines the list would fill below its heading.
func (l *list) need() int { return max(1, len(l.rows)) }

// View draws the heading and as many rows as fit into height lines.
func (l list) View(width, height int, focused bool) string {
	if height < 1 {
		return ""
	}
	shown := l.window(height - 1)
	widths := fit(l.columns, l.rows[shown[0]:shown[1]], width, l.set)
	lines := []string{l.heading(widths, width, focused)}
	for i := shown[0]; i < shown[1]; i++ {
		lines = append(lines, l.line(&l.rows[i], widths, width, focused && i == l.at))
	}
	if len(l.rows) == 0 && height > 1 {
		text := l.nothing
		if len(l.all) > 0 {
			text = fmt.Sprintf("none of %d has %q in it", len(l.all), l.filter)
		}
		lines = append(lines, faint.render(l.set.cut(strings.Repeat(" ", gutter)+l.set.safe(text), width)))
	}
	return strings.Join(lines, "\n")
}

// window returns which rows are shown, so that the chosen one is among them.
func (l *list) window(height int) [2]int {
	height = max(0, height)
	first := max(0, min(l.at-height+1, len(l.rows)-height))
	return [2]int{first, min(first+height, len(l.rows))}
}

// heading holds the titles of the columns; that of the first is the pane's
// name, with the number of rows where not all are in sight.
func (l *list) heading(widths []int, width int, focused bool) string {
	mark := strings.Repeat(" ", gutter)
	if focused {
		mark = l.set.pick("■ ", "* ")
	}
	text := l.set.cut(mark+l.heads(widths), width)
	text += strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
	return heading.render(text)
}
