package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// key does what a key is for: the view's own first, then what the page or the
// pane in the focus makes of it.
func (m Model) key(msg tea.KeyPressMsg) (Model, tea.Cmd) {
	key := msg.String()
	switch {
	case key == "ctrl+c":
		return m, tea.Quit
	case key == "ctrl+z":
		return m, tea.Suspend
	case m.shown == nil:
		if key == "q" {
			return m, tea.Quit
		}
		return m, nil
	case m.typing:
		return m.typeFilter(msg), nil
	case !m.feed.live():
		if to, ok := m.windTo(key); ok {
			m.paused = true
			return m.wind(to)
		}
	}
	if next, cmd, done := m.own(key); done {
		return next, cmd
	}
	if m.open != nil {
		opened, cmd := m.open.Update(msg)
		m.open = &opened
		return m, cmd
	}
	var cmd tea.Cmd
	m.panes[m.focus], cmd = m.panes[m.focus].Update(msg)
	return m, cmd
}

// own does what a key does wherever the focus is.
func (m Model) own(key string) (Model, tea.Cmd, bool) {
	switch key {
	case "q":
		return m, tea.Quit, true
	case "?":
		kind := helpPage
		if !m.feed.live() {
			kind = helpPage + " on recordings"
		}
		m = m.turnTo(kind)
	case "n":
		m = m.turnTo(gapsPage)
	case "esc", "backspace":
		if m.open != nil {
			m.open = nil
		} else {
			m = m.filterBy("")
		}
	case "tab":
		m.focus, m.open = (m.focus+1)%numPanes, nil
	case "shift+tab":
		m.focus, m.open = (m.focus+numPanes-1)%numPanes, nil
	case "1", "2", "3", "4":
		m.focus, m.open = int(key[0]-'1'), nil
	case "z":
		m.zoomed = !m.zoomed
	case "/":
		m.typing, m.open = true, nil
	case "space":
		next, cmd := m.pause()
		return next, cmd, true
	default:
		return m, nil, false
	}
	return m, nil, true
}

// turnTo opens a page that is no row's, or closes it again.
func (m Model) turnTo(kind string) Model {
	if m.open != nil && m.open.kind == kind {
		m.open = nil
		return m
	}
	m.open = &page{kind: kind, set: m.set, problem: m.problem}
	return m.show(m.shown)
}

func (m Model) pause() (Model, tea.Cmd) {
	m.paused = !m.paused
	switch {
	case !m.feed.live() && !m.paused:
		return m.due()
	case m.feed.live() && !m.paused && m.latest != nil:
		m = m.show(m.latest)
	}
	return m, nil
}

// jump is how far the keys go that wind fast.
const jump = 10

// windTo returns which look of a recording a key leads to.
func (m *Model) windTo(key string) (int, bool) {
	switch key {
	case "[", "left":
		return m.at - 1, true
	case "]", "right":
		return m.at + 1, true
	case "{":
		return m.at - jump, true
	case "}":
		return m.at + jump, true
	case "home":
		return 0, true
	case "end":
		if !m.whole {
			return m.at, true // the end is not known yet
		}
		return len(m.moments) - 1, true
	}
	return 0, false
}

// typeFilter edits the filter; the rows follow every key.
func (m Model) typeFilter(msg tea.KeyPressMsg) Model {
	switch msg.String() {
	case "enter":
		m.typing = false
		return m
	case "esc":
		m.typing = false
		return m.filterBy("")
	case "backspace":
		runes := []rune(m.filter)
		return m.filterBy(string(runes[:max(0, len(runes)-1)]))
	case "ctrl+u":
		return m.filterBy("")
	}
	return m.filterBy(m.filter + msg.Key().Text)
}

// mostFilter bounds what is pasted by mistake.
const mostFilter = 64

func (m Model) filterBy(text string) Model {
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, text)
	runes := []rune(text)
	m.filter = string(runes[:min(len(runes), mostFilter)])
	for i := range m.panes {
		m.panes[i], _ = m.panes[i].Update(filterMsg(m.filter))
	}
	return m
}
