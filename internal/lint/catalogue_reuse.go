package lint

import "github.com/linger-dev/linger/internal/evidence"

const (
	keyReuse      = "net.ipv4.tcp_tw_reuse"
	keyDelay      = "net.ipv4.tcp_tw_reuse_delay"
	keyTimestamps = "net.ipv4.tcp_timestamps"
)

// loopbackReuse is the release in which tcp_tw_reuse became an integer with 2
// as its default (79e9fed46038).
func loopbackReuse() release { return release{4, 19} }

// reuseEntries are the keys that decide whether connect() may take over a
// TIME_WAIT.
func reuseEntries() []entry {
	return []entry{
		{
			key: keyReuse, netns: release{4, 11}, limit: within(loopbackReuse(), limit{0, 2}), fresh: reuseDefault,
			believed: Message{
				EN: "it frees sockets in TIME_WAIT, on clients and servers alike",
				ZH: "能释放处于 TIME_WAIT 的套接字，对客户端和服务端都有效",
			},
			does: reuseDoes, judge: judgeReuse,
			refs:   []string{"net/ipv4/tcp_ipv4.c, tcp_twsk_unique", "ip-sysctl: tcp_tw_reuse", "Linux commit 79e9fed46038"},
			claims: []string{"tw-reuse", "tw-reuse-needs-timestamps"},
		},
		{
			key: keyDelay, since: release{6, 14}, netns: release{6, 14}, limit: within(release{}, limit{1, 60000}), fresh: fixed("1000"),
			believed: Message{EN: "it shortens TIME_WAIT", ZH: "能缩短 TIME_WAIT"},
			does: always(Message{
				EN: "the age in milliseconds from which connect() may take over a TIME_WAIT that tcp_tw_reuse allows it; TIME_WAIT itself still lasts 60 s",
				ZH: "TIME_WAIT 至少要存在多少毫秒，connect() 才可以接管它（前提是 tcp_tw_reuse 允许）；TIME_WAIT 本身仍然是 60 秒",
			}),
			judge:  judgeDelay,
			refs:   []string{"Linux commit ca6a6f93867a", "ip-sysctl: tcp_tw_reuse_delay"},
			claims: []string{"tw-reuse-delay"},
		},
		{
			key: keyTimestamps, netns: release{4, 13}, limit: inByte(), fresh: fixed("1"),
			believed: Message{
				EN: "turning it off saves CPU, or cures connections that fail behind NAT",
				ZH: "关闭它可以省 CPU，或者能解决 NAT 后面连接失败的问题",
			},
			does: always(Message{
				EN: "RFC 7323 timestamps on new connections: they protect against old segments (PAWS), measure the round trip, and are what tcp_tw_reuse needs",
				ZH: "在新连接上启用 RFC 7323 时间戳：用于抵御旧报文段（PAWS）、测量往返时间，也是 tcp_tw_reuse 的前提",
			}),
			judge:  judgeTimestamps,
			refs:   []string{"RFC 7323 section 5", "net/ipv4/tcp_ipv4.c, tcp_twsk_unique"},
			claims: []string{"tw-reuse-needs-timestamps", "old-duplicate-refused"},
		},
	}
}

func reuseDefault(k evidence.Kernel) string {
	if loopbackReuse().in(k) {
		return "2"
	}
	return "0"
}

func reuseDoes(k evidence.Kernel) Message {
	m := Message{
		EN: "lets connect() without bind() take over a port in TIME_WAIT whose connection had timestamps; it does nothing for accept(), bind() and listen()",
		ZH: "允许未 bind() 的 connect() 接管处于 TIME_WAIT、且原连接带时间戳的四元组；对 accept()、bind()、listen() 没有任何作用",
	}
	if loopbackReuse().in(k) {
		m.EN += "; 2 is for loopback only"
		m.ZH += "；2 表示仅限环回"
	}
	return m
}

