package escape

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Cells is how many columns a text takes in a terminal: a Chinese character
// takes two.
func Cells(text string) int { return ansi.StringWidth(text) }

// Fold breaks a text into lines of at most room columns, at least one: at
// blanks, and beside Chinese characters, which have none. A line break from a
// stranger is escaped by now. No line begins with a mark that
// closes, and none ends with one that opens (the rule of Chinese typesetting);
// a word that is longer than a line is broken anywhere.
func Fold(text string, room int) []string {
	var lines []string
	line, used := "", 0
	for _, a := range atomsOf(text) {
		gap := 0
		if a.apart && line != "" {
			gap = 1
		}
		if line != "" && used+gap+a.cells > room {
			lines = append(lines, line)
			line, used, gap = "", 0, 0
		}
		for a.cells > room {
			head := ansi.Truncate(a.text, room, "")
			if head == "" {
				break // not even one character fits
			}
			lines = append(lines, head)
			a.text = strings.TrimPrefix(a.text, head)
			a.cells = Cells(a.text)
		}
		line += strings.Repeat(" ", gap) + a.text
		used += gap + a.cells
	}
	return append(lines, line)
}

// atom is a piece of text that stays on one line.
type atom struct {
	text  string
	cells int
	apart bool // a blank stands before it
}

func atomsOf(text string) []atom {
	var all []atom
	var b strings.Builder
	last, apart := rune(0), false
	end := func() {
		if b.Len() > 0 {
			all = append(all, atom{b.String(), Cells(b.String()), apart})
		}
		b.Reset()
		apart = false
	}
	for i, r := range text {
		if r == ' ' && last >= '0' && last <= '9' && isUnit(text[i+1:]) {
			b.WriteRune(r) // 60 s stay together
			continue
		}
		if r == ' ' {
			end()
			last, apart = 0, true
			continue
		}
		if last != 0 && breakable(last, r) {
			end()
		}
		b.WriteRune(r)
		last = r
	}
	end()
	return all
}

// isUnit reports whether a text begins with the unit of a number.
func isUnit(text string) bool {
	word := text[:len(text)-len(strings.TrimLeft(text, "smuKMB"))]
	switch word {
	case "s", "ms", "us", "KB", "MB":
		next := text[len(word):]
		return next == "" || next[0]|0x20 < 'a' || next[0]|0x20 > 'z'
	}
	return false
}

// The marks that no line begins with, and those that no line ends with.
const (
	closingMarks = "，。、；：？！）》」』】”’…—,.;:?!)]}"
	openingMarks = "（《「『【“‘([{"
)

// breakable reports whether a line may end between two characters that no
// blank parts.
func breakable(before, after rune) bool {
	if strings.ContainsRune(closingMarks, after) || strings.ContainsRune(openingMarks, before) {
		return false
	}
	return unspaced(before) || unspaced(after)
}

// unspaced reports whether r is written without blanks around it.
func unspaced(r rune) bool {
	return unicode.Is(unicode.Han, r) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}
