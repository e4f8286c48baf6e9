package text

import (
	"fmt"
	"time"

	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/why"
)

// WhyConnect writes the answer of `linger why ADDR:PORT` in a language:
// whether connects succeed, every port of the range by its use, who holds
// them, and what would help.
func (r *Reporter) WhyConnect(a *why.Connect, lang say.Lang) error {
	p := r.whyPage(lang, a.Owners)
	p.answer(a.Certainty, p.connectAnswer(a))
	p.account(a)
	p.spenders(a)
	p.connectFacts(a)
	if len(a.Cures) > 0 {
		p.line("")
		p.line("%s", p.lang.F("what helps:", "解决办法："))
	}
	for _, c := range a.Cures {
		text, command := p.connectCure(a, c)
		p.point(text, command)
	}
	p.unseen(a.Gaps)
	return r.flush(p.page)
}

func (p whyPage) connectAnswer(a *why.Connect) string {
	from := ""
	if p.lang == say.Chinese {
		from = " " // before a Latin letter; a bracket brings its own room
	}
	if a.Src.IsValid() {
		from = p.lang.F(" from %s", "（源地址 %s）", a.Src)
	}
	acc := &a.Account
	switch {
	case acc.Left.Max == 0:
		text := p.lang.F("connect(%s)%s fails with %s: none of %d local ports is left; %d of them are in TIME_WAIT.",
			"connect(%s)%s以 %s 失败：%d 个本地端口一个不剩，其中 %d 个处于 TIME_WAIT。", a.Dst, from, portspace.EADDRNOTAVAIL, acc.Size, acc.TimeWait())
		return text
	case a.Certainty == why.Cannot:
		return p.lang.F("%d local ports are left, but a real connect(%s)%s answered %s: the far end or the way there, not the ports.",
			"还有 %d 个本地端口，但真实 connect(%s)%s返回 %s：问题在对端或路径，不在端口。", acc.Left.Max, a.Dst, from, a.Tried.Errno)
	case a.Certainty == why.Unsure:
		return p.lang.F("one local port is left at most toward %s%s, and in a range of odd size connect() can miss it.",
			"通往 %s%s的本地端口至多剩一个，而在奇数大小的范围中 connect() 可能错过它。", a.Dst, from)
	case a.Certainty == why.Soon:
		return p.lang.F("%d of %d local ports are left toward %s%s; at %s closes a second none is left in %s.",
			"通往 %[3]s%[4]s的本地端口还剩 %[1]d / %[2]d 个；按每秒关闭 %[5]s 条计，%[6]s后耗尽。",
			acc.Left.Min, acc.Size, a.Dst, from, rate(a.Projection.Rate, false), p.left(a.Projection.In))
	}
	return p.lang.F("connect(%s)%s has %d of %d local ports left.", "connect(%s)%s还有 %d / %d 个本地端口可用。", a.Dst, from, acc.Left.Min, acc.Size)
}

