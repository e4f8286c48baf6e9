package text

import (
	"fmt"
	"net/netip"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/why"
)

// WhyBind writes the answer of `linger why PORT` in a language: whether
// bind() and listen() succeed, who holds the port, what the kernel itself
// said, and what would help.
func (r *Reporter) WhyBind(a *why.Bind, lang say.Lang) error {
	p := r.whyPage(lang, a.Held.Owners)
	p.answer(a.Certainty, p.bindAnswer(a))
	p.holders(a)
	p.rehearsal(a)
	p.bindNotes(a)
	if len(a.Cures) > 0 {
		p.line("")
		title := p.lang.F("what helps, shortest first:", "解决办法，最省事的在前：")
		if a.Certainty == why.Can {
			title = p.lang.F("so that it stays so:", "保持可用：")
		}
		p.line("%s", title)
	}
	for _, c := range a.Cures {
		p.point(p.cure(a, c), c.Command)
	}
	p.unseen(a.Gaps)
	return r.flush(p.page)
}

// call is the call as it was asked for.
func (p whyPage) call(r *portspace.Request) string {
	text := fmt.Sprintf("bind(%s)", netip.AddrPortFrom(r.Addr, r.Port))
	var with []string
	for _, o := range []struct {
		on   bool
		name string
	}{{r.ReuseAddr, "SO_REUSEADDR"}, {r.ReusePort, "SO_REUSEPORT"}, {r.V6Only && r.Addr.IsUnspecified(), "IPV6_V6ONLY"}} {
		if o.on {
			with = append(with, o.name)
		}
	}
	if len(with) == 0 {
		return text
	}
	return p.lang.F("%s with %s", "设置 %[2]s 的 %[1]s", text, p.joined(with))
}

func (p whyPage) bindAnswer(a *why.Bind) string {
	call, errno := p.call(&a.Request), string(a.Errno())
	switch {
	case a.Certainty == why.Can:
		return p.lang.F("%s and then listen() succeed.", "%s 以及随后的 listen() 都会成功。", call)
	case a.Certainty == why.Unsure:
		return p.lang.F("%s fails with %s or succeeds, which depends on what could not be seen: %s.",
			"%s 可能以 %s 失败，也可能成功，取决于未能看到的信息：%s。", call, errno, p.reason(a))
	case a.Verdict.Bind.Errno == portspace.OK && !a.Disagree:
		return p.lang.F("%s succeeds, but listen() then fails with %s: %s.", "%s 会成功，但随后 listen() 以 %s 失败：%s。", call, errno, p.reason(a))
	}
	return p.lang.F("%s fails with %s: %s.", "%s 以 %s 失败：%s。", call, errno, p.reason(a))
}

// reason is one clause.
func (p whyPage) reason(a *why.Bind) string {
	r := &a.Request
	switch a.Errno() {
	case portspace.EACCES:
		return p.lang.F("ports below %d need CAP_NET_BIND_SERVICE, which uid %d has not", "低于 %d 的端口需要 CAP_NET_BIND_SERVICE，uid %d 没有该权能", a.Low, r.UID)
	case portspace.EADDRNOTAVAIL:
		if r.Here == evidence.Unsure {
			return p.lang.F("it could not be told whether %s is an address of this namespace", "无法确认 %s 是否为本命名空间的地址", r.Addr)
		}
		return p.lang.F("%s is no address of this network namespace", "%s 不是本网络命名空间的地址", r.Addr)
	case portspace.EINVAL:
		if r.V6Only && r.Addr.Is4() {
			return p.lang.F("IPV6_V6ONLY excludes IPv4-mapped addresses", "IPV6_V6ONLY 排除 IPv4 映射地址")
		}
		return p.lang.F("a link-local address needs its interface, as in fe80::1%%eth0, and a multicast one takes no TCP",
			"链路本地地址要带接口名（如 fe80::1%%eth0），组播地址不能用于 TCP")
	case portspace.EADDRINUSE, portspace.OK:
	}
	h := a.Blocker()
	if h == nil {
		return p.lang.F("somebody holds it whom linger did not see", "持有者未被 linger 看到")
	}
	return p.holds(a, h)
}

// holds tells in a clause what a holder does with the port.
func (p whyPage) holds(a *why.Bind, h *evidence.Holder) string {
	who := p.names(h.Who)
	switch {
	case h.Mini:
		return p.lingers(h, a.Host)
	case h.State == tcp.Listen && h.Addr == a.Request.Addr:
		return p.lang.F("%s listens there", "%s 正在监听该端口", who)
	case h.State == tcp.Listen:
		return p.lang.F("%s listens there on %s, which overlaps", "%s 正在 %s 上监听该端口，地址范围重叠", who, p.shown(h))
	case h.State == tcp.BoundInactive:
		return p.lang.F("%s has bound it, without listening", "%s 已绑定该端口但未监听", who)
	case h.Orphan:
		return p.lang.F("a connection that no process holds any more is still closing (%s)", "一条已无进程持有的连接仍在关闭（%s）", h.State)
	case h.Direction == evidence.Inbound:
		if h.Count == 1 {
			return p.lang.F("%s holds an inbound connection on it", "%s 在该端口上持有一条入站连接", who)
		}
		return p.lang.F("%s holds %d inbound connections on it", "%s 在该端口上持有 %d 条入站连接", who, h.Count)
	case h.Direction == evidence.Outbound && h.Remote.IsValid():
		return p.lang.F("%s is connected from it to %s", "%s 从该端口连接到 %s", who, h.Remote)
	}
	return p.lang.F("%s has connections on it (%d)", "%s 在该端口上有连接（%d 条）", who, h.Count)
}

// lingers tells of mini-sockets.
func (p whyPage) lingers(h *evidence.Holder, host evidence.Host) string {
	kind := ""
	switch h.Direction {
	case evidence.Inbound:
		kind = p.lang.F("inbound ", "入站")
	case evidence.Outbound:
		kind = p.lang.F("outbound ", "出站")
	}
	text := p.lang.F("%d %sconnections that this host closed first are in %s", "本机先关闭的 %d 条%s连接处于 %s", h.Count, kind, h.State)
	if h.Count == 1 {
		text = p.lang.F("an %sconnection that this host closed first is in %s", "本机先关闭的一条%s连接处于 %s", kind, h.State)
		if kind == "" {
			text = p.lang.F("a connection that this host closed first is in %s", "本机先关闭的一条连接处于 %s", h.State)
		}
	}
	if h.Timed && h.Count == 1 {
		text += p.lang.F("; it ends in %s", "；%s后结束", p.left(h.Latest+host.Tail))
	} else if h.Timed {
		text += p.lang.F("; the last ends in %s", "；最后一条在 %s后结束", p.left(h.Latest+host.Tail))
	}
	if len(h.Who.PIDs) > 0 {
		text += p.lang.F(" (made by %s)", "（来自 %s）", p.names(h.Who))
	}
	return text
}

// shown is a holder's local address, in the form it is bound in.
func (p whyPage) shown(h *evidence.Holder) string {
	switch {
	case h.AddrUnknown:
		return "?"
	case h.V6 && h.Addr.Is4():
		return "::ffff:" + h.Addr.String()
	}
	return h.Addr.String()
}
