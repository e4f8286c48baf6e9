// Package idlesetting finds settings that do nothing on this kernel, or harm.
package idlesetting

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
)

// meanLife is the mean seconds in TIME_WAIT: 60, and half of what the timer
// wheel rounds up (2 s at HZ=250).
const meanLife = 61

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "idle-setting",
		Title: say.F("a setting does nothing here, or harms",
			"某个设置在这里不起作用，或者有害"),
		Why: say.F("Much advice about TIME_WAIT is older than the kernels it is given for. "+
			"A setting that does nothing hides that the problem is still there; one that harms breaks connections that nobody links to it.",
			"关于 TIME_WAIT 的许多建议比所用的内核还老。不起作用的设置掩盖了问题依旧存在；有害的设置会破坏连接，而没有人会想到是它。"),
		References: []string{
			"ip-sysctl: tcp_tw_reuse, tcp_max_tw_buckets, tcp_fin_timeout",
			"Linux commit 4396e46187ca (tcp_tw_recycle removed in 4.12)",
			"net/ipv4/tcp_ipv4.c, tcp_twsk_unique",
			"net/ipv4/tcp_timer.c, tcp_keepalive_timer",
		},
		Helps: []rule.Advice{{
			Do: say.F("set it back to the kernel's default",
				"恢复为内核默认值"),
			Because: say.F("the defaults are right for all but a few hosts",
				"除少数主机外，默认值都是合适的"),
		}},
		NotHelp: []rule.Advice{rule.NotFinTimeout(), rule.NotFewerBuckets()},
		Check:   check,
	}
}

func check(c rule.Case) []rule.Finding {
	var found []rule.Finding
	for _, look := range []func(*evidence.Namespace) (rule.Finding, bool){recycle, reuseWithoutTimestamps, lowQuota, oddFinTimeout} {
		if f, ok := look(c.Namespace); ok {
			found = append(found, f)
		}
	}
	return found
}

func recycle(ns *evidence.Namespace) (rule.Finding, bool) {
	v, ok := ns.Settings.TWRecycle.Get()
	if !ok || v == 0 {
		return rule.Finding{}, false
	}
	return rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_tw_recycle"},
		Title: say.F("tcp_tw_recycle is on: connections from clients behind NAT are dropped at random",
			"tcp_tw_recycle 已打开：NAT 后面客户端的连接会被随机丢弃"),
		Facts: []say.Text{
			say.F("It remembers the last timestamp of each peer address and drops a SYN with an older one; clients that share an address have unrelated clocks.",
				"它记住每个对端地址的最后一个时间戳，丢弃时间戳更旧的 SYN；共用一个地址的客户端时钟互不相关。"),
			say.F("Linux 4.12 removed it.",
				"Linux 4.12 删除了它。"),
		},
		Helps: []rule.Advice{{
			Do: say.F("turn it off",
				"关闭它"),
			Because: say.F("the dropped SYNs come through again at once",
				"被丢弃的 SYN 立即恢复正常"),
			Command: rule.Sysctl(ns, "tcp_tw_recycle", 0),
		}},
	}, true
}

func reuseWithoutTimestamps(ns *evidence.Namespace) (rule.Finding, bool) {
	mode, ok := ns.Settings.TWReuse.Get()
	if !ok || mode == 0 || !ns.Settings.Timestamps.Is(0) {
		return rule.Finding{}, false
	}
	f := rule.Finding{
		Severity: rule.Info, // 2 is the default since Linux 4.19: nobody relies on it
		Subject:  rule.Subject{Setting: "tcp_tw_reuse"},
		Title: say.F("tcp_tw_reuse is %d but does nothing: tcp_timestamps is off",
			"tcp_tw_reuse 为 %d 却不起作用：tcp_timestamps 已关闭", mode),
		Facts: []say.Text{
			say.F("connect() takes over a TIME_WAIT port only if the old connection had timestamps.",
				"只有旧连接带有时间戳，connect() 才会接管 TIME_WAIT 端口。"),
		},
		Helps: []rule.Advice{{
			Do: say.F("turn tcp_timestamps on",
				"打开 tcp_timestamps"),
			Because: say.F("connections opened from then on can be taken over; those in TIME_WAIT now cannot",
				"此后打开的连接可以被接管；现在处于 TIME_WAIT 的不行"),
			Command: rule.Sysctl(ns, "tcp_timestamps", 1),
		}},
	}
	if mode == 1 {
		f.Severity = rule.Warning // somebody set it, and expects ports of it
	}
	return f, true
}

