package remedy

import (
	"slices"
	"time"
)

// timestamps is about tcp_timestamps, without which tcp_tw_reuse does nothing.
func (p *planner) timestamps(now *world, groups []group) (draft, bool) {
	groups = by(groups, byTimeWait)
	if len(groups) == 0 || !p.ns.Settings.Timestamps.Is(0) {
		return draft{}, false
	}
	on, ok := change(p.ns, keyTimestamps, 1)
	if !ok {
		return draft{}, false
	}
	changes := []Setting{on}
	if reuse, ok := p.mode(groups); ok {
		changes = append(changes, reuse)
	}
	after, ok := worldOf(&p.snap.Host, p.ns, changes)
	if !ok {
		return draft{}, false
	}
	l := p.lang
	e := effects(now, &after, groups, same) // what waits now has no timestamps, and stays
	for i := range e {
		e[i].Assuming = l.F("the other side uses timestamps too; what is in TIME_WAIT now cannot be taken over and stays for its minute", "对端也使用时间戳；现有的 TIME_WAIT 不能被接管，仍要等满一分钟")
	}
	return p.draft(findings(groups), Remedy{
		Code: TimestampsOn, Kind: Kernel, Safety: Timestamps,
		Title: l.F("turn tcp_timestamps on, which taking over TIME_WAIT needs", "打开 tcp_timestamps：接管 TIME_WAIT 需要它"),
		What: l.F("connect() takes over a TIME_WAIT only if its connection had timestamps. Connections that are opened from then on have them; tcp_tw_reuse must allow it too.",
			"只有连接使用了时间戳，connect() 才能接管其 TIME_WAIT。此后建立的连接才带时间戳；tcp_tw_reuse 也必须允许。"),
		Effects: e, Settings: changes,
		Risk:     l.F("12 bytes more in each segment. Somebody turned timestamps off here: ask why first", "每个报文段多 12 字节。这里有人特意关闭了时间戳：请先问清原因"),
		Undo:     p.undo(),
		ProvedBy: []string{"tw-reuse-needs-timestamps", "tw-reuse"},
	}), true
}

// mode returns the change of tcp_tw_reuse that the groups need: 2 if loopback
// is enough and the kernel knows it, else 1; false if none.
func (p *planner) mode(groups []group) (Setting, bool) {
	mode, known := p.ns.Settings.TWReuse.Get()
	if !known || mode == 1 {
		return Setting{}, false
	}
	far := slices.ContainsFunc(groups, func(g group) bool { return !loopback(&g) })
	switch {
	case far || !p.snap.Host.Kernel.AtLeast(4, 19):
		return change(p.ns, keyReuse, 1)
	case mode == 0:
		return change(p.ns, keyReuse, 2)
	}
	return Setting{}, false
}

// reuse is about tcp_tw_reuse where timestamps are on.
func (p *planner) reuse(now *world, groups []group) (draft, bool) {
	l, waiting := p.lang, by(groups, byTimeWait)
	if len(waiting) == 0 {
		p.refuse("tcp_tw_reuse=1", l.F("TIME_WAIT is not what takes the ports here", "这里占用端口的不是 TIME_WAIT"), groups)
		return draft{}, false
	}
	groups = waiting
	if p.ns.Settings.Timestamps.Is(0) {
		return draft{}, false
	}
	set, ok := p.mode(groups)
	if !ok {
		if r := groups[0].budget.Reuse; r.Allowed {
			p.refuse("tcp_tw_reuse=1", l.F("it is on already, and ports are taken over after %s", "它已经启用，端口在%s后即可接管", lasting(r.Delay, l)), groups, "tw-reuse")
		}
		return draft{}, false
	}
	changes := []Setting{set}
	after, ok := worldOf(&p.snap.Host, p.ns, changes)
	if !ok {
		return draft{}, false
	}
	delay := p.ns.Settings.ReuseDelay()
	e := effects(now, &after, groups, after.reusable)
	for i := range e {
		e[i].Assuming = l.F("the connections in TIME_WAIT had timestamps", "处于 TIME_WAIT 的连接都使用了时间戳")
	}
	return p.draft(findings(groups), Remedy{
		Code: Reuse, Kind: Kernel, Safety: Timestamps,
		Title: l.F("let connect() take over TIME_WAIT ports: tcp_tw_reuse=%s", "允许 connect() 接管 TIME_WAIT 的端口：tcp_tw_reuse=%s", set.To),
		What: l.F("An outgoing connection may take a port whose TIME_WAIT toward the same destination is older than %s. It acts in connect() only: servers, bind() and listen() do not notice it.",
			"主动连接可以接管到同一目的地、且 TIME_WAIT 已超过%s的端口。它只在 connect() 中起作用：服务端、bind() 和 listen() 都不受影响。",
			lasting(delay, l)),
		Effects: e, Settings: changes,
		Risk: l.F("old segments are told from new ones by timestamps alone. Behind a NAT that several hosts share, a server that still holds the old connection may refuse the SYN until it expires",
			"新旧报文段只靠时间戳区分。多台主机共用一个 NAT 地址时，仍保留旧连接的服务端可能拒绝 SYN，直到其过期"),
		Undo:     p.undo(),
		ProvedBy: []string{"tw-reuse", "tw-reuse-needs-timestamps", "nat-timestamps-going-back"},
	}), true
}

// sooner is about tcp_tw_reuse_delay (Linux 6.14), where reuse is on already
// and is not enough.
func (p *planner) sooner(now *world, groups []group) (draft, bool) {
	groups = slices.DeleteFunc(by(groups, byTimeWait), func(g group) bool { return !g.budget.Reuse.Allowed })
	ms, ok := p.ns.Settings.TWReuseDelay.Get()
	if !ok || len(groups) == 0 {
		return draft{}, false
	}
	l := p.lang
	for _, shorter := range []int64{500, 200, 100} {
		set, ok := change(p.ns, keyReuseDelay, shorter)
		if !ok || shorter >= ms {
			continue
		}
		changes := []Setting{set}
		after, ok := worldOf(&p.snap.Host, p.ns, changes)
		if !ok {
			continue
		}
		e := effects(now, &after, groups, after.reusable)
		if shorter > 100 && slices.ContainsFunc(e, func(e Effect) bool { return !e.Ends }) {
			continue
		}
		return p.draft(findings(groups), Remedy{
			Code: ReuseSooner, Kind: Kernel, Safety: Shortens,
			Title: l.F("take over TIME_WAIT ports sooner: tcp_tw_reuse_delay=%d", "更早接管 TIME_WAIT 的端口：tcp_tw_reuse_delay=%d", shorter),
			What: l.F("A port may be taken over after %s instead of %s.", "端口在%[1]s后即可接管，而不是%[2]s。",
				lasting(time.Duration(shorter)*time.Millisecond, l), lasting(time.Duration(ms)*time.Millisecond, l)),
			Effects: e, Settings: changes,
			Risk: l.F("it must stay above the longest round trip to these destinations, or late segments of the old connection meet the new one",
				"它必须大于到这些目的地的最长往返时间，否则旧连接的迟到报文段会遇到新连接"),
			Undo:     p.undo(),
			ProvedBy: []string{"tw-reuse-delay"},
		}), true
	}
	return draft{}, false
}
