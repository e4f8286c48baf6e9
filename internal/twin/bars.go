package twin

import "slices"

// bar makes the set of ports that automatic connect() passes over anew: the
// reserved ones, and those with a bound user.
func (h *Host) bar() {
	h.bars = nil
	if r := h.span.reserved; r != nil || len(h.barring) > 0 {
		h.bars = new(portPlane)
		if r != nil {
			*h.bars = r.ports
		}
	}
	for port := range h.barring {
		w, bit := planeAt(port)
		h.bars[w] |= bit
	}
	for _, g := range h.groups {
		if g.span == &h.span {
			g.bars = h.bars
			g.simplify()
		}
	}
}

// hold says that the bind bucket of port has one more user that was bound, or
// accepted by one that was. Its fastreuse is not -1 then: __inet_hash_connect
// passes it over whatever addresses are involved.
func (h *Host) hold(port uint16) {
	h.barring[port]++
	if h.barring[port] > 1 {
		return
	}
	if h.bars == nil {
		h.bar()
	}
	w, bit := planeAt(port)
	h.bars[w] |= bit
	h.refresh(port)
}

// leaveHold is the end of such a user. Before 6.18 the bucket stays as it is
// while it has any user left (Kernel.Forgets).
func (h *Host) unhold(port uint16) {
	if h.barring[port]--; h.barring[port] > 0 {
		return
	}
	if !h.kernel.Forgets && h.anyAutomatic(port) {
		h.barring[port] = 1
		h.stuck = append(h.stuck, port)
		return
	}
	h.unbar(port)
}

func (h *Host) unbar(port uint16) {
	delete(h.barring, port)
	if r := h.span.reserved; r != nil && r.ports.has(port) {
		return
	}
	w, bit := planeAt(port)
	h.bars[w] &^= bit
	h.refresh(port)
}

func (h *Host) refresh(port uint16) {
	for _, g := range h.groups {
		if g.span == &h.span {
			g.refresh(port)
		}
	}
}

// anyAutomatic reports whether any outbound connection has this local port.
func (h *Host) anyAutomatic(port uint16) bool {
	return slices.ContainsFunc(h.groups, func(g *group) bool {
		return g.span == &h.span && g.holds(port)
	})
}

// unstick opens the buckets that have become empty.
func (h *Host) unstick() {
	if len(h.stuck) == 0 {
		return
	}
	h.stuck = slices.DeleteFunc(h.stuck, func(port uint16) bool {
		switch {
		case h.barring[port] > 1: // somebody else is bound by now
			h.barring[port]--
		case h.anyAutomatic(port):
			return false
		default:
			h.unbar(port)
		}
		return true
	})
}

// holds reports whether the four-tuple of this port is in use.
func (g *group) holds(port uint16) bool {
	if g.loose || !g.covers(port) {
		return false
	}
	place := g.place(port)
	return g.cells[place>>6].busy>>(place&63)&1 != 0
}
