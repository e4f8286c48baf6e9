package remedy

import (
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/tcp"
)

// orphans makes the remedies for peers that do not close after this side has.
func (p *planner) orphans() []draft {
	at := p.of("fin-wait2-orphans")
	if len(at) == 0 {
		return nil
	}
	l := p.lang
	out := []draft{p.draft(at, Remedy{
		Code: PeerCloses, Kind: Application, Safety: Harmless,
		Title: l.F("mend the peers that do not close: %s", "修复不关闭连接的对端：%s", p.peers(at)),
		What: l.F("This side has closed, and the peer has acknowledged that, but its program does not close: it leaks connections in CLOSE_WAIT. Run linger there; here it names the peers only.",
			"本端已关闭，对端也已确认，但对端程序没有关闭：它在 CLOSE_WAIT 中泄漏连接。请在对端主机上运行 linger；这里只能看到对端的地址。"),
		Risk:     l.F("none for this host", "对本机无风险"),
		Undo:     p.restore(),
		ProvedBy: []string{"fin-wait2-orphan-life", "forked-child-keeps-connection"},
		Ends:     true,
	})}
	if d, ok := p.shorterOrphans(at); ok {
		out = append(out, d)
	}
	return out
}

// shorterOrphans is about tcp_fin_timeout, which does bound this state.
func (p *planner) shorterOrphans(at []int) (draft, bool) {
	const shorter = 15 // seconds; still many round trips for a peer that does close
	now, known := p.ns.Settings.FinTimeout.Get()
	set, ok := change(p.ns, keyFinTimeout, shorter)
	if !known || !ok || now <= shorter {
		return draft{}, false
	}
	var e []Effect
	for _, i := range at {
		f := &p.all[i]
		n := int(f.Count)
		before := Outlook{Waits: n}
		e = append(e, Effect{
			Measure: Orphans, Group: f.Subject.Key, Before: before,
			After:    Outlook{Waits: int(float64(n)*shorter/orphanLife(now) + 0.5)},
			Assuming: p.lang.F("orphans are made as fast as now", "孤儿连接产生的速度不变"),
		})
	}
	l, changes := p.lang, []Setting{set}
	return p.draft(at, Remedy{
		Code: ShorterOrphans, Kind: Kernel, Safety: Shortens,
		Title: l.F("let orphans wait %s in FIN_WAIT2: tcp_fin_timeout=%d", "孤儿连接在 FIN_WAIT2 中只等%s：tcp_fin_timeout=%d", lasting(shorter*time.Second, l), shorter),
		What: l.F("FIN_WAIT2 without an owner is the one state that tcp_fin_timeout shortens. It does nothing for TIME_WAIT.",
			"tcp_fin_timeout 缩短的只有无主的 FIN_WAIT2。它对 TIME_WAIT 毫无作用。"),
		Effects: e, Settings: changes,
		Risk:     l.F("a peer that closes later than that gets a reset, and loses what it still sends", "比这更晚关闭的对端会收到 RST，并丢失它仍在发送的数据"),
		Undo:     p.undo(),
		ProvedBy: []string{"fin-wait2-orphan-life", "fin-wait2-is-not-reused"},
	}), true
}

// orphanLife is how many seconds an orphan waits at a tcp_fin_timeout: above 60
// for the excess, twice (see rule idle-setting).
func orphanLife(timeout int64) float64 {
	if timeout > 60 {
		return float64(2 * (timeout - 60))
	}
	return float64(timeout)
}

// stuck makes the remedies for FINs that nobody acknowledges.
func (p *planner) stuck() []draft {
	at := p.of("closing-stuck")
	if len(at) == 0 {
		return nil
	}
	l := p.lang
	out := []draft{p.draft(at, Remedy{
		Code: FindLostAnswers, Kind: Topology, Safety: Harmless,
		Title: l.F("find where the answers to the last FIN are lost: %s", "查明最后一个 FIN 的应答丢在哪里：%s", p.subjects(at)),
		What: l.F("A firewall or a load balancer that forgot the connection, or a peer that is gone, does not acknowledge the FIN. Let its idle timeout be longer than that of the programs at both ends.",
			"防火墙或负载均衡器忘记了连接，或者对端已经不在，FIN 就得不到确认。应让它们的空闲超时长于两端程序的超时。"),
		Risk: l.F("none", "无"), Undo: p.restore(), Ends: true,
	})}
	const fewer = 3 // about 3 s at the least retransmission timeout of 200 ms
	set, ok := change(p.ns, keyRetries, fewer)
	if now, known := p.ns.Settings.OrphanRetries.Get(); !ok || !known || now != 0 && now < fewer {
		return out
	}
	changes := []Setting{set}
	return append(out, p.draft(at, Remedy{
		Code: FewerRetries, Kind: Kernel, Safety: Shortens,
		Title: l.F("repeat the last FIN %d times: tcp_orphan_retries=%d", "最后一个 FIN 只重发 %d 次：tcp_orphan_retries=%d", fewer, fewer),
		What: l.F("Each repetition waits twice as long as the one before: %d take about 3 s at the shortest timeout of 200 ms, 8 (what 0 means) take about 100 s.",
			"每次重发的等待时间是上一次的两倍：最短超时 200 毫秒时，%d 次约 3 秒，8 次（即 0 的含义）约 100 秒。", fewer),
		Settings: changes,
		Risk:     l.F("a peer that is cut off for some seconds never learns that the connection was closed", "断网数秒的对端将永远不知道连接已关闭"),
		Undo:     p.undo(),
	}))
}

// subjects lists what findings are about.
func (p *planner) subjects(at []int) string {
	var names []string
	for _, i := range at {
		name := p.lang.F("several services", "多个服务")
		if k := p.all[i].Subject.Key; k != nil {
			name = rule.Endpoint(k.Service())
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return list(names, p.lang)
}

// peers says whose the other ends of findings are.
func (p *planner) peers(at []int) string {
	k := p.all[at[0]].Subject.Key
	switch {
	case k == nil || len(at) > 1:
		return p.subjects(at)
	case k.Direction == evidence.Inbound:
		return p.lang.F("clients of %s", "%s 的客户端", rule.Endpoint(k.Service()))
	}
	return p.lang.F("the service %s", "服务 %s", rule.Endpoint(k.Service()))
}

// tallies returns the groups behind a finding.
func (p *planner) tallies(i int) []*evidence.Tally {
	f := &p.all[i]
	keys := f.Groups
	if keys == nil && f.Subject.Key != nil {
		keys = []evidence.Key{*f.Subject.Key}
	}
	var out []*evidence.Tally
	for j := range p.ns.Tallies {
		if t := &p.ns.Tallies[j]; slices.Contains(keys, t.Key) {
			out = append(out, t)
		}
	}
	return out
}

// waiting counts sockets of a state in the groups behind a finding.
func (p *planner) waiting(i int, s tcp.State) uint64 {
	var n uint64
	for _, t := range p.tallies(i) {
		n += t.States[s]
	}
	return n
}
