package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/view/escape"
)

// tone is how a piece of text is set off. Words always say the same: the
// terminal may have no colours, or its reader may not tell them apart.
type tone uint8

const (
	plain tone = iota
	strong
	faint
	chosen // the row that Enter opens
	heading
	good
	warn
	alarm
)

// render puts a tone on text that is safe. Bubble Tea takes the colours out
// again where NO_COLOR asks for that or the terminal has none.
func (t tone) render(text string) string {
	if text == "" {
		return ""
	}
	style := lipgloss.NewStyle()
	switch t {
	case plain:
		return text
	case strong:
		style = style.Bold(true)
	case faint:
		style = style.Faint(true)
	case chosen:
		style = style.Reverse(true)
	case heading:
		style = style.Bold(true).Underline(true)
	case good:
		style = style.Bold(true).Foreground(lipgloss.Green)
	case warn:
		style = style.Bold(true).Foreground(lipgloss.Yellow)
	case alarm:
		style = style.Bold(true).Foreground(lipgloss.Red)
	}
	return style.Render(text)
}

func toneOf(s rule.Severity) tone {
	switch s {
	case rule.Critical:
		return alarm
	case rule.Warning:
		return warn
	}
	return good
}

// charset is what the terminal can show.
type charset struct{ unicode bool }

// pick returns the richer of two marks that the terminal has.
func (c charset) pick(rich, ascii string) string {
	if c.unicode {
		return rich
	}
	return ascii
}

// safe escapes what may come from strangers.
func (c charset) safe(text string) string { return escape.Text(text, c.unicode) }

// cut shortens safe text to a width in columns.
func (c charset) cut(text string, width int) string {
	if ansi.StringWidth(text) <= width {
		return text
	}
	tail := c.pick("…", "~")
	if width < 1 {
		return ""
	}
	return ansi.Truncate(text, width, tail)
}

// fill makes safe text exactly as wide as width.
func (c charset) fill(text string, width int, right bool) string {
	text = c.cut(text, width)
	pad := strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
	if right {
		return pad + text
	}
	return text + pad
}

// fold breaks text into lines of at most width columns, after escaping it.
func (c charset) fold(text string, width int) []string {
	width = max(width, 1)
	var lines []string
	for _, line := range escape.Fold(c.safe(text), width) {
		if ansi.StringWidth(line) > width { // wide characters: Fold counts each as one
			lines = append(lines, strings.Split(ansi.Hardwrap(line, width, true), "\n")...)
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// foldInto folds text into at most so many lines, and cuts what is left.
func (c charset) foldInto(text string, width, most int) []string {
	lines := c.fold(text, width)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1:most-1], c.cut(rest, max(width, 1)))
	}
	return lines
}
