// Package serverclosesfirst tells of services that close their connections
// before their clients do. That is no fault.
package serverclosesfirst

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	// worthTelling is where people begin to ask what all these sockets are.
	worthTelling = 1000
	// perSocket is the slab object of a TIME_WAIT socket in bytes: struct
	// tcp_timewait_sock has 248 (Linux 6.18, IPv4 and IPv6). An accepted
	// connection shares the bind buckets of its listener.
	perSocket = 256
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "server-closes-first",
		Title: say.F("a service closes first: its TIME_WAIT sockets cost memory, and no ports",
			"服务先关闭：其 TIME_WAIT 套接字占内存，不占端口"),
		Why: say.F("The side that sends the first FIN keeps the connection in TIME_WAIT for 60 s. A server's connections all have the server's own port, so they take none from the automatic range. "+
			"A client that comes again from the same port gets through: its new SYN replaces the TIME_WAIT socket.",
			"先发送 FIN 的一端把连接保持在 TIME_WAIT 60 s。服务器的连接都使用服务器自己的端口，不占自动端口范围。客户端再次从同一端口来时可以连通：新的 SYN 会取代 TIME_WAIT 套接字。"),
		References: []string{
			"RFC 9293 section 3.6.1",
			"net/ipv4/tcp_minisocks.c, tcp_timewait_state_process",
			"RFC 6191",
		},
		NoHelp: say.F("nothing is wrong: the memory is small and comes back after 60 s",
			"没有问题：占用内存很小，60 s 后释放"),
		NotHelp: folklore(),
		Check:   check,
	}
}

func folklore() []rule.Advice {
	return []rule.Advice{rule.NotReuseOnServer(), rule.NotFinTimeout(), rule.NotFewerBuckets(), rule.NotMore()}
}

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	piles := rule.Piles(ns, worthTelling, func(t *evidence.Tally) uint64 {
		if t.Direction != evidence.Inbound {
			return 0
		}
		return t.States[tcp.TimeWait]
	})
	var found []rule.Finding
	for _, p := range piles {
		who := p.Maker(ns)
		found = append(found, rule.Finding{
			Severity: rule.Info, Subject: p.Subject(), Who: who, Count: p.N, Groups: p.Keys(), WantsOwner: true,
			Title: say.F("%s TIME_WAIT sockets %s, closed first %s, cost %s of memory and no ports: no problem",
				"%[2]s %[1]s 个 TIME_WAIT 套接字，先关闭者：%[3]s，占内存 %[4]s，不占端口：没有问题",
				rule.N(p.N), p.Where(), rule.By(c.Snapshot, who), rule.Bytes(p.N*perSocket)),
			Facts: facts(c, &p, who),
		})
	}
	return found
}

func facts(c rule.Case, p *rule.Pile, who evidence.Maker) []say.Text {
	var minute evidence.Minute
	unsure := false
	for _, t := range p.Groups {
		minute.Add(&t.Minute)
		unsure = unsure || t.Reason == evidence.ByLowerPort
	}
	var out []say.Text
	if r := minute.Rate(); r.PerSecond > 0 {
		out = append(out, say.F("It closes %s (last %d s).",
			"关闭速率 %s（最近 %d 秒）。", rule.PerSecond(r.PerSecond), r.Window))
	}
	if unsure {
		out = append(out, say.F("No listener is left on that port: that they were accepted is concluded from the lower port.",
			"该端口上已没有监听：它们是被接受的连接，这是根据较小的端口号推断的。"))
	}
	if limit, ok := c.Namespace.Settings.MaxTWBuckets.Get(); ok && limit >= 0 {
		out = append(out, say.F("They count toward tcp_max_tw_buckets (%s).",
			"它们计入 tcp_max_tw_buckets（%s）。", rule.N(limit)))
	}
	return append(out, rule.AboutMaker(c.Snapshot, who)...)
}
