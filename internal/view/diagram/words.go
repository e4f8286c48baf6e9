package diagram

import (
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/view/escape"
)

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
			lines = append(lines, escape.Fold(line, width)...)
			line = item
		}
	}
	return append(lines, escape.Fold(line, width)...)
}
