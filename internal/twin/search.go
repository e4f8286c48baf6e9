package twin

import (
	"time"

	"github.com/linger-dev/linger/internal/twin/chance"
)

// found is where a search ended.
type found struct {
	place   int // -1: no port is left
	visited int // ports whose bind bucket was looked up
	second  bool
	reused  bool // the place was one in TIME_WAIT
}

// saltPeriod is EPHEMERAL_PORT_SHUFFLE_PERIOD.
const saltPeriod = int64(10 * time.Second)

// search is the choice of a local port by connect(): __inet_hash_connect. What
// a kernel does port by port, it does by words of 64, and counts the same.
func (h *Host) search(g *group, s *span) found {
	k := &h.kernel
	offset := h.cursor(g)
	if k.Search < ParityTable {
		offset += h.hint
	}
	var (
		f     found
		steps uint32 // by how much the place to go on from moves
	)
	step := uint32(1)
	switch {
	case s.plain && k.Search < ParityHint:
		f, steps = h.inTurn(g, s, (offset+1)%s.count)
	case s.plain:
		f, steps = h.inTurn(g, s, offset%s.count)
	default:
		f, steps = h.byParity(g, s, offset%s.count&^1)
		step = 2
	}
	if f.place >= 0 {
		h.goOn(g, steps, step)
	}
	return f
}

// cursor returns where the group's next search begins. A new secret makes a new one.
func (h *Host) cursor(g *group) uint32 {
	if g.epoch != h.salted {
		g.epoch, g.cursor = h.salted, uint32(chance.Hash(h.seed, uint64(g.id), uint64(h.salted)))
	}
	return g.cursor
}

// goOn remembers where the next search begins. A search that finds nothing
// leaves that as it was.
func (h *Host) goOn(g *group, steps, step uint32) {
	switch h.kernel.Search {
	case InTurn:
		h.hint += steps + 1
	case InTurnEven:
		h.hint += (steps + 3) &^ 1
	case ParityHint:
		h.hint += steps + step
	default:
		g.cursor += h.noisy(steps, step) + step
	}
}

func (h *Host) noisy(steps, step uint32) uint32 {
	switch h.kernel.Noise {
	case OneInEight:
		return max(steps, h.rand.Below8()*step)
	case OneIn16:
		if steps == 0 && h.rand.Below(16) == 0 {
			return step
		}
	}
	return steps
}

// byParity walks the ports with the parity of the lowest one, then the others.
func (h *Host) byParity(g *group, s *span, offset uint32) (found, uint32) {
	each := max(1, int(s.count/2))
	place, n, visited := s.pass(g, s.low+offset, each)
	f := found{place: place, visited: visited}
	if place < 0 && s.count > 1 {
		f.second = true
		f.place, n, visited = s.pass(g, s.low+offset+1, each)
		f.visited += visited
	}
	return f, uint32(2 * n)
}

// pass walks `each` ports of one parity from start on. It returns the place of
// the first open one or -1, the number of ports before it, and how many of all
// these were looked at. In a range of odd size the way round misses a port: the
// kernel subtracts the even count, which need not lead back to the lowest one.
func (s *span) pass(g *group, start uint32, each int) (place, before, visited int) {
	straight := min(each, int(s.end-start+1)/2)
	again := start + 2*uint32(straight) - s.count
	place, before = -1, each
	if g.sum[start&1].top != 0 {
		from := g.place(uint16(start))
		if place = g.next(from, from+straight); place >= 0 {
			before = place - from
		} else if straight < each {
			from = g.place(uint16(again))
			if place = g.next(from, from+each-straight); place >= 0 {
				before = straight + place - from
			}
		}
	}
	visited = before
	if place >= 0 {
		visited++
	}
	if s.reserved == nil {
		return place, before, visited
	}
	return place, before, visited - s.reserved.among(start, min(before, straight)) - s.reserved.among(again, before-straight)
}

// inTurn walks all ports from offset on.
func (h *Host) inTurn(g *group, s *span, offset uint32) (found, uint32) {
	start := s.low + offset
	port, ok := g.nextPort(start, s.end)
	if !ok {
		port, ok = g.nextPort(s.low, start)
	}
	if !ok {
		return found{place: -1, visited: int(s.count) - s.skipped(s.low, s.end)}, s.count
	}
	steps := port - start
	visited := int(steps) + 1
	if port < start {
		steps = port + s.count - start
		visited = int(steps) + 1 - s.skipped(start, s.end) - s.skipped(s.low, port)
	} else {
		visited -= s.skipped(start, port)
	}
	return found{place: g.place(uint16(port)), visited: visited}, steps
}

// nextPort returns the lowest open port in [from, to).
func (g *group) nextPort(from, to uint32) (uint32, bool) {
	best, ok := to, false
	for _, p := range [2]uint32{from, from + 1} {
		if p >= best {
			continue
		}
		at := g.place(uint16(p))
		if place := g.next(at, at+int(best-p+1)/2); place >= 0 {
			best, ok = uint32(g.portAt(place)), true
		}
	}
	return best, ok
}

// skipped counts the reserved ports in [from, to).
func (s *span) skipped(from, to uint32) int {
	if s.reserved == nil || from >= to {
		return 0
	}
	n := s.reserved.among(from, int(to-from+1)/2)
	if from+1 < to {
		n += s.reserved.among(from+1, int(to-from)/2)
	}
	return n
}
