package twin

import (
	"iter"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Live yields the connections of a group that are live, in the order of places:
// even ports first. A group of many peers has none that could be named.
func (h *Host) Live(id GroupID) iter.Seq[Conn] {
	g := h.groups[id]
	return func(yield func(Conn) bool) {
		for place := range g.places() {
			if c := (Conn{Group: id, Port: g.portAt(place)}); h.live(g, c.Port) && !yield(c) {
				return
			}
		}
	}
}

// Groups returns the groups of the host and what they are called in tallies.
func (h *Host) Groups() iter.Seq2[GroupID, evidence.Key] {
	return func(yield func(GroupID, evidence.Key) bool) {
		for _, g := range h.groups {
			if !yield(GroupID(g.id), g.key) {
				return
			}
		}
	}
}

// Sockets yields the rows that a dump of the host's sockets would have, apart
// from listeners, groups of many peers and cookies. The order is that of groups.
func (h *Host) Sockets() iter.Seq[evidence.Socket] {
	return func(yield func(evidence.Socket) bool) {
		left := h.leftovers()
		for i := range h.sockets {
			s := &h.sockets[i]
			if s.used && !s.listens && !yield(evidence.Socket{State: tcp.BoundInactive, Src: evidence.AddrOf(s.addr), SrcPort: s.port, Inode: uint64(i) + 1}) {
				return
			}
		}
		for _, g := range h.groups {
			for place := range g.places() {
				port := g.portAt(place)
				if !yield(g.socket(place, left[Conn{Group: GroupID(g.id), Port: port}])) {
					return
				}
			}
		}
	}
}

// leftovers returns how many ms the mini-sockets have left on their timers.
func (h *Host) leftovers() map[Conn]uint32 {
	left := make(map[Conn]uint32, h.population)
	for _, r := range h.rows {
		for n := r.head; n < r.tail; n++ {
			e := *r.slot(n)
			g := h.groups[e.group()]
			if !g.loose && e.stamp() == g.stamp(g.place(e.port())) {
				age := h.ms - e.at(h.ms>>r.shift)<<r.shift
				left[Conn{Group: GroupID(g.id), Port: e.port()}] = uint32(max(0, r.length-age))
			}
		}
	}
	return left
}

func (g *group) socket(place int, left uint32) evidence.Socket {
	t, bit := g.has(place)
	s := evidence.Socket{
		V6: g.key.Dst.Is6(), State: tcp.Established, Src: evidence.AddrOf(g.key.Src), Dst: evidence.AddrOf(g.key.Dst),
		SrcPort: g.portAt(place), DstPort: g.key.Port, Inode: uint64(g.id)<<16 | uint64(place) + 1,
	}
	if g.key.Direction == evidence.Inbound {
		s.SrcPort, s.DstPort = s.DstPort, s.SrcPort
	}
	switch {
	case t.orphan&bit != 0:
		s.State, s.Timer, s.Expires, s.Inode = tcp.FinWait2, evidence.TimerKeepalive, left, 0
	case g.cells[place>>6].mini&bit == 0:
	case t.finWait2&bit != 0:
		s.State, s.Timer, s.Expires, s.Inode = tcp.FinWait2, evidence.TimerTimeWait, left, 0
	default:
		s.State, s.Timer, s.Expires, s.Inode = tcp.TimeWait, evidence.TimerTimeWait, left, 0
	}
	return s
}
