package lint

import "github.com/linger-dev/linger/internal/evidence"

const conntrackDir = "net.netfilter.nf_conntrack_tcp_timeout_"

// conntrackEntries are the timeouts of connection tracking, which has states of
// its own with the same names.
func conntrackEntries() []entry {
	timeout := func(state, seconds string, judge func(*question) opinion) entry {
		return entry{
			key: conntrackDir + state, netns: release{2, 6}, fresh: fixed(seconds),
			believed: Message{EN: "it is how long the socket stays in that state", ZH: "就是套接字停留在该状态的时间"},
			does: always(sayf("how many seconds connection tracking, for firewalls and NAT, remembers a connection that it saw in that state; the kernel's sockets do not know of it",
				"防火墙和 NAT 使用的连接跟踪（conntrack）对处于该状态的连接保留多少秒；与内核的套接字无关")),
			judge: judge, refs: []string{"nf_conntrack-sysctl: nf_conntrack_tcp_timeout_" + state},
		}
	}
	return []entry{
		timeout("time_wait", "120", judgeConntrack),
		timeout("fin_wait", "120", unrelated()),
		timeout("close_wait", "60", unrelated()),
		timeout("last_ack", "30", unrelated()),
	}
}

func judgeConntrack(c *question) opinion {
	const length = 60
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 120:
		return isDefault().note(sayf("connection tracking remembers twice as long as the socket's 60 s; that matters where NAT runs out of ports", "连接跟踪的记忆时间是套接字 60 秒的两倍；只有在 NAT 端口耗尽时才有影响"))
	case c.numbers[0] < length:
		return is(Harmless, sayf("NAT can give a port away sooner, while the ends may still be in TIME_WAIT for %d s: the new connection then depends on its SYN being accepted there", "NAT 可以更早让出端口，而两端可能还要在 TIME_WAIT 中停留 %d 秒：新连接能否建立取决于其 SYN 在那里是否被接受", length-c.numbers[0])).
			note(sayf("the sockets' own TIME_WAIT is no shorter", "套接字自身的 TIME_WAIT 并不会变短"))
	case c.numbers[0] < 120:
		return is(Helps, sayf("NAT that runs out of ports gets them back sooner; the sockets' own TIME_WAIT is no shorter", "端口耗尽的 NAT 能更早收回端口；套接字自身的 TIME_WAIT 并不会变短"))
	}
	return is(Useless, sayf("it remembers ended connections longer than the default: table and NAT ports fill sooner", "比默认值更久地记住已结束的连接：表项和 NAT 端口会更快占满"))
}

// goneEntries are keys that kernels once had.
func goneEntries() []entry {
	old := func(key string) entry {
		return entry{
			key: key, removed: release{4, 9}, netns: hostWide(),
			believed: Message{EN: "it shortens TIME_WAIT", ZH: "能缩短 TIME_WAIT"},
			does:     always(Message{EN: "an old name of a setting of connection tracking, which Linux 4.9 removed", ZH: "连接跟踪某个设置的旧名称，Linux 4.9 已将其移除"}),
			judge:    unrelated(), refs: []string{"Linux commit adf0516845bc"},
		}
	}
	return []entry{
		{
			key: "net.ipv4.tcp_tw_recycle", removed: release{4, 12}, netns: release{4, 11}, fresh: fixed("0"),
			believed: Message{EN: "it gets rid of TIME_WAIT fast", ZH: "能快速回收 TIME_WAIT"},
			does:     recycleDoes, judge: judgeRecycle,
			refs:   []string{"Linux commit 4396e46187ca", "RFC 7323 section 5"},
			claims: []string{"nat-timestamps-going-back"},
		},
		old("net.ipv4.netfilter.ip_conntrack_tcp_timeout_time_wait"),
		old("net.ipv4.netfilter.ip_conntrack_tcp_timeout_fin_wait"),
		old("net.ipv4.netfilter.ip_conntrack_tcp_timeout_close_wait"),
		old("net.ipv4.ip_conntrack_max"),
		old("net.ipv4.netfilter.ip_conntrack_max"),
	}
}

func recycleDoes(k evidence.Kernel) Message {
	if (release{4, 12}).in(k) {
		return sayf("nothing: Linux 4.12 removed it", "什么也不做：Linux 4.12 已将其移除")
	}
	return sayf("ended TIME_WAIT after 3.5 retransmission timeouts, and dropped every SYN whose timestamp was older than the last one from the same address", "让 TIME_WAIT 在 3.5 个重传超时后结束，并丢弃时间戳早于同一地址上一次的所有 SYN")
}

func judgeRecycle(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 0:
		return isDefault()
	}
	return is(Harmful, sayf("clients that share an address (NAT) have unrelated clocks: their connections are dropped at random", "共用一个地址（NAT）的客户端时钟互不相关：它们的连接会被随机丢弃")).
		do(sayf("remove the line, or set it to 0", "删除该行，或设为 0"))
}