// account writes what each port of the range is used for.
func (p whyPage) account(a *why.Connect) {
	acc := &a.Account
	p.line("")
	p.wrap("", p.lang.F("the %d ports of ip_local_port_range (%s), seen from connect(%s):", "ip_local_port_range 的 %d 个端口（%s），从 connect(%s) 看：",
		acc.Size, a.Range, a.Dst))
	rows := [][]string{}
	add := func(n int, text string) {
		if n > 0 {
			rows = append(rows, []string{fmt.Sprintf("%8s", count(n)), text})
		}
	}
	add(acc.Free, p.lang.F("free", "空闲"))
	add(acc.Reusable, p.lang.F("in TIME_WAIT, may be taken over now (%s)", "TIME_WAIT，现在即可接管（%s）", p.because(acc)))
	add(acc.Young, p.lang.F("in TIME_WAIT, may be taken over when older than %v", "TIME_WAIT，超过 %v 后可接管", acc.Reuse.Delay))
	add(acc.Blocked, p.lang.F("in TIME_WAIT to its end: %s", "TIME_WAIT，须等到结束：%s", p.blockedWhy(acc)))
	add(acc.FinWait2, p.lang.F("closed here, but not by the peer: FIN_WAIT2, never taken over", "本端已关闭而对端未关闭：FIN_WAIT2，不可接管"))
	add(acc.Live, p.lang.F("live connections to this destination", "通往该目的地的活动连接"))
	add(acc.Listening, p.lang.F("passed over for every destination: somebody listens there", "对所有目的地都跳过：有进程监听"))
	add(acc.Idle, p.lang.F("passed over: bound, and nothing more", "跳过：仅绑定"))
	add(acc.Chosen, p.lang.F("passed over: live connections whose program called bind() with the port", "跳过：活动连接，其程序以该端口调用了 bind()"))
	add(acc.Accepted, p.lang.F("passed over: accepted connections, or after bind() to port 0", "跳过：已接受的连接，或 bind() 到端口 0 之后的连接"))
	add(acc.Lingering, p.lang.F("passed over: TIME_WAIT of accepted connections or of programs that called bind()", "跳过：已接受连接的 TIME_WAIT，或调用过 bind() 的程序的 TIME_WAIT"))
	add(acc.Remembered, p.lang.F("passed over: a program bound the port while it was in use", "跳过：端口使用期间曾有程序绑定"))
	add(acc.Reserved, p.lang.F("in ip_local_reserved_ports", "在 ip_local_reserved_ports 中"))
	if len(rows) > 0 {
		p.columns(rows)
	}
}

func (p whyPage) blockedWhy(acc *portspace.Account) string {
	if acc.Reuse.Allowed {
		return p.lang.F("the old connections had no timestamps", "旧连接没有时间戳")
	}
	return p.because(acc)
}

// because is what the settings say of taking over.
func (p whyPage) because(acc *portspace.Account) string {
	switch acc.Reuse.Cause {
	case portspace.ReuseOff:
		return p.lang.F("tcp_tw_reuse is 0", "tcp_tw_reuse 为 0")
	case portspace.ReuseLoopbackOnly:
		return p.lang.F("tcp_tw_reuse is 2, for loopback only", "tcp_tw_reuse 为 2，仅限环回")
	case portspace.ReuseNoTimestamps:
		return p.lang.F("tcp_timestamps is off", "tcp_timestamps 已关闭")
	case portspace.ReuseAllowed:
		return p.lang.F("tcp_tw_reuse allows it after %v", "tcp_tw_reuse 允许，%v 之后", acc.Reuse.Delay)
	case portspace.ReuseUnknown:
	}
	return p.lang.F("tcp_tw_reuse could not be read", "无法读取 tcp_tw_reuse")
}

// spenders writes who holds the ports.
func (p whyPage) spenders(a *why.Connect) {
	if len(a.Spenders) == 0 && len(a.Lingerer.PIDs) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.lang.F("who holds them:", "持有者："))
	shown, more := limit(a.Spenders, p.opt.Rows)
	for _, s := range shown {
		text := ""
		switch {
		case s.Bound == 0:
			text = p.lang.F("%s: connections to this destination: %d", "%s：通往该目的地的连接 %d 条", p.names(s.Who), s.Live)
		case s.Live == 0:
			text = p.lang.F("%s: ports it has bound: %d", "%s：绑定的端口 %d 个", p.names(s.Who), s.Bound)
		default:
			text = p.lang.F("%s: connections to this destination: %d, ports it has bound: %d", "%s：通往该目的地的连接 %d 条，绑定的端口 %d 个", p.names(s.Who), s.Live, s.Bound)
		}
		p.wrap("  - ", text)
	}
	if more > 0 {
		p.line("  - %s", p.lang.F("and %d more", "另有 %d 项", more))
	}
	if len(a.Lingerer.PIDs) > 0 && a.Account.TimeWait() > 0 {
		p.wrap("  - ", p.lang.F("%s: made the %d in TIME_WAIT", "%s：产生了 %d 个 TIME_WAIT", p.names(a.Lingerer), a.Account.TimeWait()))
	}
}

// manyProbes is from where on a search for a port is worth a word.
const manyProbes = 100

