package twin

import (
	"github.com/linger-dev/linger/internal/evidence"
)

// Conn names a connection of a host: its group, and the port that tells it from
// the others of the group, which is the local one if the group is outbound. The
// name is free for another connection once the four-tuple is.
type Conn struct {
	Group GroupID
	Port  uint16
}

// Dial says how a connection is opened. The zero value is an ordinary client.
type Dial struct {
	ReuseAddr, ReusePort bool
	Range                evidence.PortRange // IP_LOCAL_PORT_RANGE; a zero bound is not set
	PeerHasNoTimestamps  bool
}

// Attempt is what came of a connect().
type Attempt struct {
	Conn
	Visited int  // ports whose bind bucket the kernel looked at: the work
	Second  bool // ports of the first parity were not enough
	Reused  bool // the port was taken over from a TIME_WAIT
}

// Connect is connect() of a socket without a port, in an outbound group. Its
// error is EADDRNOTAVAIL if no port is left; Visited says what that has cost. It
// is EINVAL for a group of another kind.
func (h *Host) Connect(id GroupID, d Dial) (Attempt, error) {
	g := h.groups[id]
	if !g.connects() {
		return Attempt{}, EINVAL
	}
	s := &h.span
	if own := d.Range; h.kernel.OwnRange && own != (evidence.PortRange{}) {
		low, high := within(uint16(s.low), uint16(s.end-1), own)
		mine := h.kernel.span(low, high, h.kernel.OwnRangePlain, s.reserved)
		s = &mine
	}
	f := h.dial(g, s)
	a := Attempt{Conn: Conn{Group: id}, Visited: f.visited, Second: f.second, Reused: f.reused}
	if f.place < 0 {
		return a, EADDRNOTAVAIL
	}
	a.Port = g.portAt(f.place)
	d.PeerHasNoTimestamps = d.PeerHasNoTimestamps && !f.reused
	h.mark(g, f.place, d)
	return a, nil
}

// mark remembers what is special about a connection.
func (h *Host) mark(g *group, place int, d Dial) {
	if g.loose || d == (Dial{}) {
		return
	}
	t, bit := g.trait(place)
	if d.PeerHasNoTimestamps {
		t.bare |= bit
	}
	if d.ReuseAddr {
		t.reuseAddr |= bit
	}
	if d.ReusePort {
		t.reusePort |= bit
	}
}

// Closing says how a connection ends.
type Closing uint8

// The ways to end, as this host sees them.
const (
	// ByUs is an active close: we close first, then the peer. It leaves a
	// TIME_WAIT here.
	ByUs Closing = iota
	// ByThem is a passive close: the peer closes first, then we.
	ByThem
	// ByReset is a reset of either side.
	ByReset
	// Abandoned is our close() without the peer's: the orphan stays in FIN_WAIT2
	// until FromPeer, or until its time is over.
	Abandoned
)

// Close ends a connection that is live. The error is ENOTCONN if it is not.
func (h *Host) Close(c Conn, how Closing) error { return h.CloseLinger2(c, how, 0) }

// CloseLinger2 is Close of a socket with TCP_LINGER2, in seconds: 0 if it was
// not set, negative for a reset instead of FIN_WAIT2.
func (h *Host) CloseLinger2(c Conn, how Closing, linger2 int) error {
	g := h.groups[c.Group]
	if !h.live(g, c.Port) {
		return ENOTCONN
	}
	place := 0
	if !g.loose {
		place = g.place(c.Port)
	}
	switch {
	case how == ByUs:
		h.closeActively(g, place, c.Port)
	case how == Abandoned && linger2 < 0:
		h.counters.TCPAbortOnLinger++
		h.drop(g, place)
	case how == Abandoned && !g.loose:
		h.abandon(g, place, int64(linger2)*1000)
	default:
		h.drop(g, place)
	}
	h.unstick()
	return nil
}

// live reports whether there is a connection that a process holds.
func (h *Host) live(g *group, port uint16) bool {
	if g.loose {
		return g.busy > g.timeWait
	}
	if !g.holds(port) {
		return false
	}
	place := g.place(port)
	t, bit := g.has(place)
	return (g.cells[place>>6].mini|t.orphan)&bit == 0
}

// drop ends a connection that leaves nothing behind.
func (h *Host) drop(g *group, place int) {
	if g.loose {
		h.leave(g)
		return
	}
	h.release(g, place)
}

// closeActively replaces a full socket by a mini-socket: tcp_time_wait.
func (h *Host) closeActively(g *group, place int, port uint16) {
	r := h.rows[0]
	if h.brisk && r.due != never && g.connects() && uint64(h.population) < h.limit {
		h.wait(r, g, place, port, h.ms)
		return
	}
	if !h.admit() {
		h.drop(g, place)
		return
	}
	if h.recycling && !g.loose { // TIME_WAIT of 3.5 RTO
		if t, bit := g.has(place); t.bare&bit == 0 {
			r = h.rowOf(timeWaitRow, floorLen, 0)
		}
	}
	h.become(r, g, place, port)
	h.population++
	g.timeWait++
}

// wait is closeActively without its questions: for an outbound connection of a
// brisk host, if the quota lets it, and something is in r, the row of TIME_WAIT.
func (h *Host) wait(r *row, g *group, place int, port uint16, ms int64) {
	stamp := uint8(0)
	if g.stamped {
		stamp = g.stamp(place)
	}
	r.push(makeEntry(g.id, port, stamp, ms))
	g.cells[place>>6].mini |= 1 << (place & 63)
	h.counters.TW++
	h.population++
	g.timeWait++
}

// admit reports whether the quota lets one more mini-socket be: a count that
// has reached tcp_max_tw_buckets does not (inet_twsk_alloc).
func (h *Host) admit() bool {
	if uint64(h.population) >= h.limit {
		h.counters.TCPTimeWaitOverflow++
		return false
	}
	return true
}

// become starts the mini-socket of a place.
func (h *Host) become(r *row, g *group, place int, port uint16) {
	if !g.loose {
		h.enter(r, g, port, g.stamp(place), h.ms)
		g.cells[place>>6].mini |= 1 << (place & 63)
	} else {
		h.enter(r, g, port, 0, h.ms)
	}
	if g.key.Direction == evidence.Inbound && r.kind == timeWaitRow && !g.loose {
		g.ripen(place) // the peer may open it anew with an acceptable SYN
	}
	switch {
	case h.kernel.CountsEnds:
	case r.length > 4000:
		h.counters.TW++
	default:
		h.counters.TWKilled++
	}
}

// release frees a place.
func (h *Host) release(g *group, place int) {
	if g.traits != nil && g.traits[place>>6].bound>>(place&63)&1 != 0 {
		g.free(place)
		h.unhold(g.portAt(place))
		return
	}
	g.free(place)
	if g.busy == 0 && g.key.Direction == evidence.Inbound {
		h.unhold(g.key.Port)
	}
}

// leave is release for a group whose ports are not told apart.
func (h *Host) leave(g *group) {
	g.busy--
	if g.busy == 0 && g.key.Direction == evidence.Inbound {
		h.unhold(g.key.Port)
	}
}