func judgeReuse(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	v := c.numbers[0]
	if stamps := c.with(keyTimestamps); v != 0 && len(stamps) > 0 && stamps[0] == 0 {
		if v == 2 && loopbackReuse().in(c.kernel) {
			return is(Harmless, sayf("it is the default, and does nothing here: tcp_timestamps is 0", "这是默认值，而且在此不起作用：tcp_timestamps 为 0"))
		}
		return is(Useless, sayf("tcp_timestamps is 0, and without timestamps no TIME_WAIT can be taken over",
			"tcp_timestamps 为 0，没有时间戳的 TIME_WAIT 无法被接管")).
			do(sayf("set net.ipv4.tcp_timestamps = 1", "设置 net.ipv4.tcp_timestamps = 1"))
	}
	switch {
	case v == 0:
		return is(Harmless, sayf("no TIME_WAIT is ever taken over by connect() with an automatic port", "自动选择端口的 connect() 永远不会接管 TIME_WAIT"))
	case v == 2 && loopbackReuse().in(c.kernel):
		return is(Harmless, sayf("it is the default: only connections over loopback are taken over", "这是默认值：只接管环回连接")).
			note(sayf("loopback means a socket bound to lo, or an address in 127.0.0.0/8 or ::1 at either end; the host's other addresses do not count, although their packets never leave it",
				"环回指绑定到 lo 的套接字，或任一端地址属于 127.0.0.0/8 或 ::1；本机的其他地址不算，尽管这些报文并不离开本机"))
	}
	o := is(Helps, sayf("on the side that connects, a port in TIME_WAIT is free again after %s instead of 60 s", "在主动连接的一侧，处于 TIME_WAIT 的端口%s后即可再用，而不是 60 秒", c.delay())).
		note(sayf("it needs timestamps at both ends when the old connection was made, and does nothing on the side that accepts: there the client's next SYN replaces the TIME_WAIT anyway",
			"旧连接建立时两端都必须启用时间戳；对接受连接的一侧没有作用：那里客户端的下一个 SYN 本来就会取代 TIME_WAIT"))
	if v != 1 { // before 4.19 every number but 0 is on
		o = o.note(sayf("before Linux 4.19 every value but 0 means 1", "Linux 4.19 之前，除 0 以外的任何值都等同于 1"))
	}
	return o
}

// delay is how old a TIME_WAIT must be, in words.
func (c *question) delay() Message {
	ms := c.with(keyDelay)
	if !(release{6, 14}).in(c.kernel) || len(ms) == 0 || ms[0] == 1000 {
		return sayf("a second", " 1 秒")
	}
	return sayf("%d ms", " %d 毫秒", ms[0])
}

func judgeDelay(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	if mode := c.with(keyReuse); len(mode) > 0 && mode[0] == 0 {
		return is(Useless, sayf("tcp_tw_reuse is 0, so nothing is ever taken over", "tcp_tw_reuse 为 0，根本不会接管"))
	}
	switch v := c.numbers[0]; {
	case v < 1000:
		return is(Helps, sayf("ports can be used again after %d ms instead of 1000: %d times as many connections a second from the same ports",
			"端口 %d 毫秒后（而不是 1000 毫秒）即可再用：同样的端口每秒可建立约 %d 倍的连接", v, 1000/v)).
			note(sayf("old segments of the connection before can still be on their way: keep it well above the round trip and its retransmissions",
				"前一条连接的旧报文段可能仍在途中：取值应明显大于往返时间及重传时间"))
	case v > 1000:
		return is(Useless, sayf("it makes ports wait longer than the default of 1000 ms", "它让端口等待得比默认的 1000 毫秒更久"))
	}
	return isDefault()
}

func judgeTimestamps(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 0:
		return is(Harmful, sayf("without timestamps no TIME_WAIT can be taken over by connect(), a new SYN is accepted in TIME_WAIT by its sequence number alone, and fast connections lose the protection against wrapped sequence numbers",
			"没有时间戳，connect() 无法接管任何 TIME_WAIT，TIME_WAIT 中的新 SYN 只能靠序列号判断，高速连接也失去对序列号回绕的保护")).
			note(sayf("what it once cured was tcp_tw_recycle, which Linux 4.12 removed", "它当年所“解决”的其实是 tcp_tw_recycle 的问题，而后者已在 Linux 4.12 中移除")).
			do(sayf("set it to 1", "设为 1"))
	case c.numbers[0] == 1:
		return isDefault()
	}
	return is(Harmless, sayf("like 1, but without random offsets (ip-sysctl)", "与 1 相同，但不加随机偏移（ip-sysctl）"))
}
