package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/linger-dev/linger/internal/rule"
)

// The marks of single ports. They are letters on every terminal, so that the
// map can be read without colours, and said over the telephone.
var marks = [numUses]string{free: ".", reserved: "R", bound: "B", live: "L", waiting: "T", reusable: "t"}

// mostZoom is enough to make one cell of all ports, and one port of a cell.
const mostZoom = 16

// label is the room for the port at the beginning of a line of the map.
const label = 7

// portMap draws the map: as many ports to a cell as make it fit, halved or
// doubled by zoom.
func (s *sheet) portMap(m portMap, zoom int) {
	cells := cellsOf(s.width)
	per := 1
	for rows := max(2, s.height/2); (len(m.uses)+per-1)/per > cells*rows; {
		per *= 2
	}
	for ; zoom > 0 && per > 1; zoom-- {
		per /= 2
	}
	for ; zoom < 0 && per < len(m.uses); zoom++ {
		per *= 2
	}
	what := "one in a cell"
	if per > 1 {
		what = rule.N(per) + " in a cell"
	}
	s.section(fmt.Sprintf("ports %s, %s (+ and - zoom)", m.span, what))
	s.legend(&m, per)
	for first := 0; first < len(m.uses); first += cells * per {
		var line strings.Builder
		fmt.Fprintf(&line, "%-*d", label, int(m.span.Low)+first)
		for i := first; i < min(first+cells*per, len(m.uses)); i += per {
			if i > first && (i-first)/per%10 == 0 {
				line.WriteByte(' ')
			}
			line.WriteString(s.cell(&m, i, min(i+per, len(m.uses))))
		}
		s.raw(line.String())
	}
}

// cellsOf returns how many cells a line has: groups of ten, set apart.
func cellsOf(width int) int {
	groups := max(1, (width-label+1)/11)
	return groups * 10
}

// cell draws the ports from i to before j.
func (s *sheet) cell(m *portMap, i, j int) string {
	if j-i == 1 {
		if m.uses[i] == waiting {
			if left, known := m.ports.left(m.span.Low + uint16(i)); known {
				return tens(left)
			}
		}
		return marks[m.uses[i]]
	}
	var n [numUses]int
	for _, u := range m.uses[i:j] {
		n[u]++
	}
	usable := j - i - n[reserved] - n[bound]
	switch {
	case usable == 0 && n[bound] > 0:
		return marks[bound]
	case usable == 0:
		return marks[reserved]
	}
	return s.shade(n[live]+n[waiting], usable)
}

// tens writes a time in tens of seconds, rounded up: "6" to "0".
func tens(left time.Duration) string {
	return fmt.Sprint(int((left + 10*time.Second - 1) / (10 * time.Second)))
}

// shade draws which share of a cell is not to be had. Only none and all have
// the first and the last mark.
func (s *sheet) shade(taken, of int) string {
	shades := []rune(s.set.pick("·░▒▓█", ".:-+#"))
	switch {
	case taken == 0:
		return string(shades[0])
	case taken == of:
		return string(shades[4])
	}
	return string(shades[1+min(2, taken*3/of)])
}

// legend explains the marks that occur, and what the map does not know.
func (s *sheet) legend(m *portMap, per int) {
	if per > 1 {
		s.text("", fmt.Sprintf("%s none taken, %s %s %s some, %s all; R all reserved, B all bound or reserved; what may be taken over counts as free",
			s.shade(0, 1), s.shade(1, 9), s.shade(4, 9), s.shade(8, 9), s.shade(1, 1)))
		return
	}
	var parts []string
	for u, text := range [numUses]string{
		free: "free", reserved: "reserved", bound: "bound by a program", live: "live", waiting: "TIME_WAIT", reusable: "TIME_WAIT that may be taken over",
	} {
		if m.count[u] > 0 {
			parts = append(parts, marks[u]+" "+text)
		}
	}
	s.text("", strings.Join(parts, ", "))
	known := 0
	for _, since := range m.ports.since {
		if !since.IsZero() {
			known++
		}
	}
	switch {
	case m.count[waiting] == 0:
	case known > 0:
		s.text("", "1 to 6: TIME_WAIT that came while this page was open, with so many tens of seconds to go, or more if the port was used again between two looks")
	default:
		s.text("", "A look does not tell how long each port has still to wait: only how many wait how long, as drawn above. It is told of those that come while this page is open.")
	}
}
