package text

import (
	"fmt"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/portspace"
	"github.com/linger-dev/linger/internal/tcp"
	"github.com/linger-dev/linger/internal/why"
)

// holders writes the table of all that hold the port, those in the way first.
func (p whyPage) holders(a *why.Bind) {
	if len(a.Held.Holders) == 0 {
		return
	}
	p.line("")
	p.line("%s", p.lang.F("who holds port %d (x: in the way, ?: perhaps):", "端口 %d 的持有者（x：冲突，?：可能冲突）：", a.Request.Port))
	rows := [][]string{{
		"", p.lang.F("STATE", "状态"), p.lang.F("LOCAL", "本地"), p.lang.F("REMOTE", "远端"), "REUSE", p.lang.F("WHO", "进程"),
	}}
	var order []int
	for _, wanted := range []bool{true, false} {
		for i := range a.Held.Holders {
			if blocks, _ := a.Blocks(i); blocks == wanted {
				order = append(order, i)
			}
		}
	}
	shown, more := limit(order, p.opt.Rows)
	for _, i := range shown {
		rows = append(rows, p.holderRow(a, i))
	}
	p.columns(rows)
	if more > 0 {
		p.line("  %s", p.lang.F("and %d more", "另有 %d 项", more))
	}
}

func (p whyPage) holderRow(a *why.Bind, i int) []string {
	h := &a.Held.Holders[i]
	mark := ""
	if blocks, sure := a.Blocks(i); sure {
		mark = "x"
	} else if blocks {
		mark = "?"
	}
	local := p.shown(h)
	if h.V6 && h.V6Only == evidence.Yes && h.Addr.IsUnspecified() {
		local += p.lang.F(" (IPv6 only)", "（仅 IPv6）")
	}
	if h.Device != 0 {
		local += fmt.Sprintf("%%%d", h.Device)
	}
	remote := "-"
	switch {
	case h.Remote.IsValid() && h.Count == 1:
		remote = h.Remote.String()
	case h.Remote.IsValid():
		remote = h.Remote.String() + " " + p.dots()
	}
	state := p.times(h.Count) + p.state(h)
	if h.Timed {
		state += p.lang.F(", %s", "，%s", p.left(h.Latest+a.Host.Tail))
	}
	return []string{mark, state, local, remote, reuse(h), p.whoRow(h)}
}

// reuse tells SO_REUSEADDR and SO_REUSEPORT.
func reuse(h *evidence.Holder) string {
	if !h.ReuseAddr.Known() || !h.ReusePort.Known() {
		return "?"
	}
	switch {
	case h.ReuseAddr == evidence.Yes && h.ReusePort == evidence.Yes:
		return "addr+port"
	case h.ReuseAddr == evidence.Yes:
		return "addr"
	case h.ReusePort == evidence.Yes:
		return "port"
	}
	return "-"
}

// state is the state with the direction of the connection.
func (p whyPage) state(h *evidence.Holder) string {
	text := h.State.String()
	switch {
	case h.State == tcp.BoundInactive:
		return p.lang.F("bound only", "仅绑定")
	case h.Direction == evidence.Inbound:
		text += p.lang.F(" inbound", " 入站")
	case h.Direction == evidence.Outbound:
		text += p.lang.F(" outbound", " 出站")
	}
	return text
}

func (p whyPage) whoRow(h *evidence.Holder) string {
	switch {
	case len(h.Who.PIDs) > 0 && h.UIDKnown && !h.Mini:
		return p.lang.F("%s, uid %d", "%s，uid %d", p.names(h.Who), h.UID)
	case len(h.Who.PIDs) > 0:
		return p.names(h.Who)
	case h.Mini:
		return p.lang.F("nobody: its process let go of it", "无：进程已放手")
	case h.Orphan:
		return p.lang.F("no process", "无进程")
	}
	return p.lang.F("unknown", "未知")
}

// rehearsal tells what the kernel said.
func (p whyPage) rehearsal(a *why.Bind) {
	r := a.Rehearsal
	p.line("")
	switch {
	case r.Done && a.Disagree:
		p.wrap("", p.lang.F("The kernel disagrees: a real bind(), closed at once, answered %s, but by the rules it would be %s. Believe the kernel; "+
			"please report this with the output of --json.",
			"内核的结果不同：真实 bind()（随即关闭）返回 %s，而按规则应为 %s。请以内核为准，并附 --json 的输出报告此问题。",
			p.errno(r.Errno), p.errno(a.Verdict.Bind.Errno)))
	case r.Done:
		p.wrap("", p.lang.F("Rehearsed: a real bind() as uid %d, closed at once, answered %s.", "已实际演练：以 uid %d 调用 bind() 并随即关闭，返回 %s。",
			a.Request.UID, p.errno(r.Errno)))
	default:
		p.wrap("", p.lang.F("Not rehearsed: %s.", "未实际演练：%s。", p.skip(r.WhyNot)))
	}
}

func (p whyPage) errno(e portspace.Errno) string {
	if e == portspace.OK {
		return p.lang.F("success", "成功")
	}
	return string(e)
}

func (p whyPage) skip(s why.Skip) string {
	switch s {
	case why.SkipRecording:
		return p.lang.F("the kernel of a recording cannot be asked", "录制文件无法询问当时的内核")
	case why.SkipMark:
		return p.lang.F("it would succeed, and leave a mark in the kernel's bind table that lasts as long as the port has other users",
			"它会成功，并在内核绑定表中留下痕迹，直到该端口不再有其他使用者")
	case why.SkipUser:
		return p.lang.F("acting as another user needs root", "以其他用户身份演练需要 root")
	case why.SkipFailed:
		return p.lang.F("no socket could be made for it", "无法创建演练用的套接字")
	case why.SkipAsked:
	}
	return p.lang.F("it was not wanted", "未要求演练")
}
