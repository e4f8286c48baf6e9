package lint

import (
	"math"

	"github.com/linger-dev/linger/internal/evidence"
)

// queueEntries are the keys of the queues in front of accept(), which are often
// raised against TIME_WAIT and have nothing to do with it.
func queueEntries() []entry {
	return []entry{
		{
			key: "net.ipv4.tcp_syncookies", netns: release{4, 6}, limit: inByte(), fresh: fixed("1"),
			believed: Message{EN: "it reduces TIME_WAIT", ZH: "能减少 TIME_WAIT"},
			does: always(Message{
				EN: "answers SYNs without keeping state when the queue of half-open connections is full",
				ZH: "当半连接队列已满时，不保存状态地应答 SYN",
			}),
			judge: judgeCookies, refs: []string{"ip-sysctl: tcp_syncookies"}, claims: []string{"syncookies-change-nothing"},
		},
		{
			key: "net.ipv4.tcp_max_syn_backlog", netns: release{4, 11},
			believed: Message{EN: "it makes room beside TIME_WAIT", ZH: "能在 TIME_WAIT 之外腾出空间"},
			does:     always(Message{EN: "the most half-open connections that a listener remembers", ZH: "一个监听套接字最多记住的半连接数"}),
			judge:    unrelated(), refs: []string{"ip-sysctl: tcp_max_syn_backlog"},
		},
		{
			key: "net.core.somaxconn", limit: within(release{}, limit{0, 1<<31 - 1}), fresh: from(release{5, 4}, "4096", "128"),
			believed: Message{EN: "it lifts the number of connections, and so of TIME_WAIT", ZH: "能提高连接数，从而缓解 TIME_WAIT"},
			does: always(Message{
				EN: "caps the backlog of listen(): how many connections may wait for accept()",
				ZH: "限制 listen() 的 backlog：最多有多少连接可以等待 accept()",
			}),
			judge: judgeSomaxconn, refs: []string{"ip-sysctl: somaxconn"}, claims: []string{"backlog-overflow"},
		},
		{
			key: "net.ipv4.tcp_abort_on_overflow", netns: release{4, 15}, limit: inByte(), fresh: fixed("0"),
			believed: Message{EN: "it clears connections away faster", ZH: "能更快地清理连接"},
			does: always(Message{
				EN: "answers a client with a reset when the queue for accept() is full, instead of letting it try again",
				ZH: "当 accept() 队列已满时，用 RST 回应客户端，而不是让它重试",
			}),
			judge: judgeAbort, refs: []string{"ip-sysctl: tcp_abort_on_overflow"}, claims: []string{"backlog-overflow"},
		},
		{
			key: "net.core.netdev_max_backlog", netns: hostWide(), fresh: fixed("1000"),
			believed: Message{EN: "it helps with many connections in TIME_WAIT", ZH: "有助于应对大量 TIME_WAIT"},
			does:     always(Message{EN: "the most packets that wait for a CPU to take them off a network card", ZH: "网卡收到后等待 CPU 处理的报文数上限"}),
			judge:    unrelated(), refs: []string{"admin-guide/sysctl/net: netdev_max_backlog"},
		},
	}
}

// handshakeEntries are the keys of connections that begin.
func handshakeEntries() []entry {
	return []entry{
		{
			key: "net.ipv4.tcp_synack_retries", netns: release{4, 6}, limit: inByte(), fresh: fixed("5"),
			believed: Message{EN: "it clears connections away faster", ZH: "能更快地清理连接"},
			does:     always(Message{EN: "how often a SYN-ACK is repeated: how long SYN_RECV lasts", ZH: "SYN-ACK 的重传次数：决定 SYN_RECV 持续多久"}),
			judge:    unrelated(), refs: []string{"ip-sysctl: tcp_synack_retries"},
		},
		{
			key: "net.ipv4.tcp_syn_retries", netns: release{4, 6}, limit: within(release{}, limit{1, 127}), fresh: fixed("6"),
			believed: Message{EN: "it clears connections away faster", ZH: "能更快地清理连接"},
			does:     always(Message{EN: "how often connect() repeats its SYN: how long SYN_SENT lasts", ZH: "connect() 重传 SYN 的次数：决定 SYN_SENT 持续多久"}),
			judge:    unrelated(), refs: []string{"ip-sysctl: tcp_syn_retries"},
		},
		{
			// It came with 5.14; Debian's 5.10.262 has it too.
			key: "net.ipv4.tcp_migrate_req", since: release{5, 10}, netns: release{5, 10}, limit: within(release{}, limit{0, 1}), fresh: fixed("0"),
			believed: Message{EN: "it keeps connections through a restart", ZH: "能让连接在重启期间得以保留"},
			does: always(Message{
				EN: "moves connections that wait for accept() to another listener with SO_REUSEPORT when theirs closes; it does not touch TIME_WAIT",
				ZH: "当监听套接字关闭时，把等待 accept() 的连接移交给另一个 SO_REUSEPORT 监听者；不涉及 TIME_WAIT",
			}),
			judge: unrelated(), refs: []string{"ip-sysctl: tcp_migrate_req"},
		},
	}
}

func judgeCookies(c *question) opinion {
	if c.numbers != nil && c.numbers[0] == 0 {
		return is(Harmful, sayf("a flood of SYNs then keeps clients out, and TIME_WAIT is the same with and without", "此时 SYN 洪泛会把正常客户端挡在门外，而有无该设置 TIME_WAIT 都一样")).
			do(sayf("set it to 1", "设为 1"))
	}
	if c.numbers != nil && c.numbers[0] > 1 {
		return is(Harmless, sayf("cookies for every SYN, which ip-sysctl keeps for tests; TIME_WAIT is the same with and without", "对每个 SYN 都使用 cookie，ip-sysctl 说明仅用于测试；有无该设置 TIME_WAIT 都一样"))
	}
	return unrelated()(c)
}

