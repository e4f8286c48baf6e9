package twin

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
)

// conflicts reports whether a bind() of s meets a user of the port that it may
// not share it with: inet_csk_bind_conflict. relax lets SO_REUSEADDR share, and
// reusePort SO_REUSEPORT; a search for a port allows neither at first.
func (h *Host) conflicts(s *socket, relax, reusePort bool) bool {
	for i := range h.sockets {
		o := &h.sockets[i]
		if !o.used || o.port != s.port || !overlap(s.addr, o.addr, s.V6Only, o.V6Only) {
			continue
		}
		addr, port := s.ReuseAddr && o.ReuseAddr && !o.listens, s.ReusePort && o.ReusePort && s.UID == o.UID
		if !shares(addr, port, relax, reusePort) {
			return true
		}
	}
	for _, g := range h.groups {
		if g.busy == 0 || !overlap(s.addr, g.key.Src, s.V6Only, false) {
			continue
		}
		if g.key.Direction == evidence.Outbound && g.keepsOut(s, relax, reusePort) ||
			g.key.Direction == evidence.Inbound && g.key.Port == s.port && g.keepsAllOut(s, relax, reusePort) {
			return true
		}
	}
	return false
}

// shares is inet_bind_conflict, for two sockets of one port whose addresses
// overlap; addr says that both have SO_REUSEADDR and the other does not listen,
// port that both have SO_REUSEPORT and one user.
func shares(addr, port, relax, reusePort bool) bool {
	if addr {
		return relax && (reusePort || !port)
	}
	return reusePort && port
}

// keepsOut is conflicts for the outbound connection from the port of s.
func (g *group) keepsOut(s *socket, relax, reusePort bool) bool {
	if !g.holds(s.port) {
		return false
	}
	t, bit := g.has(g.place(s.port))
	return !shares(s.ReuseAddr && t.reuseAddr&bit != 0, s.ReusePort && t.reusePort&bit != 0, relax, reusePort)
}

// keepsAllOut is conflicts for all accepted connections of a service.
func (g *group) keepsAllOut(s *socket, relax, reusePort bool) bool {
	if g.loose {
		return !shares(s.ReuseAddr && g.options.ReuseAddr, s.ReusePort && g.options.ReusePort, relax, reusePort)
	}
	for w := range g.cells {
		t, _ := g.has(w << 6)
		var addr, port, ok uint64
		if s.ReuseAddr {
			addr = t.reuseAddr
		}
		if s.ReusePort {
			port = t.reusePort
		}
		if relax {
			ok = addr &^ port
		}
		if relax && reusePort {
			ok = addr
		}
		if reusePort {
			ok |= port &^ addr
		}
		if g.cells[w].busy&^ok != 0 {
			return true
		}
	}
	return false
}

// overlap reports whether two bound addresses are one, or one of them is a
// wildcard over the other.
func overlap(a, b netip.Addr, aOnly6, bOnly6 bool) bool {
	return a == b || covers(a, b, aOnly6) || covers(b, a, bOnly6)
}

func covers(wildcard, b netip.Addr, only6 bool) bool {
	if !wildcard.IsUnspecified() {
		return false
	}
	return wildcard.Is4() == b.Is4() || wildcard.Is6() && !only6
}

// findBind is bind(0): inet_csk_find_open_port. It returns port 0 if none is
// left, and how many were looked at.
func (h *Host) findBind(s *socket) (port uint16, visited int) {
	low, high := uint16(h.span.low), uint16(h.span.end-1)
	if h.kernel.OwnRange && s.Range != (evidence.PortRange{}) {
		low, high = within(low, high, s.Range)
	}
	for _, relax := range [2]bool{false, true} {
		if relax && !h.settings.AutobindReuse.Is(1) {
			break
		}
		for _, half := range h.halves(low, high, s.ReuseAddr) {
			n := 0
			port, n = h.findIn(s, half, relax)
			visited += n
			if port != 0 {
				return port, visited
			}
		}
	}
	return 0, visited
}

// halves returns the parts of the range that are searched one after the other.
// With SO_REUSEADDR the lower half comes first.
func (h *Host) halves(low, high uint16, reuseAddr bool) []evidence.PortRange {
	size := int(high) - int(low) + 1
	if !h.kernel.BindParity || !reuseAddr || size < 4 {
		return []evidence.PortRange{{Low: low, High: high}}
	}
	half := uint16(size >> 2 << 1)
	return []evidence.PortRange{{Low: low, High: low + half - 1}, {Low: low + half, High: high}}
}

func (h *Host) findIn(s *socket, r evidence.PortRange, relax bool) (port uint16, visited int) {
	low, end := uint32(r.Low), uint32(r.High)+1
	count, step, passes := end-low, uint32(1), 1
	if h.kernel.BindParity {
		step, passes = 2, 2
		if count > 1 {
			count &^= 1
		}
	}
	offset := h.rand.Below(count)
	if h.kernel.BindParity {
		offset |= 1 // the parity that connect() comes to last
	}
	try := *s
	for range passes {
		at := low + offset
		for i := uint32(0); i < count; i, at = i+step, at+step {
			if at >= end {
				at -= count
			}
			if h.settings.Reserved.Has(uint16(at)) {
				continue
			}
			visited++
			if try.port = uint16(at); !h.conflicts(&try, relax, false) {
				return try.port, visited
			}
		}
		offset--
	}
	return 0, visited
}
