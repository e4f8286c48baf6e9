package remedy

import (
	"slices"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
)

// perBucket is what a TIME_WAIT socket and its two bind buckets take at most.
const perBucket = 512

// quota makes the remedy for a limit of TIME_WAIT sockets that is too low.
func (p *planner) quota() []draft {
	at := slices.DeleteFunc(p.of("quota-overflow", "idle-setting"), func(i int) bool {
		f := &p.all[i]
		return f.Severity == rule.Info || f.Subject.Setting != "tcp_max_tw_buckets"
	})
	limit, known := p.ns.Settings.MaxTWBuckets.Get()
	if len(at) == 0 || !known || limit < 0 { // without a limit it is memory that is short
		return nil
	}
	life := (evidence.TimeWaitLen + tailOf(&p.snap.Host)).Seconds()
	rate := p.closes()
	to := int64(4096)
	for (float64(to) < 2*rate*life || to <= limit) && to < 1<<30 {
		to *= 2
	}
	set, ok := change(p.ns, keyBuckets, to)
	if !ok {
		return nil
	}
	outlook := func(n int64) Outlook {
		held := p.ns.Counters.Sockstat["TCP.tw"]
		return Outlook{
			Of: int(n), Left: int(max(0, n-held)), Waits: int(rate*life + 0.5), Limit: float64(n) / life,
			Never: rate*life < float64(n), Memory: uint64(n) * perBucket,
		}
	}
	l, changes := p.lang, []Setting{set}
	e := Effect{Measure: Buckets, Rate: rate, Before: outlook(limit), After: outlook(to), Ends: true}
	return []draft{p.draft(at, Remedy{
		Code: MoreBuckets, Kind: Kernel, Safety: Harmless,
		Title: l.F("raise tcp_max_tw_buckets to %s", "把 tcp_max_tw_buckets 提高到 %s", num(to)),
		What: l.F("Beyond the limit a closing connection skips TIME_WAIT, and loses what it protects. The new limit has room for twice the present need; no socket is made by it.",
			"超过上限后，关闭的连接会跳过 TIME_WAIT，也就失去了它的保护。新上限是当前需要的两倍以上；提高上限本身不会产生任何套接字。"),
		Effects: []Effect{e}, Settings: changes,
		Risk: l.F("kernel memory: 256 to 512 bytes for each socket that is there, at most %s; it cannot be swapped out",
			"内核内存：每个套接字 256 到 512 字节，最多 %s，且不可换出", rule.Bytes(uint64(to)*perBucket)),
		Undo:     p.undo(),
		ProvedBy: []string{"quota-refuses-the-new", "no-quota-no-last-ack", "memory-of-a-time-wait"},
	})}
}

// closes is the rate of closes that want a TIME_WAIT: those that got one, and
// those that overflowed.
func (p *planner) closes() float64 {
	var minute evidence.Minute
	for i := range p.ns.Tallies {
		minute.Add(&p.ns.Tallies[i].Minute)
	}
	rate := minute.Rate().PerSecond
	if s := p.ns.Counters.Over.Seconds(); s > 0 {
		rate += float64(max(0, p.ns.Counters.Growth["TCPTimeWaitOverflow"])) / s
	}
	return rate
}
