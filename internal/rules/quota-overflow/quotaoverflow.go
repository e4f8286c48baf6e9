// Package quotaoverflow finds namespaces whose limit of TIME_WAIT sockets is
// reached, so that closing connections skip TIME_WAIT.
package quotaoverflow

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

const (
	// nearlyFull is the share of the limit in percent that leaves no room for
	// a burst: at 90 % a tenth more closes per second overflow it.
	nearlyFull = 90
	// perSocket is what a TIME_WAIT socket and, if it is alone on its port,
	// its two bind buckets take: 256 + 128 + 128 bytes (/sys/kernel/slab on
	// Linux 6.18).
	perSocket = 512
	counter   = "TCPTimeWaitOverflow"
	// Setting is the subject of this rule's findings.
	setting = "tcp_max_tw_buckets"
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "quota-overflow",
		Title: say.F("the limit of TIME_WAIT sockets is reached",
			"TIME_WAIT 套接字数达到上限"),
		Why: say.F("tcp_max_tw_buckets bounds the TIME_WAIT and orphan FIN_WAIT2 mini-sockets of a network namespace. Beyond it no old one is evicted: the new one is not made, and the connection is simply gone. "+
			"The peer's repeated FIN is then answered with a reset, and old segments can reach a new connection on the same ports.",
			"tcp_max_tw_buckets 限制一个网络命名空间中 TIME_WAIT 和孤儿 FIN_WAIT2 迷你套接字的数量。超出后不会淘汰旧的：新的不再创建，连接直接消失。此后对端重传的 FIN 会得到 RST，旧报文段可能到达相同端口上的新连接。"),
		References: []string{
			"net/ipv4/inet_timewait_sock.c, inet_twsk_alloc",
			"ip-sysctl: tcp_max_tw_buckets",
			"RFC 9293 section 3.6.1",
		},
		Helps: []rule.Advice{{
			Do: say.F("raise tcp_max_tw_buckets above closes per second × 61",
				"把 tcp_max_tw_buckets 调高到每秒关闭数 × 61 以上"),
			Because: say.F("a TIME_WAIT socket costs 256 to 512 bytes of memory",
				"一个 TIME_WAIT 套接字占 256 到 512 字节内存"),
		}, rule.KeepAlive(0)},
		NotHelp: []rule.Advice{
			rule.NotFewerBuckets(), rule.NotFinTimeout(),
			{Do: say.F("set tcp_tw_reuse against the overflow",
				"用 tcp_tw_reuse 应对溢出"), Because: say.F("it takes over sockets one by one when connect() happens to need their port; the limit counts all others",
				"它只在 connect() 恰好需要某个端口时逐个接管；其余的仍计入上限")},
		},
		// A limit that overflows is lower than needed; once is enough.
		Silences: []rule.Code{"idle-setting"},
		Check:    check,
	}
}

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	counts := &ns.Counters
	grown, ever := counts.Growth[counter], counts.TCP[counter]
	limit, known := ns.Settings.MaxTWBuckets.Get()
	held, counted := counts.Sockstat["TCP.tw"]
	f := rule.Finding{
		Subject: rule.Subject{Setting: setting},
		Facts:   facts(ns, limit, known),
	}
	switch {
	case grown > 0:
		f.Severity, f.Count = rule.Warning, uint64(grown)
		f.Title = say.F("%s skipped TIME_WAIT in the last %s: %s",
			"最近 %[2]s 内有 %[1]s跳过了 TIME_WAIT：%[3]s",
			rule.Count(grown, "closing connection", "个关闭中的连接"), rule.About(counts.Over), cause(limit, known))
		f.Since = rule.Since{Known: true, For: counts.Over, AtLeast: true}
	case counted && known && limit > 0 && share(held, limit) >= nearlyFull:
		f.Severity, f.Count = rule.Warning, uint64(held)
		f.Title = say.F("%s TIME_WAIT sockets are %.0f%% of the limit of %s: beyond it, closing connections skip TIME_WAIT",
			"%s 个 TIME_WAIT 套接字，已达上限的 %.0f%%（上限 %s）：超出后，关闭的连接将跳过 TIME_WAIT",
			rule.N(held), share(held, limit), rule.N(limit))
	case ever > 0:
		f.Severity, f.Count = rule.Info, uint64(ever)
		f.Title = say.F("%s skipped TIME_WAIT since this namespace was made: its limit was reached, or memory was short",
			"自此命名空间创建以来有 %s跳过了 TIME_WAIT：达到上限，或内存不足", rule.Count(ever, "closing connection", "个关闭中的连接"))
	default:
		return nil
	}
	if known && limit >= 0 {
		f.Helps = []rule.Advice{raise(ns, limit), rule.KeepAlive(closes(ns))}
	}
	return []rule.Finding{f}
}

// cause says why a mini-socket was not made; without a limit only want of
// memory is left.
func cause(limit int64, known bool) say.Text {
	switch {
	case !known:
		return say.F("the limit is reached, or memory is short",
			"达到上限，或内存不足")
	case limit < 0:
		return say.F("there is no limit, so memory is short",
			"没有上限，因此是内存不足")
	}
	return say.F("the limit of %s is reached",
		"达到上限 %s", rule.N(limit))
}

func share(held, limit int64) float64 { return 100 * float64(held) / float64(limit) }

// closes returns the rate of closes that want a TIME_WAIT: those that got one
// in the last seconds, and those that overflowed.
func closes(ns *evidence.Namespace) float64 {
	var minute evidence.Minute
	for i := range ns.Tallies {
		minute.Add(&ns.Tallies[i].Minute)
	}
	rate := minute.Rate().PerSecond
	if s := ns.Counters.Over.Seconds(); s > 0 {
		rate += float64(max(0, ns.Counters.Growth[counter])) / s
	}
	return rate
}

// raise advises a limit with room for twice the present need.
func raise(ns *evidence.Namespace, limit int64) rule.Advice {
	need := int64(closes(ns) * 61)
	to := int64(4096)
	for to < 2*need || to <= limit {
		if to > 1<<30 {
			break
		}
		to *= 2
	}
	return rule.Advice{
		Do: say.F("raise tcp_max_tw_buckets to %s",
			"把 tcp_max_tw_buckets 调高到 %s", rule.N(to)),
		Because: say.F("at %s closes about %s are needed; a full limit would take at most %s",
			"按关闭速率 %s 约需 %s 个；用满上限最多占 %s", rule.PerSecond(closes(ns)), rule.N(need), rule.Bytes(uint64(to)*perSocket)),
		Command: rule.Sysctl(ns, setting, to),
	}
}

func facts(ns *evidence.Namespace, limit int64, known bool) []say.Text {
	var out []say.Text
	if held, ok := ns.Counters.Sockstat["TCP.tw"]; ok && known {
		out = append(out, say.F("The namespace holds %s of at most %s (IPv4 and IPv6, orphans in FIN_WAIT2 included).",
			"此命名空间有 %s 个，最多 %s 个（IPv4 和 IPv6，含 FIN_WAIT2 孤儿）。", rule.N(held), rule.N(limit)))
	}
	if ever := ns.Counters.TCP[counter]; ever > 0 {
		out = append(out, say.F("%s is %s since the namespace was made.",
			"自命名空间创建以来 %s 为 %s。", counter, rule.N(ever)))
	}
	return out
}