// connectFacts writes what else bears on connects.
func (p whyPage) connectFacts(a *why.Connect) {
	var facts []string
	add := func(when bool, fact string) {
		if when {
			facts = append(facts, fact)
		}
	}
	acc := &a.Account
	// 0.35 us a port were measured on Linux 6.18; before 6.15 a lock was taken for each.
	add(acc.Probes >= manyProbes, p.lang.F("A connect() looks at about %d ports before it %s, which costs about %s of CPU (0.35 us a port, measured on Linux 6.18; more before 6.15).",
		"一次 connect() 平均要查看约 %d 个端口才%s，约耗 CPU %s（每端口 0.35 微秒，测于 Linux 6.18；6.15 之前更慢）。",
		acc.Probes, p.ends(acc), lifetime(time.Duration(acc.Probes)*350*time.Nanosecond)))
	add(acc.Left.Max == 0 && acc.Timed, p.lang.F("The next port comes back in %s.", "下一个端口将在 %s后可用。", p.left(acc.Next)))
	add(a.Waiting > 0, p.lang.F("%d connects wait for an answer now (SYN_SENT): that is the far end or the way there, not the ports.",
		"现有 %d 个 connect 在等待应答（SYN_SENT）：问题在对端或路径，不在端口。", a.Waiting))
	add(a.Failing > 0, p.lang.F("%d handshakes of this namespace failed within %s (Tcp AttemptFails): refused or timed out, whatever the destination; running out of ports is not counted there.",
		"本命名空间在 %[2]s 内有 %[1]d 次握手失败（Tcp AttemptFails）：被拒绝或超时，不分目的地；端口耗尽不计入其中。", a.Failing, span(a.Over)))
	if t := a.Tried; t != nil {
		answer := t.Errno
		if answer == "" {
			answer = p.lang.F("success", "成功")
		}
		add(true, p.lang.F("Tried: one real connect() answered %s after %s.", "已尝试：一次真实 connect() 返回 %s，耗时 %s。", answer, lifetime(t.Took)))
	}
	if len(facts) > 0 {
		p.line("")
	}
	for _, fact := range facts {
		p.wrap("", fact)
	}
}

func (p whyPage) ends(acc *portspace.Account) string {
	if acc.Left.Max == 0 {
		return p.lang.F("gives up", "放弃")
	}
	return p.lang.F("finds one", "找到可用端口")
}

// connectCure tells one cure, and its command if there is one.
func (p whyPage) connectCure(a *why.Connect, c why.ConnectCure) (text, command string) {
	switch c {
	case why.ConnectReuse:
		return p.lang.F("keep connections open and reuse them, or let the far end close first: then nothing waits here",
			"保持并复用连接，或让对端先关闭：这样本端就没有等待"), ""
	case why.ConnectTWReuse:
		return p.lang.F("let connect() take over old TIME_WAITs of connections with timestamps", "允许 connect() 接管带时间戳的旧 TIME_WAIT"),
			"sysctl -w net.ipv4.tcp_tw_reuse=1"
	case why.ConnectRange:
		return p.lang.F("widen the range; look first for listeners in it, and reserve their ports", "扩大端口范围；先检查其中的监听端口并保留它们"),
			`sysctl -w net.ipv4.ip_local_port_range="1024 65535"`
	case why.ConnectReserved:
		return p.lang.F("reserve fewer ports: %d of the range are", "减少保留端口：范围内已保留 %d 个", a.Account.Reserved), ""
	case why.ConnectNoPort:
		return p.lang.F("programs that bind() their source: set IP_BIND_ADDRESS_NO_PORT and bind to port 0, so that the port is shared between destinations",
			"需要 bind() 源地址的程序：设置 IP_BIND_ADDRESS_NO_PORT 并绑定端口 0，使端口可在不同目的地之间共用"), ""
	case why.ConnectListener:
		return p.lang.F("move listeners out of the range; ports lost by them: %d", "把监听端口移出该范围：因此损失 %d 个端口", a.Account.Listening), ""
	case why.ConnectSource:
		return p.lang.F("use another source address, or another port of the destination: each pair has all ports once more",
			"使用另一个源地址，或目的地的另一个端口：每一组合都重新拥有全部端口"), ""
	}
	return string(c), ""
}
