// Package finwait2orphans finds peers that do not close after this side has.
package finwait2orphans

import (
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	// enough is more than the peers of a busy host that are between
	// acknowledging a FIN and sending their own.
	enough = 100
	// perTimeWait: a close that goes well spends 60 s in TIME_WAIT and next
	// to nothing in FIN_WAIT2. One orphan for this many TIME_WAIT sockets
	// means that about one peer in five does not close.
	perTimeWait = 4
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "fin-wait2-orphans",
		Title: say.F("peers do not close: orphans pile up in FIN_WAIT2",
			"对端不关闭：孤儿堆积在 FIN_WAIT2"),
		Why: say.F("In FIN_WAIT2 this side has closed and the peer has acknowledged it, but sends no FIN of its own: mostly its program leaks connections in CLOSE_WAIT. "+
			"An orphan (no descriptor holds it) waits for tcp_fin_timeout, 60 s by default. Meanwhile it keeps its port, which tcp_tw_reuse may not take over, and counts toward tcp_max_tw_buckets.",
			"处于 FIN_WAIT2 时，本端已关闭且对端已确认，但对端没有发送自己的 FIN：多半是对端程序在 CLOSE_WAIT 中泄漏连接。孤儿（没有描述符持有它）等待 tcp_fin_timeout，默认 60 s。期间它占着端口，tcp_tw_reuse 不能接管，并计入 tcp_max_tw_buckets。"),
		References: []string{
			"RFC 9293 section 3.6, case 1",
			"net/ipv4/tcp.c, __tcp_close",
			"ip-sysctl: tcp_fin_timeout",
			"tcp(7), TCP_LINGER2",
		},
		Helps: []rule.Advice{
			{Do: say.F("mend the peer's program: close when read() returns 0",
				"修复对端程序：read() 返回 0 时关闭连接"), Because: say.F("its FIN ends FIN_WAIT2 at once",
				"它的 FIN 会立即结束 FIN_WAIT2")},
			{Do: say.F("lower tcp_fin_timeout, or TCP_LINGER2 on these sockets",
				"调低 tcp_fin_timeout，或在这些套接字上设置 TCP_LINGER2"), Because: say.F("this is the one state that it shortens; a peer that closes later gets a reset",
				"这是它唯一能缩短的状态；更晚关闭的对端会收到 RST")},
		},
		NotHelp: []rule.Advice{
			{Do: say.F("set tcp_tw_reuse",
				"设置 tcp_tw_reuse"), Because: say.F("connect() does not take over a socket in FIN_WAIT2 (Linux 6.12 and the stable releases of its time)",
				"connect() 不会接管处于 FIN_WAIT2 的套接字（Linux 6.12 及同期的稳定版）")},
			{Do: say.F("lower tcp_keepalive_time",
				"调低 tcp_keepalive_time"), Because: say.F("an orphan in FIN_WAIT2 sends no keepalives",
				"处于 FIN_WAIT2 的孤儿不发送 keepalive")},
			rule.NotMore(),
		},
		Check: check,
	}
}

// orphans counts both kinds: mini-sockets, and full sockets without a
// descriptor.
func orphans(t *evidence.Tally) uint64 { return t.MiniFinWait2 + t.Orphans[tcp.FinWait2] }

func check(c rule.Case) []rule.Finding {
	ns := c.Namespace
	var found []rule.Finding
	for _, p := range rule.Piles(ns, enough, orphans) {
		var wentWell, full uint64
		for _, t := range p.Groups {
			wentWell += t.States[tcp.TimeWait]
			full += t.Orphans[tcp.FinWait2]
		}
		if p.N*perTimeWait < wentWell {
			continue
		}
		who := p.Maker(ns)
		found = append(found, rule.Finding{
			Severity: rule.Warning, Subject: p.Subject(), Who: who, Count: p.N, Groups: p.Keys(), WantsOwner: true,
			Title: say.F("%s %s were closed %s, but their peers do not close: orphans in FIN_WAIT2",
				"%[2]s%[1]s已由%[3]s关闭，但对端不关闭：FIN_WAIT2 孤儿",
				rule.Count(p.N, "connection", "个连接"), p.Where(), rule.By(c.Snapshot, who)),
			Facts: facts(c, &p, who, full, wentWell),
			Helps: helps(ns),
		})
	}
	return found
}

func facts(c rule.Case, p *rule.Pile, who evidence.Maker, full, wentWell uint64) []say.Text {
	ns := c.Namespace
	out := []say.Text{
		say.F("%s went on to TIME_WAIT in the last minute.",
			"最近一分钟有 %s进入了 TIME_WAIT。", rule.Count(wentWell, "connection", "个连接")),
		say.F("tcp_fin_timeout is %s; %s of them are full sockets of about 2.4 KiB, the others mini-sockets of 256 bytes.",
			"tcp_fin_timeout 为 %s；其中 %s 个是约 2.4 KiB 的完整套接字，其余是 256 字节的迷你套接字。", ns.Settings.FinTimeout, rule.N(full)),
	}
	if n, holder := otherEnd(ns, p); n > 0 {
		out = append(out, say.F("The other ends are on this host: %s in CLOSE_WAIT, held %s.",
			"另一端就在本机：%s 个处于 CLOSE_WAIT，由%s持有。", rule.N(n), rule.By(c.Snapshot, holder)))
	}
	return append(out, rule.AboutMaker(c.Snapshot, who)...)
}

// otherEnd looks for the pile's peers in the same namespace.
func otherEnd(ns *evidence.Namespace, p *rule.Pile) (uint64, evidence.Maker) {
	reversed := make(map[evidence.Key]bool)
	for _, t := range p.Groups {
		flip := evidence.Outbound
		if t.Direction == evidence.Outbound {
			flip = evidence.Inbound
		}
		reversed[evidence.Key{Direction: flip, Src: t.Dst, Dst: t.Src, Port: t.Port}] = true
	}
	var n uint64
	var who evidence.Maker
	for i := range ns.Tallies {
		t := &ns.Tallies[i]
		if !reversed[t.Key] || t.States[tcp.CloseWait] == 0 {
			continue
		}
		n += t.States[tcp.CloseWait]
		if who.PIDs == nil {
			who = t.HolderOf(tcp.CloseWait)
		}
	}
	return n, who
}

// helps says the advice with numbers.
func helps(ns *evidence.Namespace) []rule.Advice {
	const shorter = 15 // seconds; still many round trips for a peer that does close
	advice := Rule().Helps[:1:1]
	timeout, ok := ns.Settings.FinTimeout.Get()
	if !ok || timeout <= shorter {
		return advice
	}
	return append(advice, rule.Advice{
		Do: say.F("lower tcp_fin_timeout to %d",
			"把 tcp_fin_timeout 调低到 %d", shorter),
		Because: say.F("orphans then wait %s; this is the one state that it shortens, and a peer that closes later gets a reset",
			"孤儿便只等待 %s；这是它唯一能缩短的状态，更晚关闭的对端会收到 RST",
			rule.About(shorter*time.Second)),
		Command: rule.Sysctl(ns, "tcp_fin_timeout", shorter),
	})
}
