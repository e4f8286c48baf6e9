// Package closewaitleak finds programs that do not close connections whose
// peers have closed.
package closewaitleak

import (
	"fmt"
	"slices"
	"time"

	"github.com/linger-dev/linger/internal/evidence"
	"github.com/linger-dev/linger/internal/rule"
	"github.com/linger-dev/linger/internal/say"
	"github.com/linger-dev/linger/internal/tcp"
)

const (
	// few is more than the handful of connections that any busy program has
	// between reading the end of a stream and closing it.
	few = 3
	// many is beyond that handful even at thousands of closes per second.
	many = 100
	// slow is much longer than a program needs to notice the end of a stream.
	// If even the youngest has waited so long, nobody is closing.
	slow = 5 * time.Second
	// stuck is longer than most programs take to finish an answer after their
	// peer has half-closed. If the oldest has waited so long, it was forgotten.
	stuck = time.Minute
)

// Rule returns the rule.
func Rule() rule.Rule {
	return rule.Rule{
		Code: "close-wait-leak",
		Title: say.F("a program does not close connections that its peers have closed",
			"程序没有关闭对端已经关闭的连接"),
		Why: say.F("CLOSE_WAIT means that the peer has sent its FIN and this program has not called close(). "+
			"The kernel has no timer for it: it lasts until the program closes or exits, the peer resets, or keepalive, where the program enabled it, finds the peer gone. "+
			"Each one holds a descriptor and about 2.4 KiB of kernel memory.",
			"CLOSE_WAIT 表示对端已发送 FIN，而本程序没有调用 close()。内核对它没有定时器：它一直持续到程序关闭或退出、对端发送 RST，或程序启用的 keepalive 发现对端已不在。每个占一个描述符和约 2.4 KiB 内核内存。"),
		References: []string{
			"RFC 9293 section 3.6, case 2",
			"net/ipv4/tcp_input.c, tcp_fin",
			"tcp(7), SO_KEEPALIVE and TCP_KEEPIDLE",
		},
		Helps: []rule.Advice{
			{Do: say.F("close the connection when read() returns 0, on every path, errors and timeouts included",
				"在所有路径上（包括错误和超时），read() 返回 0 时关闭连接"), Because: say.F("nothing else ends CLOSE_WAIT in an orderly way",
				"没有别的办法能有序地结束 CLOSE_WAIT")},
			{Do: say.F("give every read and write a deadline",
				"给每次读写设置期限"), Because: say.F("a program that waits for ever for something else never reads the end of the stream",
				"永远等待别的事情的程序，读不到流的结尾")},
			{Do: say.F("restart the program until it is mended",
				"修复之前，重启程序"), Because: say.F("its descriptors are closed when it exits",
				"程序退出时其描述符被关闭")},
		},
		NotHelp: folklore(),
		Check:   check,
	}
}

func folklore() []rule.Advice {
	return []rule.Advice{
		{Do: say.F("lower tcp_fin_timeout or set tcp_tw_reuse",
			"调低 tcp_fin_timeout 或设置 tcp_tw_reuse"), Because: say.F("the one bounds FIN_WAIT2, the other acts on TIME_WAIT; CLOSE_WAIT has no timer",
			"前者限制 FIN_WAIT2，后者作用于 TIME_WAIT；CLOSE_WAIT 没有定时器")},
		{Do: say.F("lower tcp_keepalive_time",
			"调低 tcp_keepalive_time"), Because: say.F("it acts only on sockets whose program set SO_KEEPALIVE, and a peer that still answers keeps CLOSE_WAIT alive",
			"它只作用于程序设置了 SO_KEEPALIVE 的套接字，而且仍会应答的对端使 CLOSE_WAIT 一直存在")},
		{Do: say.F("raise the limit of open files",
			"调高打开文件数上限"), Because: say.F("it postpones the day on which the leak reaches it",
			"只是推迟泄漏触及上限的那一天")},
	}
}

