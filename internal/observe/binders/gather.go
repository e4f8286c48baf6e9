package binders

import (
	"net/netip"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Gather makes holders of the rows of a socket dump, for where the kernel's
// own structures cannot be read. The zero value is ready. It is for one
// goroutine at a time.
type Gather struct {
	groups   map[group]*evidence.Holder
	explicit map[uint64]struct{}
}

// group is what is alike in sockets that are told together.
type group struct {
	src    evidence.Addr
	v6     bool
	state  tcp.State
	mini   bool
	uid    uint32
	device uint32
	known  evidence.Tri
	orphan bool
}

// AddExplicit takes in a socket of a dump of Explicit ones. All of these come
// before Add.
func (g *Gather) AddExplicit(s *evidence.Socket) {
	if g.explicit == nil {
		g.explicit = make(map[uint64]struct{})
	}
	g.explicit[s.Cookie] = struct{}{}
}

// Add takes in a socket with the port at its local end.
func (g *Gather) Add(s *evidence.Socket) {
	if s.State == tcp.NewSynRecv || s.State == tcp.SynRecv {
		return // not in the bind table
	}
	k := group{
		src: s.Src, v6: s.V6, state: s.State, mini: s.Mini(), uid: s.UID, device: s.Ifindex,
		orphan: !s.Mini() && s.Inode == 0, known: g.bound(s),
	}
	h := g.groups[k]
	if h == nil {
		if g.groups == nil {
			g.groups = make(map[group]*evidence.Holder)
		}
		h = first(s, k)
		g.groups[k] = h
	}
	h.Count++
	if left := time.Duration(s.Expires) * time.Millisecond; k.mini {
		h.Soonest, h.Latest = min(h.Soonest, left), max(h.Latest, left)
	}
	if s.Inode != 0 && len(h.Inodes) < 4 {
		h.Inodes = append(h.Inodes, s.Inode)
	}
}

// bound says whether a program bound the port, as far as a dump tells.
func (g *Gather) bound(s *evidence.Socket) evidence.Tri {
	if _, ok := g.explicit[s.Cookie]; ok || s.State == tcp.Listen || s.State == tcp.BoundInactive || s.State == tcp.Close {
		return evidence.Yes
	}
	return evidence.Unsure
}

func first(s *evidence.Socket, k group) *evidence.Holder {
	h := &evidence.Holder{
		Addr: s.Src.Netip(), V6: s.V6, V6Only: evidence.No, State: s.State, Mini: k.mini, Explicit: k.known,
		UID: s.UID, UIDKnown: !k.mini, Orphan: k.orphan, Device: s.Ifindex,
	}
	if s.V6 {
		h.V6Only = evidence.Unsure
		switch {
		case h.Addr.Is4():
			h.V6Only = evidence.No
		case s.State == tcp.Listen, s.State == tcp.BoundInactive:
			h.V6Only = evidence.TriOf(s.V6Only || h.Native())
		}
	}
	if h.State == tcp.Close {
		h.State = tcp.BoundInactive
	}
	if s.DstPort != 0 && s.State != tcp.Listen {
		h.Remote = netip.AddrPortFrom(s.Dst.Netip(), s.DstPort)
	}
	if k.mini {
		left := time.Duration(s.Expires) * time.Millisecond
		h.Soonest, h.Latest, h.Timed = left, left, true
	}
	return h
}

// Holders returns what was added, in a fixed order.
func (g *Gather) Holders(port uint16) *evidence.PortHolders {
	p := &evidence.PortHolders{Port: port}
	for _, h := range g.groups {
		p.Holders = append(p.Holders, *h)
	}
	slices.SortFunc(p.Holders, func(a, b evidence.Holder) int { return a.Compare(&b) })
	return p
}

// Reset forgets the sockets of Add, for a dump that is begun anew.
func (g *Gather) Reset() { g.groups = nil }
