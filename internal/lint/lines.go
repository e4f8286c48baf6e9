package lint

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// lineMost is the longest line that is read, in bytes: systemd's own limit
// (LONG_LINE_MAX), beyond which systemd-sysctl gives the file up.
const lineMost = 1 << 20

// line is a line of a text without its end; no is from 1.
type line struct {
	no   int
	text string
}

// split cuts a text into lines. A text that is none (it holds a NUL byte) or
// has a line too long is read up to there.
func split(file string, data []byte) ([]line, []Problem) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		no := 1 + bytes.Count(data[:i], []byte("\n"))
		return nil, []Problem{{
			Place: Place{file, no}, Fatal: true,
			What: sayf("this is not a text: it holds a zero byte", "这不是文本文件：其中含有零字节"),
		}}
	}
	var lines []line
	for text := range strings.Lines(string(data)) {
		no := len(lines) + 1
		text = strings.TrimRight(text, "\r\n")
		if len(text) > lineMost {
			return lines, []Problem{{
				Place: Place{file, no}, Fatal: true,
				What: sayf("the line is longer than %d bytes; systemd-sysctl reads no further either", "该行超过 %d 字节；systemd-sysctl 也不会继续往下读", lineMost),
			}}
		}
		lines = append(lines, line{no, text})
	}
	return lines, nil
}

// excerptMost bounds what is quoted of a stranger's line, in bytes.
const excerptMost = 60

// excerpt shortens a text that is quoted.
func excerpt(text string) string {
	if len(text) <= excerptMost {
		return text
	}
	cut := excerptMost
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
