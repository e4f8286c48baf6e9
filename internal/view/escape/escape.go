// Package escape makes texts from strangers safe to show, and breaks texts into
// lines.
package escape

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text makes a string from a stranger safe to print: control characters
// (so also terminal sequences and line breaks), invalid UTF-8, invisible
// characters and those that turn the direction of text are shown as \xNN or
// \u{N}. Without unicode everything but printable ASCII is.
func Text(s string, allowUnicode bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < 0x20, r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r >= 0x80 && (!allowUnicode || !unicode.IsPrint(r)):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}
