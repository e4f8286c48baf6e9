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
//
// What every connection asks for is together in 64 bytes, a line of the
// processor's cache: a host may go round very many groups. The rest is in about.
type group struct {
	cells []cell
	*about

	id             uint32
	cursor         uint32   // where connect() goes on
	epoch          uint32   // of which the cursor is
	at             [2]int32 // by parity: what half of a port and its place differ by
	busy, timeWait int32
	reuse          bool // tcp_tw_reuse is on for it
	simple         bool // outbound, and without traits and bars: its ports need no second look
	stamped        bool // there are stamps
	loose          bool // of many peers: ports are not told apart
}

// about is what a connection seldom asks its group for.
type about struct {
	key   evidence.Key
	loop  bool // one of its addresses is a loopback one
	first int  // number of the first run of 128 ports
	words int  // cells per parity

	sum    [2]sums  // of the even ports, and the odd ones
	stamps []uint16 // by place; nil until the first mini-socket ended early: outdate explains them
	traits []traits // like cells; nil until one is needed
	bars   *portPlane
	span   *span

	miniFinWait2, orphans int32

	options SocketOptions // of the last listener, if loose
}

// newGroup returns a group without places.
func newGroup(id uint32, k evidence.Key) *group {
	return &group{id: id, about: &about{key: k}}
}

func (g *group) place(port uint16) int { return int(g.at[port&1]) + int(port>>1) }

func (g *group) portAt(place int) uint16 {
	odd := 0
	if place >= g.words<<6 {
		odd = 1
	}
	return uint16((place-int(g.at[odd]))<<1 | odd)
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
	old, cells := *g.about, g.cells
	g.first, g.words = first, end-first
	g.at = [2]int32{int32(-first << 6), int32((g.words - first) << 6)}
	g.cells = make([]cell, 2*g.words)
	for odd := range 2 {
		if old.words == 0 {
			break
		}
		from, to := odd*old.words, odd*g.words+old.first-first
		copy(g.cells[to:], cells[from:from+old.words])
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

// connects reports whether connect() can be called in the group: not in one that
// stands for many destinations.
func (g *group) connects() bool { return g.key.Direction == evidence.Outbound && !g.loose }

// simplify finds out whether the group is simple.
func (g *group) simplify() {
	g.simple = g.connects() && g.traits == nil && g.bars == nil
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
