package rule

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

// Pile is all groups of one service: those accepted at one local address and
// port, or those opened to one remote address and port. A leak of one socket
// per peer shows in no single group. Or it is the Rest.
type Pile struct {
	Direction evidence.Direction
	Service   netip.AddrPort // zero for Rest
	Rest      bool           // what lies in piles that are too small by themselves
	Groups    []*evidence.Tally
	N         uint64 // the sum of what was counted

	count func(*evidence.Tally) uint64
}

// Services sums count over the groups of each service, most first; groups in
// which count is 0 are left out.
func Services(ns *evidence.Namespace, count func(*evidence.Tally) uint64) []Pile {
	type id struct {
		evidence.Direction
		netip.AddrPort
	}
	var piles []Pile
	index := make(map[id]int)
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		n := count(t)
		if n == 0 {
			continue
		}
		k := id{t.Direction, t.Service()}
		at, ok := index[k]
		if !ok {
			at = len(piles)
			index[k] = at
			piles = append(piles, Pile{Direction: t.Direction, Service: t.Service(), count: count})
		}
		piles[at].add(t, n)
	}
	order(piles)
	return piles
}

// Rest joins piles by direction: a program with very many peers leaks few
// toward each.
func Rest(piles []Pile) []Pile {
	var rest []Pile
	for _, d := range []evidence.Direction{evidence.Outbound, evidence.Inbound} {
		sum := Pile{Direction: d, Rest: true}
		services := 0
		for _, p := range piles {
			if p.Direction != d {
				continue
			}
			services++
			sum.Groups, sum.N, sum.count = append(sum.Groups, p.Groups...), sum.N+p.N, p.count
		}
		if services > 1 {
			rest = append(rest, sum)
		}
	}
	order(rest)
	return rest
}

// Piles returns the services that reach enough, and what the others come to
// together if that does.
func Piles(ns *evidence.Namespace, enough uint64, count func(*evidence.Tally) uint64) []Pile {
	services := Services(ns, count)
	at := slices.IndexFunc(services, func(p Pile) bool { return p.N < enough })
	if at < 0 {
		return services
	}
	piles := services[:at:at]
	for _, p := range Rest(services[at:]) {
		if p.N >= enough {
			piles = append(piles, p)
		}
	}
	return piles
}

// order sorts piles and the groups in each, most first.
func order(piles []Pile) {
	for i := range piles {
		count := piles[i].count
		slices.SortStableFunc(piles[i].Groups, func(a, b *evidence.Tally) int {
			return cmp.Or(cmp.Compare(count(b), count(a)), a.Compare(b.Key))
		})
	}
	slices.SortStableFunc(piles, func(a, b Pile) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Direction, b.Direction), a.Service.Compare(b.Service))
	})
}

func (p *Pile) add(t *evidence.Tally, n uint64) {
	p.Groups = append(p.Groups, t)
	p.N += n
}

// Subject returns the pile's subject: its group if it is only one, the
// service if they are several, the namespace if it is the Rest.
func (p *Pile) Subject() Subject {
	switch {
	case p.Rest:
		return Subject{}
	case len(p.Groups) == 1:
		return Subject{Key: &p.Groups[0].Key}
	}
	k := evidence.Key{Direction: p.Direction, Port: p.Service.Port()}
	if p.Direction == evidence.Inbound {
		k.Src = p.Service.Addr()
	} else {
		k.Dst = p.Service.Addr()
	}
	return Subject{Key: &k}
}

// Keys returns the keys of the groups, largest first.
func (p *Pile) Keys() []evidence.Key {
	keys := make([]evidence.Key, len(p.Groups))
	for i, t := range p.Groups {
		keys[i] = t.Key
	}
	return keys
}

// Where says which connections these are: "to 10.0.0.2:5432", "accepted at
// 10.0.0.1:80". In Chinese it stands before the noun.
func (p *Pile) Where() say.Text {
	inbound := p.Direction == evidence.Inbound
	switch {
	case p.Rest && inbound:
		return say.F("accepted at several services", "由多个服务接受的")
	case p.Rest:
		return say.F("to several destinations", "去往多个目的地的")
	case inbound:
		return say.F("accepted at %s", "在 %s 接受的", Endpoint(p.Service))
	}
	return say.F("to %s", "去往 %s 的", Endpoint(p.Service))
}

// Endpoint writes an address and port; the zero address reads "others".
func Endpoint(a netip.AddrPort) string {
	if !a.Addr().IsValid() {
		return net.JoinHostPort("others", strconv.Itoa(int(a.Port())))
	}
	return a.String()
}

// Holder names the processes that hold the pile's sockets in state s, or, if
// none is known, those that probably made them.
func (p *Pile) Holder(ns *evidence.Namespace, s tcp.State) evidence.Maker {
	m := p.merge(func(t *evidence.Tally) evidence.Maker { return t.HolderOf(s) })
	if m.PIDs != nil {
		return m
	}
	return p.Maker(ns)
}

// Maker names the processes that probably made the pile's sockets.
func (p *Pile) Maker(ns *evidence.Namespace) evidence.Maker { return p.merge(ns.MakerOf) }

// merge joins the makers of all groups. Its basis is the least certain one.
func (p *Pile) merge(of func(*evidence.Tally) evidence.Maker) evidence.Maker {
	order := []evidence.Basis{evidence.Held, evidence.FromLedger, evidence.FromYounger, evidence.FromListener, evidence.FromLive, evidence.FromEarlier}
	var m evidence.Maker
	for _, t := range p.Groups {
		one := of(t)
		if one.PIDs == nil {
			continue
		}
		for _, pid := range one.PIDs {
			if !slices.Contains(m.PIDs, pid) {
				m.PIDs = append(m.PIDs, pid)
			}
		}
		m.Covered, m.Of = m.Covered+one.Covered, m.Of+one.Of
		if m.Basis == evidence.Unknown || slices.Index(order, one.Basis) > slices.Index(order, m.Basis) {
			m.Basis = one.Basis
		}
	}
	return m
}