func check(c rule.Case) []rule.Finding {
	count := func(t *evidence.Tally) uint64 { return t.States[tcp.CloseWait] }
	var found []rule.Finding
	var left []rule.Pile
	for _, p := range rule.Services(c.Namespace, count) {
		if f, ok := judge(c, &p); ok {
			found = append(found, f)
		} else {
			left = append(left, p)
		}
	}
	for _, p := range rule.Rest(left) {
		if f, ok := judge(c, &p); ok {
			found = append(found, f)
		}
	}
	return found
}

// judge decides on one pile.
func judge(c rule.Case, p *rule.Pile) (rule.Finding, bool) {
	var ages evidence.CloseWait
	var unaccepted uint64
	for _, t := range p.Groups {
		ages.Merge(&t.CloseWait)
		unaccepted += t.Orphans[tcp.CloseWait]
	}
	who := p.Holder(c.Namespace, tcp.CloseWait)
	halted := haltedOf(c.Snapshot, who)
	leaks := p.N >= few && ages.Known > 0 && (ages.Youngest >= slow || ages.Oldest >= stuck)
	crowd := p.N >= many && (ages.Known == 0 || ages.Oldest >= slow)
	if !leaks && !crowd && halted == nil {
		return rule.Finding{}, false
	}
	f := rule.Finding{
		Severity: rule.Warning, Subject: p.Subject(), Who: who, Count: p.N,
		Title: say.F("%s %s %s, left open %s",
			"%[2]s%[1]s%[3]s，未关闭者：%[4]s", rule.Count(p.N, "connection", "个连接"), p.Where(), waits(p.N), rule.By(c.Snapshot, who)),
		Facts: facts(c, p, &ages, unaccepted, who), Groups: p.Keys(), WantsOwner: true,
	}
	if ages.Known > 0 {
		f.Since = rule.Since{Known: true, For: ages.Oldest, AtLeast: true}
		f.Title = f.Title.Join(say.F(", the oldest for at least %s",
			"，最久的至少 %s", rule.About(ages.Oldest)))
	}
	if halted != nil {
		f.Title = f.Title.Join(say.F("; %s is %s",
			"；%s%s", rule.Names(c.Snapshot, []int{halted.PID}), short(halted.State)))
		f.Helps = wake(halted)
	}
	if full, ok := fullQueue(c.Namespace, p); ok && unaccepted > 0 {
		f.Severity = rule.Critical
		f.Facts = append(f.Facts, full)
	}
	return f, true
}

func waits(n uint64) say.Text {
	if n == 1 {
		return say.F("waits in CLOSE_WAIT",
			"停留在 CLOSE_WAIT")
	}
	return say.F("wait in CLOSE_WAIT",
		"停留在 CLOSE_WAIT")
}

// haltedOf returns a holder that cannot run, if there is one: then it is the
// cause, however few and young its sockets are.
func haltedOf(s *evidence.Snapshot, who evidence.Maker) *evidence.Owner {
	for _, pid := range who.PIDs {
		if o := s.Owner(pid); o != nil && slices.Contains([]evidence.ProcState{"T", "t"}, o.State) {
			return o
		}
	}
	return nil
}

func short(state evidence.ProcState) say.Text {
	if state == "t" {
		return say.F("held by a debugger",
			"被调试器停住")
	}
	return say.F("stopped",
		"已被信号停止")
}

// wake is what helps when the process does not run.
func wake(o *evidence.Owner) []rule.Advice {
	if o.State == "t" {
		return []rule.Advice{{Do: say.F("let the debugger continue the process or detach",
			"让调试器继续运行该进程或脱离"), Because: say.F("it can then close its sockets",
			"它便能关闭自己的套接字")}}
	}
	return []rule.Advice{
		{Do: say.F("let the process run",
			"让该进程继续运行"), Because: say.F("it can then close its sockets",
			"它便能关闭自己的套接字"), Command: fmt.Sprintf("kill -CONT %d", o.PID)},
		{Do: say.F("or end it",
			"或者结束它"), Because: say.F("SIGKILL works on a stopped process, and its descriptors are closed at exit",
			"SIGKILL 对已停止的进程有效，退出时其描述符被关闭"), Command: fmt.Sprintf("kill -KILL %d", o.PID)},
	}
}

