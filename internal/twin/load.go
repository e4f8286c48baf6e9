package twin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
)

// mostLoaded bounds the mini-sockets that Load takes, at 16 bytes each while it
// sorts them.
const mostLoaded = 1 << 24

// Load returns a host in the state that a snapshot shows of one of its
// namespaces: settings, counters, mini-sockets with what they have left to live,
// ports in use, listeners. Time 0 is when the snapshot was taken. Kernel, Behave,
// HZ and Settings of the options come before those of the snapshot.
//
// A snapshot does not tell everything: ages are spread evenly over the second
// that they are known in, and given to ports in their order, the oldest to those
// that are old enough for tcp_tw_reuse. Ports of peers are made up. Live sockets
// in any state are taken as ESTABLISHED; FIN_WAIT2 mini-sockets as evenly old.
func Load(s *evidence.Snapshot, namespace int, o Options) (*Host, error) {
	if namespace < 0 || namespace >= len(s.Namespaces) {
		return nil, fmt.Errorf("the snapshot has no namespace %d", namespace)
	}
	ns := &s.Namespaces[namespace]
	o.Kernel = cmp.Or(o.Kernel, s.Host.Kernel)
	o.HZ = cmp.Or(o.HZ, s.Host.HZ)
	o.Name = cmp.Or(o.Name, ns.Name)
	o.Began = s.Taken
	own := o.Settings
	o.Settings = evidence.Settings{}
	h, err := New(o)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(h.adopt(&ns.Settings), h.adopt(&own)); err != nil {
		return nil, err
	}
	l := loader{Host: h}
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		if n := t.Minute.Total(); n > mostLoaded || len(l.young)+int(n) > mostLoaded {
			return nil, fmt.Errorf("more than %d mini-sockets", mostLoaded)
		}
		l.tally(t)
	}
	l.phase(ns)
	l.bound(ns)
	l.enterAll()
	l.count(&ns.Counters)
	return h, nil
}

// loader is a host that is being filled.
type loader struct {
	*Host
	young []aged // mini-sockets that were not started yet
}

type aged struct {
	age   int64 // ms
	group uint32
	port  uint16
	fin   bool // in FIN_WAIT2
}

func (l *loader) tally(t *evidence.Tally) {
	if t.Direction != evidence.Outbound && t.Direction != evidence.Inbound {
		return
	}
	id := l.group(evidence.Key{Direction: t.Direction, Src: t.Src.Unmap(), Dst: t.Dst.Unmap(), Port: t.Port})
	g := l.groups[id]
	ages := l.ages(t)
	live := int(min(t.States.Live(), 1<<16))
	switch {
	case g.loose:
		for _, age := range ages {
			l.young = append(l.young, aged{age: age, group: g.id})
		}
		for range len(ages) + live {
			l.busyLoose(g)
		}
	case t.Direction == evidence.Inbound:
		l.fill(g, t, ages, peerPorts(len(ages)+live, g), nil)
	default:
		timeWait := slices.Collect(t.TimeWaitPorts.All())
		slices.SortStableFunc(timeWait, func(a, b uint16) int { return -compareBool(t.ReusablePorts.Has(a), t.ReusablePorts.Has(b)) })
		var rest []uint16
		for port := range t.Ports.All() {
			if !t.TimeWaitPorts.Has(port) {
				rest = append(rest, port)
			}
		}
		for len(ages) < len(timeWait) {
			ages = append(ages, 0)
		}
		l.fill(g, t, ages[:len(timeWait)], timeWait, rest)
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (l *loader) busyLoose(g *group) {
	if g.key.Direction == evidence.Inbound {
		l.enterInbound(g)
		l.counters.PassiveOpens--
	} else {
		g.busy++
	}
}

// fill takes the ports: the first ones for the TIME_WAITs of these ages, the
// next for mini-sockets in FIN_WAIT2, the others for live connections.
func (l *loader) fill(g *group, t *evidence.Tally, ages []int64, ports, rest []uint16) {
	if len(ports) > len(ages) {
		ports, rest = ports[:len(ages)], append(slices.Clone(ports[len(ages):]), rest...)
	}
	for i, port := range ports {
		l.occupy(g, port)
		l.young = append(l.young, aged{age: ages[i], group: g.id, port: port})
	}
	fins := min(len(rest), int(min(t.MiniFinWait2, 1<<16)))
	length := l.finTime(0)
	for i, port := range rest {
		l.occupy(g, port)
		if i < fins && length <= timeWaitLen {
			l.young = append(l.young, aged{age: length * int64(i) / int64(fins), group: g.id, port: port, fin: true})
		}
	}
}

func (l *loader) occupy(g *group, port uint16) {
	g.reach(port, port)
	if g.holds(port) {
		return
	}
	if g.key.Direction == evidence.Inbound {
		l.accept(g, g.place(port))
		l.counters.PassiveOpens--
		return
	}
	g.take(g.place(port))
}

// peerPorts makes up n ports of a peer.
func peerPorts(n int, g *group) []uint16 {
	n = min(n, 1<<16-1)
	ports := make([]uint16, n)
	low, count := int(g.span.low), int(g.span.end-g.span.low)
	for i := range ports {
		if i < count {
			ports[i] = uint16(low + i)
		} else {
			ports[i] = uint16((low+i)%(1<<16) + (low+i)>>16)
		}
	}
	return ports
}

// ages returns the ages of a tally's TIME_WAITs in ms, oldest first.
func (l *loader) ages(t *evidence.Tally) []int64 {
	ages := make([]int64, 0, t.Minute.Total())
	for i := range int64(t.Minute.Tail) {
		ages = append(ages, timeWaitLen+l.grain()-1-l.grain()*i/int64(t.Minute.Tail))
	}
	for second := int64(len(t.Minute.Age)) - 1; second >= 0; second-- {
		n := int64(t.Minute.Age[second])
		for i := range n {
			ages = append(ages, second*1000+999-1000*i/n)
		}
	}
	return ages
}

// grain is by how much a timer of TIME_WAIT may be late, in ms.
func (l *loader) grain() int64 { return max(1, l.rows[0].grain*1000/l.hz) }
