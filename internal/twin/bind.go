package twin

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
)

// SocketID names a socket that is bound and not connected. It is good until
// Unbind or ConnectFrom, and may be given again then.
type SocketID int

// SocketOptions are set on a socket before bind().
type SocketOptions struct {
	ReuseAddr, ReusePort bool
	V6Only               bool
	UID                  uint32             // who made it
	Range                evidence.PortRange // IP_LOCAL_PORT_RANGE; a zero bound is not set
}

type socket struct {
	SocketOptions
	used, listens bool
	addr          netip.Addr
	port          uint16
}

// Bind is bind() to an address of the host. Port 0 lets the kernel choose. It
// returns how many ports the kernel looked at then. The error is EADDRINUSE.
//
// The history of a bind bucket is not kept: that a binder that came and went can
// change what SO_REUSEPORT allows over a TIME_WAIT is out of scope.
func (h *Host) Bind(addr netip.Addr, port uint16, o SocketOptions) (id SocketID, visited int, err error) {
	s := socket{SocketOptions: o, used: true, addr: addr.Unmap(), port: port}
	if port == 0 {
		if s.port, visited = h.findBind(&s); s.port == 0 {
			return -1, visited, EADDRINUSE
		}
	} else if h.conflicts(&s, true, true) {
		return -1, 0, EADDRINUSE
	}
	h.hold(s.port)
	for i := range h.sockets {
		if !h.sockets[i].used {
			h.sockets[i] = s
			return SocketID(i), visited, nil
		}
	}
	h.sockets = append(h.sockets, s)
	return SocketID(len(h.sockets) - 1), visited, nil
}

// Port returns the port of a bound socket.
func (h *Host) Port(id SocketID) uint16 { return h.sockets[id].port }

// Listen is listen() on a bound socket. The error is EADDRINUSE if another
// listener took the port since.
func (h *Host) Listen(id SocketID) error {
	s := &h.sockets[id]
	s.used = false // it is not in its own way
	taken := h.conflicts(s, true, true)
	s.used = true
	if taken {
		return EADDRINUSE
	}
	s.listens = true
	return nil
}

// Unbind closes a socket that is not connected. What it accepted lives on.
func (h *Host) Unbind(id SocketID) {
	s := &h.sockets[id]
	s.used, s.listens = false, false
	h.unhold(s.port)
}

// ConnectFrom is connect() of a bound socket, in an outbound group. Only the
// four-tuple matters: one in TIME_WAIT that had timestamps is taken over at
// once, whatever tcp_tw_reuse says (tcp_twsk_unique without a twp). Otherwise
// the error is EADDRNOTAVAIL, or EINVAL for a group of another kind, and the
// socket stays bound.
func (h *Host) ConnectFrom(id SocketID, to GroupID) (Attempt, error) {
	s, g := &h.sockets[id], h.groups[to]
	if !g.connects() {
		return Attempt{}, EINVAL
	}
	a := Attempt{Conn: Conn{Group: to, Port: s.port}, Visited: 1}
	g.reach(s.port, s.port)
	place := g.place(s.port)
	if w, bit := place>>6, uint64(1)<<(place&63); g.cells[w].busy&bit != 0 {
		t, _ := g.has(place)
		if g.cells[w].mini&^t.bare&bit == 0 {
			return a, EADDRNOTAVAIL
		}
		a.Reused = true
		h.counters.TWRecycled++
		h.kill(g, place)
		h.release(g, place)
	}
	g.take(place)
	h.counters.ActiveOpens++
	h.mark(g, place, Dial{ReuseAddr: s.ReuseAddr, ReusePort: s.ReusePort, PeerHasNoTimestamps: !h.stamping && !a.Reused})
	t, bit := g.trait(place)
	t.bound |= bit // it takes over the socket's hold of the port
	s.used, s.listens = false, false
	return a, nil
}

// Accept is a handshake that a peer begins, from this port of its own. A
// TIME_WAIT of the same four-tuple gives way, as to an acceptable SYN; no counter
// shows it. The options are those of the listener. The error is EADDRNOTAVAIL if
// the four-tuple is in use otherwise, and EINVAL if the group is not inbound.
func (h *Host) Accept(id GroupID, port uint16, o SocketOptions) (Conn, error) {
	c := Conn{Group: id, Port: port}
	g := h.groups[id]
	if g.key.Direction != evidence.Inbound {
		return c, EINVAL
	}
	if g.loose {
		g.options = o
		h.enterInbound(g)
		return c, nil
	}
	g.reach(port, port)
	place := g.place(port)
	if g.holds(port) {
		if err := h.Kill(c); err != nil {
			return c, EADDRNOTAVAIL
		}
	}
	h.accept(g, place)
	h.mark(g, place, Dial{ReuseAddr: o.ReuseAddr, ReusePort: o.ReusePort})
	return c, nil
}

func (h *Host) accept(g *group, place int) {
	if g.busy == 0 {
		h.hold(g.key.Port)
	}
	g.take(place)
	h.counters.PassiveOpens++
	if !h.stamping {
		t, bit := g.trait(place)
		t.bare |= bit
	}
}

func (h *Host) enterInbound(g *group) {
	if g.busy == 0 {
		h.hold(g.key.Port)
	}
	g.busy++
	h.counters.PassiveOpens++
}
