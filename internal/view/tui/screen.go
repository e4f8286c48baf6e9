package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/linger-dev/linger/internal/rule"
)

// View draws the screen.
func (m Model) View() tea.View {
	v := tea.NewView(m.content())
	v.AltScreen = true
	v.WindowTitle = "linger top"
	return v
}

// content is the screen as lines of at most its width.
func (m Model) content() string {
	w, h := m.size.width, m.size.height
	switch {
	case w < 1 || h < 1:
		return ""
	case m.shown == nil:
		return m.set.cut("linger takes its first look"+m.set.pick("…", "..."), w)
	}
	lines := append(m.answer(), m.status()...)
	body := m.bodyHeight()
	switch {
	case m.open != nil:
		lines = append(lines, fillLines(m.open.View(w, body), body)...)
	default:
		lines = append(lines, m.shared(body)...)
	}
	if len(lines) >= h { // a screen of a few lines: the answer comes first
		lines = lines[:h-1]
	}
	return strings.Join(append(lines, m.footer()), "\n")
}

// bodyHeight is what answer, status and the last line leave.
func (m *Model) bodyHeight() int { return max(0, m.size.height-len(m.answer())-len(m.status())-1) }

// roomy is the height from which on a long line may take two.
const roomy = 20

// measure tells the panes and the page how much room they have now.
func (m Model) measure() Model {
	if m.shown == nil || m.size.width < 1 {
		return m
	}
	if m.open != nil {
		opened, _ := m.open.Update(pageSizeMsg{m.size.width, m.bodyHeight()})
		m.open = &opened
		return m
	}
	heights := m.heights(m.bodyHeight())
	for i := range m.panes {
		m.panes[i], _ = m.panes[i].Update(sizeMsg(heights[i] - 1))
	}
	return m
}

func (m *Model) heights(body int) [numPanes]int {
	var need [numPanes]int
	for i := range m.panes {
		need[i] = m.panes[i].need()
	}
	return share(need, body, m.focus, m.zoomed)
}

// shared draws the panes one below the other.
func (m *Model) shared(body int) []string {
	heights := m.heights(body)
	spare := body
	for _, h := range heights {
		spare -= h
	}
	var lines []string
	for i, h := range heights {
		if h > 0 && i > 0 && spare >= numPanes-1 {
			lines = append(lines, "")
		}
		if h > 0 {
			lines = append(lines, fillLines(m.panes[i].View(m.size.width, h, i == m.focus), h)...)
		}
	}
	return append(lines, make([]string, max(0, body-len(lines)))...)
}

// fillLines makes text exactly n lines.
func fillLines(text string, n int) []string {
	lines := strings.Split(text, "\n")
	return append(lines, make([]string, max(0, n-len(lines)))...)[:n]
}

// answer is the first line of the screen, and a second where it is long and
// there is room.
func (m *Model) answer() []string {
	word, t, rest := verdict(&m.shown.report)
	most := 1
	if m.size.height >= roomy {
		most = 2
	}
	lines := m.set.foldInto(word+rest, m.size.width, most)
	if after, found := strings.CutPrefix(lines[0], word); found {
		lines[0] = t.render(word) + after
	}
	return lines
}

// status says what is looked at, when, and what stands in the way: in two
// lines where something is wrong and there is room.
func (m *Model) status() []string {
	snap := m.shown.report.Snapshot
	parts := []string{m.when()}
	if m.problem != "" {
		parts = append(parts, m.problem)
	}
	if m.filter != "" && !m.typing {
		parts = append(parts, fmt.Sprintf("only %q", m.filter))
	}
	if m.zoomed {
		parts = append(parts, "one pane (z)")
	}
	for i := range snap.Namespaces {
		if snap.Namespaces[i].Dump.Approximate {
			parts = append(parts, "counts are approximate")
			break
		}
	}
	if n := len(snap.Gaps); n > 0 {
		parts = append(parts, rule.Count(n, "thing", "处").EN+" not seen (n)")
	}
	parts = append(parts, snap.Host.Name, "Linux "+string(snap.Host.Kernel))
	t, most := faint, 1
	if m.problem != "" || m.paused && m.feed.live() {
		t = warn
	}
	if m.problem != "" && m.size.height >= roomy {
		most = 2
	}
	lines := m.set.foldInto(strings.Join(parts, ", "), m.size.width, most)
	for i := range lines {
		lines[i] = t.render(lines[i])
	}
	return lines
}

// when says of what time the screen is.
func (m *Model) when() string {
	taken := m.shown.report.Snapshot.Taken.UTC()
	if m.feed.live() {
		text := taken.Format("15:04:05 UTC")
		if m.paused {
			return "PAUSED at " + text + " (space goes on)"
		}
		return text + ", every " + m.feed.opt.Every.String()
	}
	of := "..."
	if m.whole {
		of = rule.N(len(m.moments))
	}
	text := fmt.Sprintf("%s, look %s of %s", taken.Format("2006-01-02 15:04:05 UTC"), rule.N(m.shown.at+1), of)
	switch {
	case m.seeking && m.at != m.shown.at:
		text += ", winding to " + rule.N(m.at+1)
	case !m.paused:
		text += ", playing"
	}
	return text
}

// footer names the keys that are most wanted here, or takes the filter.
func (m *Model) footer() string {
	if m.typing {
		return m.set.cut("show only rows with: "+m.set.safe(m.filter)+m.set.pick("▏", "_"), m.size.width)
	}
	var line string
	for _, b := range bindings() {
		if b.short == "" || !b.here(!m.feed.live(), m.open != nil) {
			continue
		}
		part := b.short
		if b.keys == "space" && m.paused && m.feed.live() {
			part = "Space go on"
		}
		if line != "" {
			part = "  " + part
		}
		if ansi.StringWidth(line+part) > m.size.width {
			break
		}
		line += part
	}
	return faint.render(line)
}
