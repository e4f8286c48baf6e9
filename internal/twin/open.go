package twin

import "math/bits"

// reopen computes anew which ports are open.
func (g *group) reopen() {
	g.sum = [2]sums{}
	for w := range g.cells {
		c := &g.cells[w]
		c.open = ^c.busy | c.ripe
		if g.bars != nil {
			odd := 0
			if w >= g.words {
				odd = 1
			}
			c.open &^= g.bars[odd*portWords+g.first+w-odd*g.words]
		}
		c.open &= g.inSpan(w)
		if c.open != 0 {
			g.opened(w)
		}
	}
}

// inSpan returns which ports of the cell w are in the range that searches of the
// group walk, so that a full range has no cell with an open port. What becomes
// free outside of it later does count as open, and searches pass it by.
func (g *group) inSpan(w int) uint64 {
	x := ^uint64(0)
	if g.span == nil { // a gateway's
		return x
	}
	first, low, end := uint32(g.portAt(w<<6)), g.span.low, g.span.end
	if first >= end {
		return 0
	}
	if first < low {
		x <<= (low - first + 1) / 2
	}
	if first+128 > end {
		x &= 1<<((end-first+1)/2) - 1
	}
	return x
}

// refresh computes anew whether one port is open.
func (g *group) refresh(port uint16) {
	if !g.covers(port) {
		return
	}
	place := g.place(port)
	w, bit := place>>6, uint64(1)<<(place&63)
	c := &g.cells[w]
	if (c.busy&^c.ripe)&bit != 0 || g.bars.has(port) {
		g.shut(c, w, bit)
	} else {
		c.open |= bit
		g.opened(w)
	}
}

// shut closes ports of c, which is the cell w.
func (g *group) shut(c *cell, w int, bit uint64) {
	c.open &^= bit
	if c.open == 0 {
		sum, w := g.sumOf(w)
		sum.remove(w)
	}
}

// opened says that the cell w has an open port.
func (g *group) opened(w int) {
	sum, w := g.sumOf(w)
	sum.add(w)
}

// next returns the first open place in [from, to), or -1. Both are of one parity.
func (g *group) next(from, to int) int {
	if from >= to {
		return -1
	}
	w := from >> 6
	if x := g.cells[w].open >> (from & 63); x != 0 {
		return below(from+bits.TrailingZeros64(x), to)
	}
	sum, w := g.sumOf(w)
	if at := sum.next(w + 1); at >= 0 {
		at += from>>6 - w
		return below(at<<6|bits.TrailingZeros64(g.cells[at].open), to)
	}
	return -1
}

func below(place, to int) int {
	if place < to {
		return place
	}
	return -1
}

// take makes a free place busy.
func (g *group) take(place int) {
	w, bit := place>>6, uint64(1)<<(place&63)
	c := &g.cells[w]
	c.busy |= bit
	g.shut(c, w, bit)
	g.busy++
}

// free makes a busy place free.
func (g *group) free(place int) {
	w, bit := place>>6, uint64(1)<<(place&63)
	c := &g.cells[w]
	c.busy &^= bit
	c.mini &^= bit
	c.ripe &^= bit
	g.busy--
	if g.traits != nil {
		g.traits[w].clear(bit)
	}
	if g.bars != nil && g.bars.has(g.portAt(place)) {
		return
	}
	c.open |= bit
	g.opened(w)
}

// vacate ends a TIME_WAIT of a simple group: free, and counted.
func (g *group) vacate(place int) {
	c, bit := &g.cells[place>>6], uint64(1)<<(place&63)
	c.busy &^= bit
	c.mini &^= bit
	c.ripe &^= bit
	if c.open == 0 {
		g.opened(place >> 6)
	}
	c.open |= bit
	g.busy--
	g.timeWait--
}

// ripen lets connect() take over a place that is in TIME_WAIT.
func (g *group) ripen(place int) {
	w, bit := place>>6, uint64(1)<<(place&63)
	if g.traits != nil && g.traits[w].bare&bit != 0 {
		return
	}
	c := &g.cells[w]
	c.ripe |= bit
	if g.bars != nil && g.bars.has(g.portAt(place)) {
		return
	}
	c.open |= bit
	g.opened(w)
}

// sumOf returns the sums that the cell w of the group is in, and its number there.
func (g *group) sumOf(w int) (*sums, int) {
	if w < g.words {
		return &g.sum[0], w
	}
	return &g.sum[1], w - g.words
}
