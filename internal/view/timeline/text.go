package timeline

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// The columns of a ladder: two hosts with their states fit into 80.
const (
	firstLine = 12
	rungWidth = 46
)

// Text writes t as a ladder for terminals: a line for each segment, state and
// note, with the same choice of what is shown as SVG. It is plain ASCII; names
// and notes may come from strangers. An error is one of writing.
func Text(w io.Writer, t evidence.Timeline) error {
	l := ladder{drawing: choose(t)}
	l.heading()
	rungs := l.rungs()
	slices.SortStableFunc(rungs, func(a, b rung) int { return cmp.Compare(a.at, b.at) })
	var now time.Duration
	for _, r := range rungs {
		l.wait(r.at - now)
		l.write(clock(r.at), r)
		now = max(now, r.at, r.until)
	}
	l.wait(l.end - now)
	if says := l.omitted.says(); says != "" {
		l.b.WriteString(says + "\n")
	}
	if len(rungs) == 0 {
		l.b.WriteString("nothing was seen\n")
	}
	if _, err := io.WriteString(w, l.b.String()); err != nil {
		return fmt.Errorf("write timeline: %w", err)
	}
	return nil
}

type ladder struct {
	drawing
	b    strings.Builder
	last string // the time written last
}

// rung is a line of the ladder.
type rung struct {
	at    time.Duration
	until time.Duration // of skipped segments
	host  int           // where the text stands, right of its line; -1: across
	text  string
	to    int // of an arrow: the other host, else -1
	fill  byte
	head  byte // 0: an arrow's
}

func (l *ladder) heading() {
	var line strings.Builder
	for i, name := range l.hosts {
		at := firstLine + i*rungWidth
		if gap := at - line.Len(); gap > 0 {
			line.WriteString(strings.Repeat(" ", gap))
		}
		line.WriteString(ascii(name, rungWidth-2))
	}
	if line.Len() > 0 {
		l.b.WriteString(line.String() + "\n")
	}
	for i, tuple := range l.connections {
		if len(l.connections) > 1 {
			fmt.Fprintf(&l.b, "%*s%s\n", firstLine, "", fmt.Sprintf("#%d %s", i+1, tuple))
		}
	}
}

// rungs returns all lines in the order in which those of an instant are shown.
func (l *ladder) rungs() (list []rung) {
	for _, n := range l.notes {
		text := "* " + n.Text
		if n.Host == "" {
			text = "== " + n.Text + " =="
		}
		list = append(list, rung{at: n.At, host: l.host(n.Host), text: text, to: -1})
	}
	for i, s := range l.segments {
		if l.skipped > 0 && i == l.skipAt {
			list = append(list, rung{
				at: l.skipFrom, until: l.skipEnd, host: -1, text: "... " + count(l.skipped, "segment") + " not shown ...", to: -1,
			})
		}
		list = append(list, l.segment(s)...)
	}
	for _, s := range l.stays {
		list = append(list, l.stay(s)...)
	}
	return list
}

// segment gives one arrow, and for a delayed segment another for its arrival.
func (l *ladder) segment(s evidence.Passage) []rung {
	r := rung{at: s.At, host: l.host(s.From), to: l.host(s.To), text: l.number(s.Tuple) + label(s), fill: '-'}
	if r.host == r.to {
		r.text = fmt.Sprintf("%d -> %d: %s", s.Tuple.Src.Port(), s.Tuple.Dst.Port(), r.text)
		r.to = -1
	}
	if s.ByHand {
		r.fill, r.text = '=', r.text+", by hand"
	}
	late := r
	switch {
	case s.Fate == evidence.Lost:
		r.head, r.text = 'X', r.text+", lost"
		return []rung{r}
	case s.Fate == evidence.Duplicated:
		r.fill, r.text = '.', r.text+", duplicate"
		if s.Arrival()-s.At < time.Millisecond && !s.Missing() {
			return []rung{r}
		}
	case s.Fate == evidence.Delayed:
		r.text += ", held back"
	default:
		return []rung{r}
	}
	r.head = ' '
	if s.Missing() {
		return []rung{r}
	}
	late.at, late.fill = s.Arrival(), '.'
	late.text += ", " + span(s.Arrival()-s.At) + " late"
	return []rung{r, late}
}

func (l *ladder) stay(s evidence.Stay) []rung {
	text := s.State.String()
	if listens(s.Tuple) {
		text += fmt.Sprintf(" :%d", s.Tuple.Src.Port())
	}
	if s.State == tcp.TimeWait {
		if text += " " + span(s.Length(l.end)); s.Open {
			text += " so far"
		}
	}
	name := l.number(s.Tuple)
	if len(l.hosts) == 1 && !listens(s.Tuple) { // both ends are here
		name += fmt.Sprintf(":%d ", s.Tuple.Src.Port())
	}
	list := []rung{{at: s.From, host: l.host(s.Host), text: name + text, to: -1}}
	if !s.Open && l.isLast(s) {
		list = append(list, rung{at: s.Until, host: l.host(s.Host), text: name + "gone", to: -1})
	}
	return list
}

// number tells connections apart if there are several.
func (l *ladder) number(t tcp.FourTuple) string {
	if len(l.connections) > 1 && !listens(t) {
		return fmt.Sprintf("#%d ", l.connection(t)+1)
	}
	return ""
}

func (l *ladder) wait(d time.Duration) {
	if d >= pause {
		l.write("", rung{host: -1, text: "... " + span(d) + " ...", to: -1})
	}
}

// write draws a rung over the lines of the hosts.
func (l *ladder) write(at string, r rung) {
	line := []byte(strings.Repeat(" ", firstLine+rungWidth*max(0, len(l.hosts)-1)+1))
	for i := range l.hosts {
		line[firstLine+i*rungWidth] = '|'
	}
	text := ascii(r.text, 120)
	switch {
	case r.to >= 0:
		r.draw(line, text)
	case r.host < 0:
		line = put(line, firstLine+2, text)
	default:
		line = put(line, firstLine+r.host*rungWidth+2, text)
	}
	if at == l.last {
		at = ""
	} else if at != "" {
		l.last = at
	}
	copy(line, fmt.Sprintf("%*s", firstLine-2, at))
	l.b.WriteString(strings.TrimRight(string(line), " ") + "\n")
}

// put writes text over the line, which grows if need be.
func put(line []byte, at int, text string) []byte {
	for len(line) < at+len(text) {
		line = append(line, ' ')
	}
	copy(line[at:], text)
	return line
}

// draw fills the line between two hosts, with the text near the sender.
func (r rung) draw(line []byte, text string) {
	low, high := firstLine+min(r.host, r.to)*rungWidth+1, firstLine+max(r.host, r.to)*rungWidth-1
	for i := low; i <= high; i++ {
		line[i] = r.fill
	}
	text = " " + ascii(text, high-low-4) + " "
	head, at := high, low+2
	if r.to < r.host {
		head, at = low, high-1-len(text)
	}
	copy(line[at:], text)
	switch {
	case r.head != 0:
		line[head] = r.head
	case r.to < r.host:
		line[head] = '<'
	default:
		line[head] = '>'
	}
}

// ascii makes a text visible in ASCII; what else is in it is shown by its
// number.
func ascii(s string, most int) string {
	var b strings.Builder
	for _, r := range visible(s, most) {
		switch {
		case r == '…':
			b.WriteByte('~')
		case r == 'µ':
			b.WriteByte('u')
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	if b.Len() > most {
		return b.String()[:most-1] + "~"
	}
	return b.String()
}
