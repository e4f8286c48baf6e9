package diagram

import (
	"strings"
	"unicode/utf8"

	"github.com/linger-dev/linger/internal/tcp"
)

// grid is a terminal drawing.
type grid struct {
	cells   [gridHeight][gridWidth]rune
	unicode bool
}

// pen has the characters of a kind of line: along, down, and the corners top
// left, top right, bottom left and bottom right.
type pen struct {
	along, down rune
	corners     [4]rune
}

func (g *grid) pen(r role) pen {
	switch {
	case r == active && g.unicode:
		return pen{'━', '┃', [4]rune{'┏', '┓', '┗', '┛'}}
	case r == passive && g.unicode:
		return pen{'╌', '╎', [4]rune{'┌', '┐', '└', '┘'}}
	case g.unicode:
		return pen{'─', '│', [4]rune{'┌', '┐', '└', '┘'}}
	case r == active:
		return pen{'=', '#', [4]rune{'#', '#', '#', '#'}}
	case r == passive:
		return pen{'.', ':', [4]rune{'.', '.', ':', ':'}}
	}
	return pen{'-', '|', [4]rune{'+', '+', '+', '+'}}
}

func (g *grid) draw(f figure) {
	ways := gridWays()
	for _, b := range f.shown(gridBoxes(), ways) {
		g.box(b, f.role.in(b.state))
	}
	for _, e := range f.edges {
		w := ways[e.pair]
		g.line(w.points, g.pen(f.role.of(e.pair)))
		g.label(w.spot, e.labels())
	}
}

// box draws the box of a state, with heavy lines if it is one of the side that
// closes first.
func (g *grid) box(b box, r role) {
	if r == passive {
		r = opens // a dashed box would look broken
	}
	p, x2, y2 := g.pen(r), b.at.x+b.size.x-1, b.at.y+b.size.y-1
	for x := b.at.x + 1; x < x2; x++ {
		g.cells[b.at.y][x], g.cells[y2][x] = p.along, p.along
	}
	for y := b.at.y + 1; y < y2; y++ {
		g.cells[y][b.at.x], g.cells[y][x2] = p.down, p.down
	}
	g.cells[b.at.y][b.at.x], g.cells[b.at.y][x2] = p.corners[0], p.corners[1]
	g.cells[y2][b.at.x], g.cells[y2][x2] = p.corners[2], p.corners[3]
	g.text(point{b.at.x + b.size.x/2, b.at.y + b.size.y/2}, 0, b.state.String())
}

func (g *grid) line(points []point, p pen) {
	for i, to := range points[1:] {
		from := points[i]
		step, glyph := point{sign(to.x - from.x), sign(to.y - from.y)}, p.down
		if step.x != 0 {
			glyph = p.along
		}
		for at := from; at != to; at = (point{at.x + step.x, at.y + step.y}) {
			g.cells[at.y][at.x] = glyph
		}
		if i > 0 {
			g.cells[from.y][from.x] = p.corners[corner(points[i-1], from, to)]
		}
		if i+2 == len(points) {
			g.cells[to.y][to.x] = g.head(step)
		}
	}
}

// corner says which corner a line from before to after has at a point.
func corner(before, at, after point) int {
	n := 0
	if before.y <= at.y && after.y <= at.y { // nothing below: at the bottom
		n += 2
	}
	if before.x <= at.x && after.x <= at.x {
		n++
	}
	return n
}

func (g *grid) head(step point) rune {
	heads := []rune("<>^v")
	if g.unicode {
		heads = []rune("◀▶▲▼")
	}
	switch {
	case step.x < 0:
		return heads[0]
	case step.x > 0:
		return heads[1]
	case step.y < 0:
		return heads[2]
	}
	return heads[3]
}

func (g *grid) label(s spot, labels []label) {
	lines := block(labels, s, g.unicode)
	for i, line := range lines {
		g.text(point{s.at.x, s.first(len(lines), 1) + i}, s.align, line)
	}
}

// text writes what begins at a place, ends there or is centred on it.
func (g *grid) text(at point, align int, s string) {
	n := utf8.RuneCountInString(s)
	switch {
	case align < 0:
		at.x -= n - 1
	case align == 0:
		at.x -= n / 2
	}
	for i, r := range []rune(s) {
		g.cells[at.y][at.x+i] = r
	}
}

func (g *grid) String() string {
	var b strings.Builder
	for _, row := range g.cells {
		line := strings.Map(func(r rune) rune {
			if r == 0 {
				return ' '
			}
			return r
		}, string(row[:]))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.Trim(b.String(), "\n") + "\n"
}

// key explains the lines that are there.
func (g *grid) key(f figure) string {
	var parts []string
	say := func(r role, text string) {
		if f.has(r) {
			parts = append(parts, strings.Repeat(string(g.pen(r).along), 3)+" "+text)
		}
	}
	say(active, activeWords(f))
	say(passive, passiveWords)
	parts = append(parts, labelWords)
	return strings.Join(parts, "\n")
}

// has reports whether there is an arrow of a role.
func (f figure) has(r role) bool {
	for _, e := range f.edges {
		if f.role.of(e.pair) == r {
			return true
		}
	}
	return false
}

const (
	passiveWords = "passive close: the peer closes first"
	nothingWords = "There are no transitions."
	labelWords   = "An arrow's label is an event, and after a slash what it makes the state send."
)

// activeWords says what the active close is, and that it is the side that gets
// TIME_WAIT if it is.
func activeWords(f figure) string {
	if f.role.in(tcp.TimeWait) == active {
		return "active close: this side closes first, and keeps TIME_WAIT"
	}
	return "active close: this side closes first"
}

func sign(n int) int { return min(1, max(-1, n)) }
