// Package portsout finds destinations toward which no local port is left, so
// that connect() fails with EADDRNOTAVAIL.
package portsout

import (
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "ports-out",
		Title: say.F("no local port is left toward a destination",
			"去往某目的地已没有本地端口可用"),
		Why: say.F("A connection is named by both addresses and both ports, so one source address has one range of local ports toward each address and port. "+
			"The side that closes first keeps its port in TIME_WAIT for 60 s. "+
			"When every port of ip_local_port_range is taken toward a destination, connect() fails with EADDRNOTAVAIL; other destinations are not affected.",
			"连接由双方的地址和端口（四元组）确定，因此一个源地址对每个目的地址和端口各有一整段本地端口。先关闭的一端在 TIME_WAIT 中占着端口 60 s。当 ip_local_port_range 中去往某目的地的端口全部被占用，connect() 以 EADDRNOTAVAIL 失败；其他目的地不受影响。"),
		References: []string{
			"net/ipv4/inet_hashtables.c, __inet_hash_connect",
			"net/ipv4/tcp_ipv4.c, tcp_twsk_unique",
			"RFC 9293 section 3.6.1",
			"ip-sysctl: ip_local_port_range, tcp_tw_reuse",
		},
		Helps: []rule.Advice{rule.KeepAlive(0), {
			Do: say.F("set tcp_tw_reuse to 1 on the connecting side, widen ip_local_port_range, or use more destination ports or source addresses",
				"在发起连接的一端把 tcp_tw_reuse 设为 1，扩大 ip_local_port_range，或使用更多的目的端口或源地址"),
			Because: say.F("each gives more connections per minute",
				"每一项都能增加每分钟的连接数"),
		}},
		NotHelp:  rule.PortFolklore(&evidence.Settings{}),
		Silences: []rule.Code{"ports-low", "connect-failing", "connect-slow"},
		Check:    check,
	}
}

func check(c rule.Case) []rule.Finding {
	if f, ok := nothingUsable(c); ok {
		return []rule.Finding{f}
	}
	var found []rule.Finding
	for _, s := range rule.Scarcities(c) {
		if s.Budget.Out() {
			found = append(found, out(&s))
		}
	}
	return found
}

// out reports one destination.
func out(s *rule.Scarcity) rule.Finding {
	b, who := &s.Budget, s.Who()
	_, of := b.Used()
	facts := []say.Text{say.F("connect() from %s to %s fails with EADDRNOTAVAIL until a port comes free.",
		"从 %s 到 %s 的 connect() 会以 EADDRNOTAVAIL 失败，直到有端口空出。", b.Key.Src, b.Key.Service())}
	if b.Free > 0 {
		facts = append(facts, say.F("A port is free, but the range has an odd number of ports, of which a search leaves one out.",
			"有一个端口空闲，但范围内端口数为奇数，一次搜索会漏掉一个。"))
	}
	return rule.Finding{
		Severity: rule.Critical,
		Subject:  rule.Subject{Key: &s.Group.Key},
		Title: say.F("Out of local ports toward %s: all %s are taken, %s by TIME_WAIT and %s live, opened %s",
			"去往 %s 的本地端口已耗尽：%s 个全部占用，TIME_WAIT %s 个，存活 %s 个，打开者：%s",
			rule.Endpoint(b.Key.Service()), rule.N(of), rule.N(b.TimeWait), rule.N(b.Live), rule.By(s.Snapshot, who)),
		Who:        who,
		Count:      uint64(of),
		Facts:      append(facts, s.Facts()...),
		Helps:      s.Helps(),
		NotHelp:    s.NotHelp(),
		WantsOwner: true,
	}
}

// nothingUsable reports a range of which every port is reserved or bound:
// then no destination at all can be connected to, and lingering sockets are
// not the cause.
func nothingUsable(c rule.Case) (rule.Finding, bool) {
	ns := c.Namespace
	space, ok := portspace.SpaceOf(ns)
	if !ok {
		return rule.Finding{}, false
	}
	unused := evidence.Tally{Key: evidence.Key{Direction: evidence.Outbound, Dst: netip.IPv4Unspecified()}}
	b, _ := space.Budget(&unused)
	if _, of := b.Used(); of > 0 {
		return rule.Finding{}, false
	}
	count := func(set *evidence.PortSet) string {
		n := 0
		for p := range set.All() {
			if b.Range.Has(p) && !ns.Settings.Reserved.Has(p) {
				n++
			}
		}
		return rule.N(n)
	}
	return rule.Finding{
		Severity: rule.Critical,
		Title: say.F("Out of local ports toward every destination: of %s in the range %s, %s reserved and %s bound explicitly",
			"去往任何目的地都没有本地端口：%s（范围 %s），保留 %s 个，显式绑定 %s 个",
			rule.Ports(b.Size), b.Range, rule.N(b.Reserved), rule.N(b.Bound)),
		Count: uint64(b.Size),
		Facts: []say.Text{
			say.F("No TIME_WAIT is to blame: connect() skips a port that anyone bound explicitly, whatever the addresses.",
				"与 TIME_WAIT 无关：只要有人显式绑定了某端口，无论地址为何，connect() 都会跳过它。"),
			say.F("Bound by kind of user (a port can have several): %s by listeners, %s by accepted connections, %s by sockets that are bound and idle, %s by connections from a port the program chose.",
				"按使用者分类（一个端口可有多种）：监听 %s 个，被接受的连接 %s 个，已绑定而空闲的套接字 %s 个，从程序自选端口发起的连接 %s 个。",
				count(ns.Bound.Listening), count(ns.Bound.Accepted), count(ns.Bound.Idle), count(ns.Bound.Connected)),
		},
		Helps: []rule.Advice{
			{
				Do: say.F("reserve fewer ports, and bind services outside the range",
					"减少保留端口，并把服务绑定在范围之外"),
				Because: say.F("the range is for automatic ports; nothing is left of it",
					"该范围用于自动分配端口；现在已一个不剩"),
			},
			{
				Do: say.F("widen ip_local_port_range",
					"扩大 ip_local_port_range"),
				Because: say.F("ports outside the present range are not bound or reserved",
					"当前范围之外的端口没有被绑定或保留"),
			},
			{
				Do: say.F("in clients that bind their source address, set IP_BIND_ADDRESS_NO_PORT before bind(address, 0)",
					"在绑定源地址的客户端，bind(地址, 0) 之前设置 IP_BIND_ADDRESS_NO_PORT"),
				Because: say.F("the port is then chosen at connect() and shared among destinations",
					"端口便在 connect() 时选择，并可在不同目的地之间共用"),
			},
		},
	}, true
}