func lowQuota(ns *evidence.Namespace) (rule.Finding, bool) {
	limit, ok := ns.Settings.MaxTWBuckets.Get()
	if !ok || limit < 0 { // negative is no limit
		return rule.Finding{}, false
	}
	var minute evidence.Minute
	for i := range ns.Tallies {
		minute.Add(&ns.Tallies[i].Minute)
	}
	rate := minute.Rate().PerSecond
	need := int64(rate*meanLife + 0.5)
	if limit == 0 {
		need = max(need, 1) // nothing enters TIME_WAIT, so no rate can be seen
	}
	if need <= limit {
		return rule.Finding{}, false
	}
	to := int64(4096)
	for to < 2*need {
		to *= 2
	}
	f := rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_max_tw_buckets"},
		Count:    uint64(need),
		Title: say.F("tcp_max_tw_buckets is %s, but the present %s closes need %s: connections will skip TIME_WAIT",
			"tcp_max_tw_buckets 为 %s，但目前的关闭速率 %s 需要 %s：连接将跳过 TIME_WAIT",
			rule.N(limit), rule.PerSecond(rate), rule.N(need)),
		Facts: []say.Text{say.F("ip-sysctl: this limit exists only to prevent simple DoS attacks, it must not be lowered.",
			"ip-sysctl：此上限只为防范简单的 DoS 攻击，不得调低。")},
		Helps: []rule.Advice{{
			Do: say.F("raise tcp_max_tw_buckets to %s",
				"把 tcp_max_tw_buckets 调高到 %s", rule.N(to)),
			Because: say.F("twice the need; each socket costs 256 to 512 bytes, %s at most",
				"所需的两倍；每个套接字占 256 到 512 字节，最多 %s", rule.Bytes(uint64(to)*512)),
			Command: rule.Sysctl(ns, "tcp_max_tw_buckets", to),
		}},
	}
	if limit == 0 {
		f.Title = say.F("tcp_max_tw_buckets is 0: no connection enters TIME_WAIT, and old segments may hit new connections",
			"tcp_max_tw_buckets 为 0：没有连接进入 TIME_WAIT，旧报文段可能落入新连接")
	}
	return f, true
}

// oddFinTimeout knows a quirk of values above 60: an orphan then spends
// F - 60 s as a full socket and F - 60 s as a mini-socket, 2 (F - 60) in all
// (__tcp_close and tcp_keepalive_timer; measured on Linux 6.18). Only from 90
// on is that at least the default's 60 s.
func oddFinTimeout(ns *evidence.Namespace) (rule.Finding, bool) {
	const first, last, length = 61, 89, 60
	v, ok := ns.Settings.FinTimeout.Get()
	if !ok || v < first || v > last {
		return rule.Finding{}, false
	}
	return rule.Finding{
		Severity: rule.Warning,
		Subject:  rule.Subject{Setting: "tcp_fin_timeout"},
		Title: say.F("tcp_fin_timeout is %d, which shortens FIN_WAIT2 to about %d s",
			"tcp_fin_timeout 为 %d，使 FIN_WAIT2 缩短到约 %d s", v, 2*(v-length)),
		Facts: []say.Text{
			say.F("Above 60 an orphan spends %d s as a full socket and %d s as a mini-socket: less than the default's 60 s for every value from 61 to 89.",
				"大于 60 时，孤儿作为完整套接字停留 %d s，再作为迷你套接字停留 %d s：61 到 89 的任何值都短于默认的 60 s。", v-length, v-length),
			say.F("It has no effect on TIME_WAIT.",
				"它对 TIME_WAIT 没有影响。"),
		},
		Helps: []rule.Advice{{
			Do: say.F("set it to 60, the default",
				"设为默认值 60"),
			Because: say.F("orphans then wait 60 s for their peer's FIN",
				"孤儿便等待对端的 FIN 60 s"),
			Command: rule.Sysctl(ns, "tcp_fin_timeout", length),
		}},
	}, true
}
