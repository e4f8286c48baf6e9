package diagram

import (
	"testing"

	"github.com/linger-dev/linger/internal/tcp"
)

func TestBothLayoutsHaveTheSameWays(t *testing.T) {
	for p := range pictureWays() {
		if _, ok := gridWays()[p]; !ok {
			t.Errorf("the grid has no way from %s to %s", p.from, p.to)
		}
	}
	if len(pictureWays()) != len(gridWays()) {
		t.Error("the grid has ways that the picture lacks")
	}
}

// touches reports whether p is on the border of a box of state s, or next to
// it, as lines of a grid are.
func touches(boxes []box, s tcp.State, p point, apart int) bool {
	for _, b := range boxes {
		x2, y2 := b.at.x+b.size.x-apart, b.at.y+b.size.y-apart
		beside := (p.x == b.at.x-apart || p.x == x2+apart) && b.at.y < p.y && p.y < y2
		above := (p.y == b.at.y-apart || p.y == y2+apart) && b.at.x < p.x && p.x < x2
		if b.state == s && (beside || above) {
			return true
		}
	}
	return false
}

func TestWaysLeadFromBoxToBoxAndNeverMeet(t *testing.T) {
	for name, l := range map[string]struct {
		boxes []box
		ways  map[pair]way
		apart int
	}{
		"picture": {pictureBoxes(), pictureWays(), 0},
		"grid":    {gridBoxes(), gridWays(), 1},
	} {
		taken := map[point]pair{}
		for p, w := range l.ways {
			last := len(w.points) - 1
			if !touches(l.boxes, p.from, w.points[0], l.apart) || !touches(l.boxes, p.to, w.points[last], l.apart) {
				t.Errorf("%s: the way from %s to %s does not touch both boxes", name, p.from, p.to)
			}
			for _, at := range walk(t, w.points) {
				if other, ok := taken[at]; ok && other != p {
					t.Errorf("%s: the ways %v and %v meet at %v", name, p, other, at)
				}
				taken[at] = p
			}
		}
		for at, p := range taken {
			for _, b := range l.boxes {
				inside := at.x > b.at.x && at.x < b.at.x+b.size.x-l.apart && at.y > b.at.y && at.y < b.at.y+b.size.y-l.apart
				if inside {
					t.Fatalf("%s: the way %v runs through %s", name, p, b.state)
				}
			}
		}
	}
}

// walk returns all points of a way.
func walk(t *testing.T, points []point) (list []point) {
	for i, to := range points[1:] {
		from := points[i]
		if (from.x == to.x) == (from.y == to.y) {
			t.Fatalf("%v to %v runs neither along nor down", from, to)
		}
		for at := from; at != to; at = toward(at, to, 1) {
			list = append(list, at)
		}
	}
	return append(list, points[len(points)-1])
}

func TestLabelsHideNothingInTheGrid(t *testing.T) {
	taken := map[point]string{}
	take := func(at point, by string) {
		if other := taken[at]; other != "" && other != by {
			t.Errorf("%s and %s meet at %v", by, other, at)
		}
		taken[at] = by
	}
	for _, b := range gridBoxes() {
		for y := range b.size.y {
			for x := range b.size.x {
				take(point{b.at.x + x, b.at.y + y}, "the box of "+b.state.String())
			}
		}
	}
	for p, w := range gridWays() {
		for _, at := range walk(t, w.points) {
			take(at, "a way")
		}
		// What a label can cover at most; rooms may overlap only with rooms.
		for i := range w.spot.lines {
			y := w.spot.first(w.spot.lines, 1) + i
			x := w.spot.at.x
			switch w.spot.align {
			case -1:
				x -= w.spot.width - 1
			case 0:
				x -= w.spot.width / 2
			}
			for j := range w.spot.width {
				if x+j < 0 || x+j >= gridWidth || y < 0 || y >= gridHeight {
					t.Fatalf("the label from %s to %s leaves the grid", p.from, p.to)
				}
				if other := taken[point{x + j, y}]; other != "" {
					t.Errorf("the label from %s to %s hides %s at %d,%d", p.from, p.to, other, x+j, y)
				}
			}
		}
	}
}
