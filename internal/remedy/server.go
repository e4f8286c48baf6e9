package remedy

import (
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

// servers makes what could be done about services that close first. Nothing
// is wrong with them, so nobody needs it.
func (p *planner) servers() []draft {
	var out []draft
	l := p.lang
	for _, i := range p.of("server-closes-first") {
		f := &p.all[i]
		n := p.waiting(i, tcp.TimeWait)
		e := Effect{
			Measure: Buckets, Group: f.Subject.Key,
			Before:   Outlook{Waits: int(n), Never: true, Memory: n * miniSocket},
			After:    Outlook{Waits: int(n / perConnection), Never: true, Memory: n / perConnection * miniSocket},
			Assuming: l.F("%d requests on each connection", "每个连接承载 %d 个请求", perConnection),
			Ends:     true,
		}
		out = append(out, p.draft([]int{i}, Remedy{
			Code: ServeKeepAlive, Kind: Application, Safety: Harmless,
			Title: l.F("keep accepted connections open longer: %s at %s", "让接受的连接保持更久：%s，%s", p.who(f.Who), p.subjects([]int{i})),
			What: l.F("The service closes first, so the TIME_WAIT sockets are here, and cost memory but no port. A keep-alive that outlasts the clients' pauses leaves fewer; clients that close first take them to their side.",
				"服务端主动关闭，因此 TIME_WAIT 在本机，占内存而不占端口。keep-alive 时间长于客户端的间歇，TIME_WAIT 就会减少；若由客户端主动关闭，则留在客户端。"),
			Effects: []Effect{e},
			Risk:    l.F("idle connections hold a descriptor and about 2.4 KiB each", "每个空闲连接占用一个描述符和约 2.4 KiB 内存"),
			Undo:    p.restore(), ProvedBy: []string{"closer-keeps-time-wait", "memory-of-a-time-wait"},
			Snippets: snippets(serving, clientsOf(p.snap, f.Who), noService, l),
		}))
	}
	return out
}

// oddSettings makes the remedies for settings that do nothing here, or harm.
func (p *planner) oddSettings() []draft {
	var out []draft
	l := p.lang
	for _, i := range p.of("idle-setting") {
		f := &p.all[i]
		if f.Severity == rule.Info {
			continue
		}
		r := Remedy{Code: BackToDefault, Kind: Kernel, Safety: Harmless, Ends: true}
		var set Setting
		var ok bool
		switch f.Subject.Setting {
		case "tcp_tw_recycle":
			set, ok = change(p.ns, keyRecycle, 0)
			r.Title = l.F("turn tcp_tw_recycle off", "关闭 tcp_tw_recycle")
			r.What = l.F("It drops the SYN of a client whose address another client used with a later timestamp, as behind NAT. Linux 4.12 removed it.",
				"若另一客户端曾用同一地址发送过更晚的时间戳（例如在 NAT 之后），它会丢弃客户端的 SYN。Linux 4.12 已将其删除。")
			r.Risk = l.F("TIME_WAIT lasts its full minute again", "TIME_WAIT 重新持续完整的一分钟")
			r.ProvedBy = []string{"nat-timestamps-going-back"}
		case "tcp_fin_timeout":
			set, ok = change(p.ns, keyFinTimeout, 60)
			r.Title = l.F("set tcp_fin_timeout back to 60", "把 tcp_fin_timeout 恢复为 60")
			r.What = l.F("From 61 to 89 orphans in FIN_WAIT2 live shorter than at 60, not longer. It has no effect on TIME_WAIT.",
				"取值 61 到 89 时，FIN_WAIT2 中的孤儿连接比取 60 时存活得更短，而不是更长。它对 TIME_WAIT 没有影响。")
			r.Risk = l.F("none", "无")
			r.ProvedBy = []string{"fin-wait2-orphan-life", "time-wait-lasts-a-minute"}
		case "tcp_tw_reuse":
			set, ok = change(p.ns, keyTimestamps, 1)
			r.Code, r.Safety = TimestampsOn, Timestamps
			r.Title = l.F("turn tcp_timestamps on, which tcp_tw_reuse needs", "打开 tcp_timestamps：tcp_tw_reuse 需要它")
			r.What = l.F("Somebody set tcp_tw_reuse, and it does nothing while timestamps are off.", "有人设置了 tcp_tw_reuse，但时间戳关闭时它不起作用。")
			r.Risk = l.F("12 bytes more in each segment. Somebody turned timestamps off here: ask why first", "每个报文段多 12 字节。这里有人特意关闭了时间戳：请先问清原因")
			r.ProvedBy = []string{"tw-reuse-needs-timestamps"}
		}
		if !ok {
			continue
		}
		r.Settings = []Setting{set}
		r.Undo = p.undo()
		out = append(out, p.draft([]int{i}, r))
	}
	return out
}
