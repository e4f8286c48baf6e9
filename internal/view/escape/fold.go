package escape

import (
	"strings"
	"unicode/utf8"
)

// Fold breaks text between words, and words that are longer than a line
// anywhere. It returns at least one line. Only blanks separate words: a line
// break from a stranger is escaped by now.
func Fold(text string, room int) []string {
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		if word == "" {
			continue
		}
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n > room {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		for ; n > room; n -= room {
			runes := []rune(word)
			lines = append(lines, string(runes[:room]))
			word = string(runes[room:])
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}
