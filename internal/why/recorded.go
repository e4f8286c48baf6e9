package why

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Recorded returns who holds a port as far as a snapshot tells. It holds no
// options of sockets, so an answer that depends on them is unsure.
func Recorded(snap *evidence.Snapshot, ns *evidence.Namespace, port uint16) *evidence.PortHolders {
	p := &evidence.PortHolders{Port: port, Owners: snap.Owners}
	for i := range ns.Listeners {
		if l := &ns.Listeners[i]; l.Port == port {
			p.Holders = append(p.Holders, listening(l))
		}
	}
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		switch {
		case t.Direction == evidence.Inbound && t.Port == port:
			p.Holders = append(p.Holders, inbound(ns, t)...)
		case t.Direction == evidence.Outbound && t.Ports.Has(port):
			p.Holders = append(p.Holders, outbound(ns, t, port))
		}
	}
	if ns.Bound.Idle.Has(port) {
		p.Holders = append(p.Holders, evidence.Holder{
			AddrUnknown: true, State: tcp.BoundInactive, Explicit: evidence.Yes, Count: 1,
		})
	}
	p.Gaps = []evidence.Gap{{
		What:  "a snapshot holds no SO_REUSEADDR and SO_REUSEPORT of sockets, nor the kernel's bind table",
		Loses: "where the answer depends on them, both cases are told",
	}}
	return p
}

func listening(l *evidence.Listener) evidence.Holder {
	h := evidence.Holder{
		Addr: l.Addr, V6: l.V6, V6Only: evidence.TriOf(l.V6Only), State: tcp.Listen, Explicit: evidence.Yes,
		UID: l.UID, UIDKnown: true, Count: 1,
	}
	if len(l.PIDs) > 0 {
		h.Who = evidence.Maker{PIDs: l.PIDs, Basis: evidence.Held}
	}
	return h
}

// inbound makes a holder for each state of the tally.
func inbound(ns *evidence.Namespace, t *evidence.Tally) []evidence.Holder {
	var all []evidence.Holder
	for s, n := range t.States {
		state := tcp.State(s)
		if n == 0 || state == tcp.SynRecv || state == tcp.NewSynRecv || state == tcp.Listen {
			continue
		}
		h := holderOf(t)
		h.State, h.Count, h.Who = state, n, t.HolderOf(state)
		if state == tcp.FinWait2 && t.MiniFinWait2 > 0 {
			mini := h
			mini.Mini, mini.Count, mini.Who = true, min(n, t.MiniFinWait2), ns.MakerOf(t)
			all = append(all, mini)
			if h.Count -= mini.Count; h.Count == 0 {
				continue
			}
		}
		if state == tcp.TimeWait {
			h.Mini, h.Who = true, ns.MakerOf(t)
			h.Soonest, h.Latest, h.Timed = ending(&t.Minute)
		}
		all = append(all, h)
	}
	return all
}

func outbound(ns *evidence.Namespace, t *evidence.Tally, port uint16) evidence.Holder {
	h := holderOf(t)
	h.State, h.Count, h.Who = tcp.Established, 1, ns.MakerOf(t)
	if t.TimeWaitPorts.Has(port) {
		h.State, h.Mini = tcp.TimeWait, true
		h.Soonest, h.Latest, h.Timed = ending(&t.Minute)
	}
	if ns.Bound.Connected.Has(port) {
		h.Explicit = evidence.Yes
	}
	return h
}

func holderOf(t *evidence.Tally) evidence.Holder {
	h := evidence.Holder{Addr: t.Src, V6: t.Src.Is6(), Direction: t.Direction}
	if h.Direction == evidence.Inbound {
		h.Explicit = evidence.Yes
	}
	if !t.Src.IsValid() {
		h.AddrUnknown = true
	}
	return h
}

// ending bounds when the TIME_WAITs of a tally end, to the second.
func ending(m *evidence.Minute) (soonest, latest time.Duration, known bool) {
	for age, n := range m.Age {
		if n == 0 {
			continue
		}
		left := evidence.TimeWaitLen - time.Duration(age)*time.Second
		if !known {
			latest = left
		}
		soonest, known = left-time.Second, true
	}
	if m.Tail > 0 {
		soonest, known = 0, true
	}
	return soonest, latest, known
}
