package text

import (
	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/why"
)

// bindNotes says what the answer does not show.
func (p whyPage) bindNotes(a *why.Bind) {
	if a.Verdict.Remembered {
		p.wrap("", p.lang.F("It succeeds only because the kernel's bind table still remembers a socket with SO_REUSEPORT of this user; by the holders alone it would fail.",
			"之所以成功，只是因为内核绑定表还记得本用户一个带 SO_REUSEPORT 的套接字；仅看持有者则会失败。"))
	}
	if a.InRange {
		p.wrap("", p.lang.F("Port %d lies in ip_local_port_range (%s): any outbound connection can take it while nobody has bound it.",
			"端口 %d 位于 ip_local_port_range（%s）之内：没有程序绑定时，任何出站连接都可能占用它。", a.Request.Port, a.Span().String()))
	}
	if a.Reserved {
		p.wrap("", p.lang.F("Port %d is in ip_local_reserved_ports: the kernel never chooses it by itself, but programs may bind it.",
			"端口 %d 在 ip_local_reserved_ports 中：内核不会自动选用，但程序可以绑定。", a.Request.Port))
	}
	if h := a.Blocker(); h != nil && nativeBlocks(a, h) {
		p.wrap("", p.lang.F("An IPv6 connection stands in the way of 0.0.0.0: its socket did not bind an address, so the kernel takes it for one that also covers IPv4.",
			"一条 IPv6 连接挡住了 0.0.0.0：其套接字未绑定地址，内核便认为它同时覆盖 IPv4。"))
	}
	if len(a.Elsewhere) > 0 {
		p.wrap("", p.lang.F("Somebody listens at this port in other network namespaces, where it does not matter here: %s.",
			"其他网络命名空间中也有进程监听此端口，但与此处无关：%s。", p.joined(a.Elsewhere)))
	}
}

func nativeBlocks(a *why.Bind, h *evidence.Holder) bool {
	return a.Request.Addr.Is4() && h.Native() && a.Errno() == portspace.EADDRINUSE
}

// cure tells one cure.
func (p whyPage) cure(a *why.Bind, c why.Cure) string {
	switch c.Kind {
	case why.CureReuseAddr:
		return p.lang.F("let the program set SO_REUSEADDR before bind(); servers should", "让程序在 bind() 之前设置 SO_REUSEADDR；服务端都应如此")
	case why.CureReusePort:
		return p.lang.F("let the program set SO_REUSEPORT before bind(); both then share what comes in",
			"让程序在 bind() 之前设置 SO_REUSEPORT；双方随后分担入站连接")
	case why.CureBoth:
		return p.lang.F("let the program set both SO_REUSEADDR and SO_REUSEPORT before bind()", "让程序在 bind() 之前同时设置 SO_REUSEADDR 和 SO_REUSEPORT")
	case why.CureV6Only:
		return p.lang.F("let the program set IPV6_V6ONLY: what is in the way is of IPv4", "让程序设置 IPV6_V6ONLY：冲突来自 IPv4")
	case why.CureWait:
		if c.Then {
			return p.lang.F("and then wait until the lingering sockets in the way have ended, %s at most if their peers send nothing more",
				"然后等待冲突的滞留套接字结束，至多 %s（前提是对端不再发送）", p.left(c.In))
		}
		if c.In == 0 {
			return p.lang.F("wait until the lingering sockets have ended: a minute, or more if their peers go on sending",
				"等待滞留的套接字结束：约一分钟，对端继续发送则更久")
		}
		return p.lang.F("wait %s: until then all lingering sockets in the way have ended, if their peers send nothing more",
			"等待 %s，届时冲突的滞留套接字都已结束（前提是对端不再发送）", p.left(c.In))
	case why.CureStop:
		return p.lang.F("stop %s; connections that it closes first linger for a minute then", "停止 %s；由它先关闭的连接随后会滞留一分钟",
			p.names(evidence.Maker{PIDs: c.PIDs, Basis: evidence.Held}))
	case why.CureDestroy:
		return p.lang.F("or destroy the lingering sockets now (as root); late segments of theirs are then answered with a reset",
			"或立即销毁滞留的套接字（需 root）；其迟到的报文段将得到 RST")
	}
	return p.setupCure(a, c)
}

func (p whyPage) setupCure(a *why.Bind, c why.Cure) string {
	switch c.Kind {
	case why.CureCap:
		return p.lang.F("give the program CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or lower ip_unprivileged_port_start",
			"授予程序 CAP_NET_BIND_SERVICE（systemd：AmbientCapabilities=CAP_NET_BIND_SERVICE），或调低 ip_unprivileged_port_start")
	case why.CureAddress:
		return p.lang.F("give the address to an interface of this namespace, or bind one that is there", "把该地址配置到本命名空间的接口上，或改绑已有地址")
	case why.CureFree:
		return p.lang.F("if the address comes later, let the program set IP_FREEBIND", "若该地址稍后才出现，让程序设置 IP_FREEBIND")
	case why.CureReserve:
		return p.lang.F("reserve port %d, so that no outbound connection takes it", "保留端口 %d，使出站连接不会占用它", a.Request.Port)
	}
	return string(c.Kind)
}
