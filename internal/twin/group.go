package twin

import (
	"iter"
	"math/bits"

	"github.com/linger-dev/linger/internal/evidence"
)

// cell is what a group knows of 64 ports of one parity: of one run of 128.
type cell struct {
	busy uint64 // the four-tuple is in use
	mini uint64 // of them: by a mini-socket
	ripe uint64 // of them: in TIME_WAIT, and connect() may take it over
	open uint64 // an automatic connect() may take the port: free or ripe, and not barred
}

// portWords is how many runs of 128 ports there are.
const portWords = 1 << 16 / 128

// portPlane is a set of ports, laid out as cells are: the even ones first.
type portPlane [2 * portWords]uint64

func planeAt(port uint16) (word int, bit uint64) {
	return int(port&1)*portWords + int(port>>7), 1 << (port >> 1 & 63)
}

func (p *portPlane) has(port uint16) bool {
	if p == nil {
		return false
	}
	w, bit := planeAt(port)
	return p[w]&bit != 0
}

// group is all connections between one pair of addresses and one service port:
// those of a tally. Its ports are the local ones if it is outbound, else those
// of the peers.
//
// A place is the number of a port within the group: that of its cell times 64,
// and its bit. The places of one parity follow each other as the ports do.
type group struct {
	key    evidence.Key
	id     uint32
	loop   bool // one of its addresses is a loopback one
	reuse  bool // tcp_tw_reuse is on for it
	simple bool // outbound, and without stamps, traits and bars: its ports need no second look
	loose  bool // of many peers: ports are not told apart

	first  int // number of the first run of 128 ports
	words  int // cells per parity
	cells  []cell
	sum    []uint64 // a bit for each cell: open is not zero
	stamps []uint16 // by place; nil until the first mini-socket ended early: outdate explains them
	traits []traits // like cells; nil until one is needed
	bars   *portPlane
	span   *span

	busy, timeWait, miniFinWait2, orphans int

	options SocketOptions // of the last listener, if loose

	cursor uint32 // where connect() goes on
	epoch  int64  // of which the cursor is
}

func (g *group) place(port uint16) int {
	return (int(port&1)*g.words+int(port>>7)-g.first)<<6 | int(port>>1&63)
}

func (g *group) portAt(place int) uint16 {
	w, odd := place>>6, 0
	if w >= g.words {
		w, odd = w-g.words, 1
	}
	return uint16((w+g.first)<<7 | place&63<<1 | odd)
}

// covers reports whether the port has a place.
func (g *group) covers(port uint16) bool {
	w := int(port >> 7)
	return w >= g.first && w < g.first+g.words
}

// reach makes places for all ports from low to high.
func (g *group) reach(low, high uint16) {
	if g.loose || g.words > 0 && g.covers(low) && g.covers(high) {
		return
	}
	first, end := int(low>>7), int(high>>7)+1
	if g.words > 0 {
		first, end = min(first, g.first), max(end, g.first+g.words)
	}
	old := *g
	g.first, g.words = first, end-first
	g.cells = make([]cell, 2*g.words)
	g.sum = make([]uint64, (2*g.words+63)/64)
	for odd := range 2 {
		if old.words == 0 {
			break
		}
		from, to := odd*old.words, odd*g.words+old.first-first
		copy(g.cells[to:], old.cells[from:from+old.words])
		if old.traits != nil {
			if odd == 0 {
				g.traits = make([]traits, len(g.cells))
			}
			copy(g.traits[to:], old.traits[from:from+old.words])
		}
		if old.stamps != nil {
			if odd == 0 {
				g.stamps = make([]uint16, len(g.cells)*64)
			}
			copy(g.stamps[to<<6:], old.stamps[from<<6:(from+old.words)<<6])
		}
	}
	g.reopen()
}

// reopen computes anew which ports are open.
func (g *group) reopen() {
	clear(g.sum)
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
		if c.open != 0 {
			g.sum[w>>6] |= 1 << (w & 63)
		}
	}
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
		g.sum[w>>6] |= 1 << (w & 63)
	}
}

func (g *group) shut(c *cell, w int, bit uint64) {
	c.open &^= bit
	if c.open == 0 {
		g.sum[w>>6] &^= 1 << (w & 63)
	}
}

// next returns the first open place in [from, to), or -1.
func (g *group) next(from, to int) int {
	if from >= to {
		return -1
	}
	w := from >> 6
	if x := g.cells[w].open >> (from & 63); x != 0 {
		return below(from+bits.TrailingZeros64(x), to)
	}
	w++
	s := w >> 6
	if s >= len(g.sum) {
		return -1
	}
	x := g.sum[s] >> (w & 63) << (w & 63)
	for x == 0 {
		s++
		if s<<12 >= to || s >= len(g.sum) {
			return -1
		}
		x = g.sum[s]
	}
	w = s<<6 | bits.TrailingZeros64(x)
	return below(w<<6|bits.TrailingZeros64(g.cells[w].open), to)
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
	g.sum[w>>6] |= 1 << (w & 63)
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
	g.sum[w>>6] |= 1 << (w & 63)
}

// connects reports whether connect() can be called in the group: not in one that
// stands for many destinations.
func (g *group) connects() bool { return g.key.Direction == evidence.Outbound && !g.loose }

// simplify finds out whether the group is simple.
func (g *group) simplify() {
	g.simple = g.connects() && g.stamps == nil && g.traits == nil && g.bars == nil
}

// places yields the busy places.
func (g *group) places() iter.Seq[int] {
	return func(yield func(int) bool) {
		for w := range g.cells {
			for x := g.cells[w].busy; x != 0; x &= x - 1 {
				if !yield(w<<6 | bits.TrailingZeros64(x)) {
					return
				}
			}
		}
	}
}