func judgeSomaxconn(c *question) opinion {
	if c.numbers != nil && c.numbers[0] < 128 {
		return is(Harmful, sayf("at most %d connections can wait for accept(): further SYNs are dropped, and clients wait a second or more", "最多只有 %d 个连接可以等待 accept()：更多的 SYN 会被丢弃，客户端要等一秒或更久", c.numbers[0]))
	}
	return unrelated()(c)
}

func judgeAbort(c *question) opinion {
	if c.numbers == nil || c.numbers[0] == 0 {
		return unrelated()(c)
	}
	return is(Harmful, sayf("clients see ECONNRESET in a burst that a retry would have survived; ip-sysctl warns of it", "突发流量下客户端会收到 ECONNRESET，而重试本可成功；ip-sysctl 对此有警告")).
		do(sayf("set it to 0, and raise the program's own backlog", "设为 0，并调高程序自身的 backlog"))
}

// otherEntries are keys of other states and of memory.
func otherEntries() []entry {
	second := Message{EN: "it clears TIME_WAIT away", ZH: "能清理 TIME_WAIT"}
	alive := func(what Message) func(evidence.Kernel) Message {
		return always(sayf("%s; only on sockets with SO_KEEPALIVE. It can end a CLOSE_WAIT or ESTABLISHED whose peer is gone; a TIME_WAIT never sends", "%s；仅对设置了 SO_KEEPALIVE 的套接字有效。它能结束对端已消失的 CLOSE_WAIT 或 ESTABLISHED；TIME_WAIT 从不主动发送", what))
	}
	return []entry{
		{
			key: "net.ipv4.tcp_keepalive_time", netns: release{4, 5}, limit: within(release{}, seconds()), fresh: fixed("7200"), believed: second,
			does:  alive(Message{EN: "how many seconds a connection is idle before it is probed", ZH: "连接空闲多少秒后开始探测"}),
			judge: unrelated(), refs: []string{"ip-sysctl: tcp_keepalive_time"},
		},
		{
			key: "net.ipv4.tcp_keepalive_intvl", netns: release{4, 5}, limit: within(release{}, seconds()), fresh: fixed("75"), believed: second,
			does:  alive(Message{EN: "the seconds between probes", ZH: "两次探测之间的秒数"}),
			judge: unrelated(), refs: []string{"ip-sysctl: tcp_keepalive_intvl"},
		},
		{
			key: "net.ipv4.tcp_keepalive_probes", netns: release{4, 5}, limit: inByte(), fresh: fixed("9"), believed: second,
			does:  alive(Message{EN: "after how many unanswered probes a connection is given up", ZH: "多少次探测无应答后放弃连接"}),
			judge: unrelated(), refs: []string{"ip-sysctl: tcp_keepalive_probes"},
		},
		{
			key: "net.ipv4.tcp_invalid_ratelimit", since: release{4, 0}, netns: release{4, 15}, limit: rateLimit, fresh: fixed("500"),
			believed: Message{EN: "it has to do with how long TIME_WAIT lasts", ZH: "与 TIME_WAIT 的时长有关"},
			does: always(Message{
				EN: "the least milliseconds between answers to SYNs and bare ACKs out of the window, also in TIME_WAIT",
				ZH: "对窗口外的 SYN 和纯 ACK 作出应答的最小间隔（毫秒），在 TIME_WAIT 中同样有效",
			}),
			judge: judgeRateLimit, refs: []string{"ip-sysctl: tcp_invalid_ratelimit"},
		},
		{
			key: "net.ipv4.tcp_mem", netns: hostWide(), kind: triple,
			believed: Message{EN: "TIME_WAIT needs more of it", ZH: "TIME_WAIT 需要更多这类内存"},
			does:     always(Message{EN: "pages that TCP's buffers may take on the whole host; TIME_WAIT has no buffers and is not charged to it", ZH: "整台主机上 TCP 缓冲区可用的内存页数；TIME_WAIT 没有缓冲区，不计入其中"}),
			judge:    unrelated(), refs: []string{"ip-sysctl: tcp_mem"},
		},
		{
			key: "fs.file-max", netns: hostWide(),
			believed: Message{EN: "sockets in TIME_WAIT use up descriptors", ZH: "TIME_WAIT 套接字会耗尽文件描述符"},
			does:     always(Message{EN: "the most open files of the whole host; a TIME_WAIT is no open file", ZH: "整台主机打开文件数的上限；TIME_WAIT 不占用打开的文件"}),
			judge:    unrelated(), refs: []string{"admin-guide/sysctl/fs: file-max"},
		},
	}
}

func judgeRateLimit(c *question) opinion {
	if c.numbers != nil && c.numbers[0] == 0 {
		return is(Harmful, sayf("without a limit two ends that disagree can answer each other for ever", "没有限制时，状态不一致的两端可能无休止地互相应答"))
	}
	return unrelated()(c)
}

// rateLimit is what tcp_invalid_ratelimit takes: 6.18 refuses what is negative, 7.3
// does not; between the two nothing was tried.
func rateLimit(k evidence.Kernel) limit {
	if (release{6, 19}).in(k) {
		return anyInt()
	}
	return limit{0, math.MaxInt32}
}
