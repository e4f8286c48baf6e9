package twin

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/tcp"
)

// Snapshot returns the evidence that a look at the host gives now, in the form
// that a live kernel's has. Nobody holds its sockets, and directions are never
// guessed. All live connections are told as ESTABLISHED.
func (h *Host) Snapshot() *evidence.Snapshot {
	s := &evidence.Snapshot{
		Taken:      h.began.Add(h.Now()),
		Host:       evidence.Host{Name: h.name, Kernel: h.kernel.Release, HZ: int(h.hz), Root: true, Source: "twin"},
		Namespaces: make([]evidence.Namespace, 1),
	}
	switch h.kernel.Timer {
	case Slots: // a slot of more than 100 takes the hand twice as long
		s.Host.Tail = 52500 * time.Millisecond
	case Exact:
		s.Host.Tail = time.Second / time.Duration(h.hz)
	default:
		s.Host.Tail = s.Host.Granularity(evidence.TimeWaitLen)
	}
	ns := &s.Namespaces[0]
	ns.ID, ns.Name, ns.Settings = 1, h.name, h.settings
	h.fillBound(ns)
	h.fillTallies(ns)
	ns.Counters = h.evidenceCounters(ns)
	return s
}

func (h *Host) fillBound(ns *evidence.Namespace) {
	ns.Bound = evidence.Bound{
		Listening: new(evidence.PortSet), Accepted: new(evidence.PortSet), Idle: new(evidence.PortSet), Connected: new(evidence.PortSet),
	}
	for i := range h.sockets {
		switch s := &h.sockets[i]; {
		case !s.used:
		case s.listens:
			ns.Bound.Listening.Add(s.port)
			ns.Listeners = append(ns.Listeners, evidence.Listener{
				Addr: s.addr, Port: s.port, V6: s.addr.Is6(), V6Only: s.V6Only, Inode: uint64(i) + 1, UID: s.UID, Backlog: 4096,
			})
		default:
			ns.Bound.Idle.Add(s.port)
		}
	}
}

func (h *Host) fillTallies(ns *evidence.Namespace) {
	at := make([]*evidence.Tally, len(h.groups))
	for _, g := range h.groups {
		if g.busy == 0 {
			continue
		}
		t := g.tally(&ns.Bound)
		t.Reason = h.reason(g, ns)
		at[g.id] = t
		ns.Dump.Sockets += uint64(g.busy)
	}
	for _, r := range h.rows {
		if r.kind == timeWaitRow {
			h.fillMinutes(r, at)
		}
	}
	for _, t := range at {
		if t != nil {
			ns.Tallies = append(ns.Tallies, *t)
		}
	}
	slices.SortFunc(ns.Tallies, func(a, b evidence.Tally) int {
		return cmp.Or(cmp.Compare(b.States.Total(), a.States.Total()), a.Compare(b.Key))
	})
}

// tally returns what the group's own numbers tell, and adds to the bound ports.
func (g *group) tally(bound *evidence.Bound) *evidence.Tally {
	t := &evidence.Tally{Key: g.key, MiniFinWait2: uint64(g.miniFinWait2)}
	t.States[tcp.TimeWait] = uint64(g.timeWait)
	t.States[tcp.FinWait2] = uint64(g.miniFinWait2 + g.orphans)
	t.States[tcp.Established] = uint64(g.busy - g.timeWait - g.miniFinWait2 - g.orphans)
	t.Orphans[tcp.FinWait2] = uint64(g.orphans)
	if g.loose {
		t.Merged = 1
	}
	if g.key.Direction == evidence.Inbound {
		bound.Accepted.Add(g.key.Port)
		return t
	}
	if g.loose {
		return t
	}
	t.Ports, t.TimeWaitPorts, t.ReusablePorts = new(evidence.PortSet), new(evidence.PortSet), new(evidence.PortSet)
	for place := range g.places() {
		port := g.portAt(place)
		t.Ports.Add(port)
		traits, bit := g.has(place)
		mini := g.cells[place>>6].mini&bit != 0
		if mini && traits.finWait2&bit == 0 {
			t.TimeWaitPorts.Add(port)
		}
		if !mini && traits.bound&bit != 0 { // inet_diag does not tell of a mini-socket's
			bound.Connected.Add(port)
		}
	}
	return t
}

// fillMinutes adds the ages of a row's mini-sockets to the tallies.
func (h *Host) fillMinutes(r *row, at []*evidence.Tally) {
	limit := int64(-1) // less than this left is old enough for tcp_tw_reuse
	if h.stamping && h.mode > 0 {
		limit = timeWaitLen - h.delay
	}
	for n := r.head; n < r.tail; n++ {
		e := *r.slot(n)
		g := h.groups[e.group()]
		if !g.loose && e.stamp() != g.stamp(g.place(e.port())) {
			continue
		}
		left := max(0, r.length-(h.ms-e.at(h.ms)))
		t := at[g.id]
		t.Minute.Count(uint32(left))
		if left < limit && t.ReusablePorts != nil && (h.mode == 1 || g.loop) {
			t.ReusablePorts.Add(e.port())
		}
	}
}

// reason is what tells the direction of a group in a dump.
func (h *Host) reason(g *group, ns *evidence.Namespace) evidence.Reason {
	listens := func() bool {
		s := g.key.Service()
		return slices.ContainsFunc(ns.Listeners, func(l evidence.Listener) bool { return l.Covers(s.Addr(), s.Port()) })
	}
	switch {
	case (g.key.Direction == evidence.Inbound || g.loop || g.key.Src == g.key.Dst) && listens():
		return evidence.ByListener
	case uint32(g.key.Port) < h.span.low || uint32(g.key.Port) >= h.span.end:
		return evidence.ByPortRange
	}
	return evidence.ByLowerPort
}

func (h *Host) evidenceCounters(ns *evidence.Namespace) evidence.Counters {
	c := &h.counters
	out := evidence.Counters{
		Sockstat: map[string]int64{"TCP.tw": int64(h.population)},
		TCP: map[string]int64{
			"TW": int64(c.TW), "TWKilled": int64(c.TWKilled), "TWRecycled": int64(c.TWRecycled),
			"TCPTimeWaitOverflow": int64(c.TCPTimeWaitOverflow), "TCPAbortOnData": int64(c.TCPAbortOnData),
			"TCPAbortOnLinger": int64(c.TCPAbortOnLinger), "ActiveOpens": int64(c.ActiveOpens), "PassiveOpens": int64(c.PassiveOpens),
			"AttemptFails": int64(c.AttemptFails),
		},
	}
	var live, orphans int64
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		live += int64(t.States[tcp.Established])
		orphans += int64(t.Orphans[tcp.FinWait2])
	}
	maps.Copy(out.TCP, map[string]int64{"CurrEstab": live})
	out.Sockstat["TCP.inuse"], out.Sockstat["TCP.orphan"] = live+int64(len(ns.Listeners)), orphans
	return out
}
