package diagram

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible makes a stranger's text harmless: what is invisible, breaks lines or
// turns the direction of text is shown by its number, and without unicode all
// that is not ASCII.
func visible(s string, allowUnicode bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsPrint(r), r >= utf8.RuneSelf && !allowUnicode:
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// fold breaks visible text between words, and longer words anywhere. It
// returns at least one line.
func fold(text string, width int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		for ; n > width; n -= width {
			runes := []rune(word)
			lines = append(lines, string(runes[:width]))
			word = string(runes[width:])
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// fill puts as many items on each line as fit, and does not break those that
// fit into one.
func fill(items []string, separator string, width int) []string {
	var lines []string
	line := ""
	for _, item := range items {
		switch {
		case line == "":
			line = item
		case utf8.RuneCountInString(line+separator+item) <= width:
			line += separator + item
		default:
			lines = append(lines, fold(line, width)...)
			line = item
		}
	}
	return append(lines, fold(line, width)...)
}