func facts(c rule.Case, p *rule.Pile, ages *evidence.CloseWait, unaccepted uint64, who evidence.Maker) []say.Text {
	var out []say.Text
	for i, pid := range who.PIDs {
		if o := c.Snapshot.Owner(pid); o != nil && o.State != "" && i < 3 {
			out = append(out, say.F("%s is %s.",
				"%s：%s。", rule.Names(c.Snapshot, []int{pid}), o.State.Means()))
		}
	}
	if ages.Known > 0 {
		ago := say.Same(rule.About(ages.Oldest))
		if youngest := rule.About(ages.Youngest); youngest != ago.EN {
			ago = say.F("between %s and %s",
				"%s 到 %s", youngest, rule.About(ages.Oldest))
		}
		out = append(out, say.F("The other ends were last heard of %s ago (%s asked).",
			"最后一次收到对端消息是在 %s 之前（询问了 %s）。", ago, rule.Count(ages.Known, "socket", "个套接字")))
	}
	if ages.Unread > 0 {
		out = append(out, say.F("%s unread in their receive queues (an unread FIN counts as 1): the program does not read to the end.",
			"接收队列中有 %s未读（未读的 FIN 计为 1）：程序没有读到结尾。", rule.Count(ages.Unread, "byte", "字节")))
	}
	if unaccepted > 0 {
		out = append(out, say.F("%s of them no descriptor holds: they wait in the queue of a listener for accept().",
			"其中 %s 个没有描述符持有：它们在监听队列中等待 accept()。", rule.N(unaccepted)))
	}
	out = append(out, shared(c.Snapshot, p)...)
	if len(p.Groups) > 1 {
		out = append(out, say.F("They are spread over %d pairs of addresses; most: %s, %s.",
			"它们分布在 %d 对地址上；最多的是 %s，%s 个。", len(p.Groups), p.Groups[0].Key, rule.N(p.Groups[0].States[tcp.CloseWait])))
	}
	if who.Basis == evidence.Held {
		return append(out, rule.AboutMaker(c.Snapshot, who)...)
	}
	return out
}

// shared names descriptors that several processes hold: the FIN goes out
// only when the last of them closes.
func shared(s *evidence.Snapshot, p *rule.Pile) []say.Text {
	var out []say.Text
	said := make(map[say.Text]bool)
	for _, t := range p.Groups {
		for _, h := range t.Holders {
			if h.States[tcp.CloseWait] == 0 || len(h.PIDs) < 2 || h.Earlier {
				continue
			}
			names := rule.Names(s, h.PIDs)
			if !said[names] {
				said[names] = true
				out = append(out, say.F("%s share descriptors, as after fork: a connection is closed only when all of them have closed it.",
					"%s 共享描述符（如 fork 之后）：只有全部关闭，连接才会关闭。", names))
			}
		}
	}
	return out
}

// fullQueue reports a listener of the pile that takes no more connections.
// Linux drops a SYN once more than Backlog wait (sk_acceptq_is_full).
func fullQueue(ns *evidence.Namespace, p *rule.Pile) (say.Text, bool) {
	for _, l := range ns.Listeners {
		for _, t := range p.Groups {
			if t.Direction == evidence.Inbound && l.Covers(t.Src, t.Port) && l.Queue > l.Backlog {
				return say.F("The listener on port %d is full (%d wait, %d may): new connections are dropped.",
					"端口 %d 上的监听队列已满（%d 个在等待，最多 %d 个）：新连接被丢弃。", l.Port, l.Queue, l.Backlog), true
			}
		}
	}
	return say.Text{}, false
}
