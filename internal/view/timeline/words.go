package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/view/escape"
)

// label says what a segment is: "FIN+ACK seq 17 ack 1", "data 100 B seq 1 ack
// 1". PSH means nothing here, and of a segment with data ACK goes without
// saying.
func label(s evidence.Passage) string {
	flags := s.Flags &^ tcp.PSH
	if s.Len > 0 {
		flags &^= tcp.ACK
	}
	var words []string
	if s.Len > 0 {
		words = append(words, fmt.Sprintf("data %d B", s.Len))
	}
	if flags != 0 || s.Len == 0 {
		words = append(words, flags.String())
	}
	words = append(words, fmt.Sprintf("seq %d", s.Seq))
	if s.Flags.Has(tcp.ACK) {
		words = append(words, fmt.Sprintf("ack %d", s.Ack))
	}
	return strings.Join(words, " ")
}

// span writes a duration with about three digits.
func span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d < 10*time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// clock writes when something happened.
func clock(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3f s", d.Seconds())
}

// count writes n with a comma between thousands, and the noun in the plural
// unless n is 1.
func count(n int, noun string) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n != 1 {
		noun += "s"
	}
	return digits + " " + noun
}

// says lists what is left out; empty if nothing is.
func (o omitted) says() string {
	var parts []string
	for _, p := range []struct {
		n    int
		noun string
	}{
		{o.hosts, "host"}, {o.connections, "connection"}, {o.segments, "segment"}, {o.stays, "state"}, {o.notes, "note"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.noun))
		}
	}
	if parts == nil {
		return ""
	}
	return "not drawn: " + strings.Join(parts, ", ")
}

// visible makes a stranger's text harmless, and no longer than most letters.
func visible(s string, most int) string {
	if len(s) > 4*most {
		s = s[:4*most] // enough of it, whatever the letters are
	}
	return clip(escape.Text(s, true), most)
}

// clip cuts a text after most runes, with a mark.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// fold makes text visible and breaks it between words into at most so many
// lines of width runes.
func fold(text string, width, most int) []string {
	var lines []string
	for word := range strings.FieldsSeq(visible(text, width*most*2)) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= width {
			lines[last] += " " + word
			continue
		}
		if len(lines) == most {
			lines[last] = clip(lines[last]+" "+word+"…", width)
			break
		}
		lines = append(lines, clip(word, width))
	}
	return lines
}
