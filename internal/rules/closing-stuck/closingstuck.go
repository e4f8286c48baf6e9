// Package closingstuck finds connections whose last FIN is not acknowledged.
package closingstuck

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

// enough is more than the connections of a busy host that wait one round trip
// for the acknowledgement of their FIN.
const enough = 100

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "closing-stuck",
		Title: say.F("peers do not acknowledge the last FIN: sockets pile up in LAST_ACK or CLOSING",
			"对端不确认最后的 FIN：套接字堆积在 LAST_ACK 或 CLOSING"),
		Why: say.F("In LAST_ACK and CLOSING both sides have sent a FIN and this side's is not acknowledged yet, which takes one round trip. "+
			"Many of them mean that the answers are lost: the peer is gone, or a firewall has forgotten the connection. "+
			"The kernel repeats the FIN until tcp_orphan_retries (0 means 8) is reached. They are full sockets, bounded by tcp_max_orphans on the whole host.",
			"处于 LAST_ACK 和 CLOSING 时，双方都已发送 FIN，本端的 FIN 尚未被确认，正常只需一个往返。大量出现说明应答丢失：对端已不在，或防火墙忘记了这个连接。内核重传 FIN，直到达到 tcp_orphan_retries（0 表示 8）。它们是完整的套接字，整机受 tcp_max_orphans 限制。"),
		References: []string{
			"RFC 9293 section 3.6",
			"net/ipv4/tcp_timer.c, tcp_write_timeout and tcp_orphan_retries",
			"ip-sysctl: tcp_orphan_retries, tcp_max_orphans",
		},
		Helps: []rule.Advice{
			{Do: say.F("look where the acknowledgements are lost: connection tracking, a load balancer that drops idle connections, a peer that went away",
				"查找确认在哪里丢失：连接跟踪、丢弃空闲连接的负载均衡器、已经离开的对端"), Because: say.F("the FIN is repeated because no answer comes",
				"重传 FIN 是因为没有应答")},
			{Do: say.F("lower tcp_orphan_retries",
				"调低 tcp_orphan_retries"), Because: say.F("each repetition waits twice as long as the one before; fewer end them sooner",
				"每次重传的等待时间是前一次的两倍；次数越少，结束越早")},
		},
		NotHelp: []rule.Advice{
			rule.NotFinTimeout(),
			{Do: say.F("set tcp_tw_reuse or tcp_tw_recycle",
				"设置 tcp_tw_reuse 或 tcp_tw_recycle"), Because: say.F("they concern TIME_WAIT; a passive close never enters it",
				"它们只与 TIME_WAIT 有关；被动关闭从不进入 TIME_WAIT")},
		},
		Check: check,
	}
}

func unacknowledged(t *evidence.Tally) uint64 {
	return t.States[tcp.LastAck] + t.States[tcp.Closing]
}

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	var found []rule.Finding
	for _, p := range rule.Piles(ns, enough, unacknowledged) {
		var last, closing, finWait1 uint64
		for _, t := range p.Groups {
			last += t.States[tcp.LastAck]
			closing += t.States[tcp.Closing]
			finWait1 += t.Orphans[tcp.FinWait1]
		}
		who := p.Maker(ns)
		found = append(found, rule.Finding{
			Severity: rule.Warning, Subject: p.Subject(), Who: who, Count: p.N, Groups: p.Keys(), WantsOwner: true,
			Title: say.F("%s %s, closed %s, get no answer to the last FIN: %s in LAST_ACK, %s in CLOSING",
				"%[2]s%[1]s由%[3]s关闭，最后的 FIN 没有应答：LAST_ACK %[4]s 个，CLOSING %[5]s 个",
				rule.Count(p.N, "connection", "个连接"), p.Where(), rule.By(c.Snapshot, who), rule.N(last), rule.N(closing)),
			Facts: facts(c, &p, who, finWait1),
			Helps: helps(ns),
		})
	}
	return found
}

func facts(c rule.Case, p *rule.Pile, who evidence.Maker, finWait1 uint64) []say.Text {
	ns := c.Namespace
	out := []say.Text{say.F("tcp_orphan_retries is %s (0 means 8).",
		"tcp_orphan_retries 为 %s（0 表示 8）。", ns.Settings.OrphanRetries)}
	if finWait1 > 0 {
		out = append(out, say.F("%s more toward the same peers are orphans in FIN_WAIT1: their first FIN is not acknowledged either.",
			"另有 %s 个去往相同对端的孤儿处于 FIN_WAIT1：它们的第一个 FIN 也没有被确认。", rule.N(finWait1)))
	}
	if n, ok := ns.Counters.Sockstat["TCP.orphan"]; ok {
		out = append(out, say.F("The whole host has %s; tcp_max_orphans is %s.",
			"整机共有 %s；tcp_max_orphans 为 %s。", rule.Count(n, "orphan", "个孤儿"), ns.Settings.MaxOrphans))
	}
	if len(p.Groups) > 1 {
		out = append(out, say.F("They are spread over %d pairs of addresses; most: %s, %s.",
			"它们分布在 %d 对地址上；最多的是 %s，%s 个。", len(p.Groups), p.Groups[0].Key, rule.N(unacknowledged(p.Groups[0]))))
	}
	return append(out, rule.AboutMaker(c.Snapshot, who)...)
}

func helps(ns *evidence.Namespace) []rule.Advice {
	const fewer = 3 // about 3 s at the least retransmission timeout of 200 ms
	advice := Rule().Helps[:1:1]
	n, ok := ns.Settings.OrphanRetries.Get()
	if !ok || n != 0 && n <= fewer {
		return advice
	}
	return append(advice, rule.Advice{
		Do: say.F("lower tcp_orphan_retries to %d",
			"把 tcp_orphan_retries 调低到 %d", fewer),
		Because: say.F("each repetition waits twice as long as the one before: 3 take about 3 s at the shortest timeout of 200 ms, 8 take about 100 s",
			"每次重传的等待时间是前一次的两倍：按最短超时 200 ms 计，3 次约 3 s，8 次约 100 s"),
		Command: rule.Sysctl(ns, "tcp_orphan_retries", fewer),
	})
}
