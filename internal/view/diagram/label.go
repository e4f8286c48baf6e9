package diagram

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/escape"
)

// label is a line beside an arrow.
type label struct{ event, sends string }

func (l label) String() string {
	if l.sends == "" {
		return l.event
	}
	return l.event + " / " + l.sends
}

// labels has each event once, with the least that is sent: data in the queue
// can add to that, which is in the table.
func (e edge) labels() (list []label) {
	for _, t := range e.rows {
		one := label{t.Event, sends(t, ", ")}
		i := slices.IndexFunc(list, func(l label) bool { return l.event == t.Event })
		switch {
		case i < 0:
			list = append(list, one)
		case len(one.sends) < len(list[i].sends):
			list[i] = one
		}
	}
	return list
}

// lines folds the label, rather before the slash than after it.
func (l label) lines(width int, allowUnicode bool) []string {
	whole, event := escape.Text(l.String(), allowUnicode), escape.Text(l.event, allowUnicode)
	if utf8.RuneCountInString(whole) <= width || l.sends == "" {
		return escape.Fold(whole, width)
	}
	return append(escape.Fold(event, width), escape.Fold("/ "+escape.Text(l.sends, allowUnicode), width)...)
}

// block is what fits of labels into their spot.
func block(labels []label, s spot, allowUnicode bool) []string {
	var lines []string
	for _, l := range labels {
		lines = append(lines, l.lines(s.width, allowUnicode)...)
	}
	if len(lines) > s.lines {
		lines = append(lines[:s.lines-1], "...")
	}
	return lines
}

// sends says which segments a transition sends; empty for none.
func sends(t tcp.Transition, separator string) string {
	words := make([]string, len(t.Sends))
	for i, flags := range t.Sends {
		words[i] = flags.String()
	}
	return strings.Join(words, separator)
}
