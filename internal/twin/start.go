package twin

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// phase guesses where the timer wheel is between two turns: what waits in the
// tail came there since the last one.
func (l *loader) phase(ns *evidence.Namespace) {
	var tail, last uint64
	for i := range ns.Tallies {
		m := &ns.Tallies[i].Minute
		tail += uint64(m.Tail)
		for _, n := range m.Age[50:] {
			last += uint64(n)
		}
	}
	since := l.grain() / 2
	if last > 0 {
		since = min(l.grain()-1, int64(tail*10_000/last))
	}
	l.now += since * 1e6
	l.start, l.ms = l.now, l.now/1e6
	for i := range l.young {
		if y := &l.young[i]; y.age >= timeWaitLen {
			y.age = timeWaitLen + (y.age-timeWaitLen)*since/l.grain()
		}
	}
}

// bound opens the listeners, and holds the other ports that are bound.
func (l *loader) bound(ns *evidence.Namespace) {
	for i := range ns.Listeners {
		s := &ns.Listeners[i]
		if s.Port == 0 || !s.Addr.IsValid() {
			continue
		}
		l.hold(s.Port)
		l.sockets = append(l.sockets, socket{
			SocketOptions: SocketOptions{V6Only: s.V6Only, UID: s.UID}, used: true, listens: true, addr: s.Addr.Unmap(), port: s.Port,
		})
	}
	for port := range ns.Bound.Idle.All() {
		l.hold(port)
		l.sockets = append(l.sockets, socket{used: true, addr: netip.IPv6Unspecified(), port: port})
	}
	for port := range ns.Bound.Connected.All() {
		for _, g := range l.groups {
			if g.key.Direction != evidence.Outbound || !g.holds(port) {
				continue
			}
			t, bit := g.trait(g.place(port))
			t.bound |= bit
			l.hold(port)
		}
	}
}

// enterAll starts the mini-sockets, oldest first.
func (l *loader) enterAll() {
	slices.SortStableFunc(l.young, func(a, b aged) int { return cmp.Compare(b.age, a.age) })
	f := l.finTime(0)
	for _, y := range l.young {
		g := l.groups[y.group]
		r := l.rows[0]
		if y.fin {
			r = l.rowOf(finWait2Row, f, 0)
		}
		at := l.ms - y.age
		if g.loose {
			l.enter(r, g, 0, 0, at)
		} else {
			place := g.place(y.port)
			l.enter(r, g, y.port, g.stamp(place), at)
			g.cells[place>>6].mini |= 1 << (place & 63)
			if y.fin {
				t, bit := g.trait(place)
				t.finWait2 |= bit
			}
		}
		l.population++
		if y.fin {
			g.miniFinWait2++
		} else {
			g.timeWait++
		}
	}
	l.young = nil
	l.wheel.spread(l.Host)
	l.reconsider()
}

func (l *loader) count(c *evidence.Counters) {
	for name, at := range map[string]*uint64{
		"TW": &l.counters.TW, "TWKilled": &l.counters.TWKilled, "TWRecycled": &l.counters.TWRecycled,
		"TCPTimeWaitOverflow": &l.counters.TCPTimeWaitOverflow, "ActiveOpens": &l.counters.ActiveOpens,
		"PassiveOpens": &l.counters.PassiveOpens, "AttemptFails": &l.counters.AttemptFails,
		"TCPAbortOnData": &l.counters.TCPAbortOnData, "TCPAbortOnLinger": &l.counters.TCPAbortOnLinger,
	} {
		*at = uint64(max(0, c.TCP[name]))
	}
}
