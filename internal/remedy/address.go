package remedy

import (
	"math"

	"github.com/linger-dev/linger/internal/evidence"
)

// moreAddresses is about more tuples: each pair of addresses and port has the
// whole range once more.
func (p *planner) moreAddresses(now *world, groups []group) (draft, bool) {
	groups = by(groups, byTimeWait, byLive)
	if len(groups) == 0 {
		return draft{}, false
	}
	l := p.lang
	_, of := groups[0].budget.Used()
	times := 2
	for i := range groups {
		times = max(times, int(math.Ceil(pressure(now, &groups[i])/float64(max(1, of)))))
	}
	_, clients := p.makers(groups)
	return p.draft(findings(groups), Remedy{
		Code: MoreAddresses, Kind: Topology, Safety: Careful,
		Title: l.F("use %d source addresses, or %d addresses or ports of the service: %s", "使用 %d 个源地址，或服务端的 %d 个地址或端口：%s", times, times, p.where(groups)),
		What: l.F("A connection is named by both addresses and both ports, so each further source address, destination address or destination port brings %s ports more. A program that chooses its source address must set IP_BIND_ADDRESS_NO_PORT (Linux 4.2) before bind(address, 0); else the port must be free toward all destinations.",
			"连接由四元组标识，因此每多一个源地址、目的地址或目的端口，就多出 %s 个端口。自己选择源地址的程序必须在 bind(地址, 0) 之前设置 IP_BIND_ADDRESS_NO_PORT（Linux 4.2），否则该端口必须对所有目的地都空闲。",
			num(of)),
		Effects: p.spread(now, groups, times),
		Risk: l.F("routing, firewalls and allow lists at the other end must know the new addresses",
			"路由、防火墙和对端的白名单必须认识新的地址"),
		Undo:     l.F("take the address away again after its connections have ended", "等该地址上的连接结束后，再移除该地址"),
		ProvedBy: []string{"bind-address-no-port", "ports-run-out-exactly"},
		Snippets: snippets(sources, clients, groups[0].service(), l),
		then:     Change{Times: 1 / float64(times)},
	}), true
}

// spread returns what it does to each group that its connections are divided
// among so many pairs, of which one holds what there is now.
func (p *planner) spread(now *world, groups []group, times int) []Effect {
	out := effects(now, now, groups, func(t *evidence.Tally) *evidence.Tally { return slower(t, uint32(times)) })
	for i := range out {
		e, g := &out[i], &groups[i]
		fresh, _ := now.look(unused())
		more := times - 1
		e.After.Of += more * fresh.Of
		e.After.Left += more * fresh.Left
		e.After.Waits = e.Before.Waits
		e.After.Limit += float64(more) * fresh.Limit
		e.After.Never = e.Before.Waits < e.After.Of
		e.Ends = enough(&e.After, g.budget.Live, g.rate, now.held(&g.budget))
		e.Assuming = p.lang.F("connections are spread evenly over %d pairs", "连接均匀分布在 %d 对地址上", times)
	}
	return out
}

// makers returns who opened the groups, and the clients among them.
func (p *planner) makers(groups []group) (evidence.Maker, []Client) {
	var all evidence.Maker
	for _, g := range groups {
		all.PIDs = append(all.PIDs, p.all[g.finding].Who.PIDs...)
	}
	return all, clientsOf(p.snap, all)
}

// noBind is about explicit binds, where they take a share that matters.
func (p *planner) noBind(now *world, groups []group) (draft, bool) {
	const share = 20 // one port in so many
	b := &groups[0].budget
	if b.Bound == 0 || b.Bound < (b.Size-b.Reserved)/share {
		return draft{}, false
	}
	free := *p.ns
	free.Bound.Idle, free.Bound.Connected = nil, nil
	after, ok := worldOf(&p.snap.Host, &free, nil)
	if !ok {
		return draft{}, false
	}
	l, e := p.lang, effects(now, &after, groups, same)
	if e[0].After.Of <= e[0].Before.Of { // listeners alone hold them
		return draft{}, false
	}
	_, clients := p.makers(groups)
	for i := range e {
		e[i].Assuming = l.F("no program binds a port of the range any more, listeners aside", "除监听者外，不再有程序显式绑定该范围内的端口")
	}
	return p.draft(findings(groups), Remedy{
		Code: NoExplicitBind, Kind: Application, Safety: Careful,
		Title: l.F("give up explicit bind() to ports of the range", "不再对该范围内的端口显式调用 bind()"),
		What: l.F("%s ports of the range are bound explicitly, and connect() skips such a port for every destination, whatever the addresses. Bind with IP_BIND_ADDRESS_NO_PORT and port 0, or not at all; `linger why PORT` names who holds one.",
			"该范围内有 %s 个端口被显式绑定；无论地址如何，connect() 对所有目的地都会跳过这样的端口。请用 IP_BIND_ADDRESS_NO_PORT 绑定端口 0，或干脆不绑定；`linger why PORT` 会指出谁占用某个端口。",
			num(b.Bound)),
		Effects:  e,
		Risk:     l.F("a firewall rule that knows the program by its source port no longer matches", "按源端口识别该程序的防火墙规则将不再匹配"),
		Undo:     p.restore(),
		ProvedBy: []string{"bound-port-poisons", "bind-address-no-port"},
		Snippets: snippets(sources, clients, groups[0].service(), l),
		then:     Change{Unbound: true},
	}), true
}
