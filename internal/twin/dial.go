package twin

import "math/bits"

// dial finds a port and takes it.
func (h *Host) dial(g *group, s *span) found {
	if g.reuse && h.ripened != h.ms {
		h.ripen()
	}
	var f found
	if s.usual && g.epoch == h.salted {
		f = h.quick(g, s)
	} else {
		f = h.search(g, s)
	}
	h.counters.Visited += uint64(f.visited)
	if f.place < 0 {
		h.counters.NoPort++
		return f
	}
	h.counters.ActiveOpens++
	c, bit := &g.cells[f.place>>6], uint64(1)<<(f.place&63)
	if c.busy&bit != 0 {
		h.counters.TWRecycled++
		h.kill(g, f.place)
		if g.traits != nil {
			g.traits[f.place>>6].clear(bit)
		}
		f.reused = true
		return f // its timestamps go on
	}
	c.busy |= bit
	g.busy++
	g.shut(c, f.place>>6, bit)
	if !h.stamping {
		t, bit := g.trait(f.place)
		t.bare |= bit
	}
	return f
}

// quick is search in a usual span, while the secret stays. Mostly a port is open
// among the 64 of the cell that the search begins in.
func (h *Host) quick(g *group, s *span) found {
	offset := g.cursor % s.count &^ 1
	place := g.place(uint16(s.low + offset))
	x := g.cells[place>>6].open >> (place & 63)
	before := uint32(bits.TrailingZeros64(x))
	if x == 0 || offset+2*before >= s.count {
		return h.far(g, s, offset)
	}
	g.cursor += 2*max(before, h.rand.Below8()) + 2
	return found{place: place + int(before), visited: int(before) + 1}
}

// far is quick from anywhere: it goes round all ports of the parity of the lowest
// one, then round the others.
func (h *Host) far(g *group, s *span, offset uint32) found {
	each := int(s.count / 2)
	from := g.place(uint16(s.low + offset))
	before := g.round(s.low&1, from, from-int(offset/2), each)
	f := found{place: from}
	if before == each {
		f.place = g.place(uint16(s.low + offset + 1))
		before = g.round(s.low&1^1, f.place, f.place-int(offset/2), each)
		f.visited, f.second = each, true
		if before == each {
			return found{place: -1, visited: 2 * each, second: true}
		}
	}
	f.visited += before + 1
	if f.place += before; int(offset/2)+before >= each {
		f.place -= each
	}
	g.cursor += 2*max(uint32(before), h.rand.Below8()) + 2
	return f
}

// round returns how many ports are visited before the first open one, from a
// place on to the last and then from the first on: of one parity, of which there
// are count, the first at low.
func (g *group) round(parity uint32, from, low, count int) int {
	if g.sum[parity].top == 0 {
		return count
	}
	if at := g.next(from, low+count); at >= 0 {
		return at - from
	}
	if at := g.next(low, from); at >= 0 {
		return at - from + count
	}
	return count
}
