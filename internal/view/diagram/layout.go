package diagram

import "github.com/linger-dev/linger/internal/tcp"

// point is a place in a drawing: in pixels of the picture, or in columns and
// lines of the terminal's grid.
type point struct{ x, y int }

// box is the place of a state. CLOSE has two, as in figure 5, so that a
// connection begins at the top and ends at the bottom.
type box struct {
	state tcp.State
	at    point // top left
	size  point
}

// way is how an arrow runs, and where its labels stand.
type way struct {
	points []point // the last is where the head is
	spot   spot
}

// spot is the room for labels. Their lines begin (align 1), end (-1) or are
// centred (0) at x; the first is at y and others follow, or if up is set the
// last is at y and others precede.
type spot struct {
	at           point
	align        int
	width, lines int // in letters and lines
	up           bool
}

// first returns where the first of n lines is, when they are height apart.
func (s spot) first(n, height int) int {
	if s.up {
		return s.at.y - (n-1)*height
	}
	return s.at.y
}

// shown are the boxes of the states that occur. The lower CLOSE is there if an
// arrow leads to it.
func (f figure) shown(boxes []box, ways map[pair]way) (list []box) {
	seen := tcp.StateSet(0)
	for _, b := range boxes {
		if f.states.Has(b.state) && (!seen.Has(b.state) || f.enters(b, ways)) {
			list = append(list, b)
		}
		seen |= 1 << b.state
	}
	return list
}

func (f figure) enters(b box, ways map[pair]way) bool {
	for _, e := range f.edges {
		points := ways[e.pair].points
		end := points[len(points)-1]
		if e.to == b.state && end.x >= b.at.x-1 && end.x <= b.at.x+b.size.x && end.y >= b.at.y-1 && end.y <= b.at.y+b.size.y {
			return true
		}
	}
	return false
}
