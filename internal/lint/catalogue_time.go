package lint

import "github.com/linger-dev/linger/internal/evidence"

const keyFin = "net.ipv4.tcp_fin_timeout"

// timeEntries are the keys that are said to bound how long sockets linger.
func timeEntries() []entry {
	return []entry{
		{
			key: keyFin, netns: release{4, 6}, limit: within(release{}, seconds()), fresh: fixed("60"),
			believed: Message{EN: "it shortens TIME_WAIT", ZH: "能缩短 TIME_WAIT"},
			does: always(Message{
				EN: "bounds how many seconds a closed socket waits in FIN_WAIT2 for its peer's FIN; TIME_WAIT is always 60 s (TCP_TIMEWAIT_LEN, a constant)",
				ZH: "限制已关闭的套接字在 FIN_WAIT2 中等待对端 FIN 的秒数；TIME_WAIT 始终是 60 秒（编译期常量 TCP_TIMEWAIT_LEN）",
			}),
			judge:  judgeFin,
			refs:   []string{"net/ipv4/tcp_timer.c, tcp_keepalive_timer", "include/net/tcp.h, TCP_TIMEWAIT_LEN", "ip-sysctl: tcp_fin_timeout"},
			claims: []string{"fin-wait2-orphan-life", "time-wait-lasts-a-minute"},
		},
		{
			key: "net.ipv4.tcp_rfc1337", netns: release{4, 15}, limit: inByte(), fresh: fixed("0"),
			believed: Message{EN: "it gets rid of TIME_WAIT, or protects it against everything", ZH: "能消除 TIME_WAIT，或者能保护它免受一切干扰"},
			does: always(Message{
				EN: "1 ignores a reset with the exact sequence number in TIME_WAIT, as RFC 1337 advises; 0 lets it end TIME_WAIT. SYNs and data are treated alike",
				ZH: "1 表示按 RFC 1337 的建议，忽略 TIME_WAIT 中序列号完全吻合的 RST；0 表示该 RST 会结束 TIME_WAIT。对 SYN 和数据没有影响",
			}),
			judge:  judgeRFC1337,
			refs:   []string{"RFC 1337 section 3 fix F1", "net/ipv4/tcp_minisocks.c, tcp_timewait_state_process"},
			claims: []string{"reset-ends-time-wait"},
		},
		{
			key: "net.ipv4.tcp_orphan_retries", netns: release{4, 6}, limit: inByte(), fresh: fixed("0"),
			believed: Message{EN: "it clears TIME_WAIT and FIN_WAIT", ZH: "能清理 TIME_WAIT 和 FIN_WAIT"},
			does: always(Message{
				EN: "how often a closed socket in FIN_WAIT1, LAST_ACK or CLOSING repeats its FIN before it is given up; 0 means 8",
				ZH: "已关闭的套接字在 FIN_WAIT1、LAST_ACK 或 CLOSING 中放弃之前重传 FIN 的次数；0 表示 8 次",
			}),
			judge: unrelated(), refs: []string{"ip-sysctl: tcp_orphan_retries"},
		},
		{
			key: "net.ipv4.tcp_max_orphans", netns: hostWide(),
			believed: Message{EN: "it bounds TIME_WAIT", ZH: "能限制 TIME_WAIT 的数量"},
			does: always(Message{
				EN: "the most closed sockets that still send; beyond it they are reset. A socket in TIME_WAIT is not one of them",
				ZH: "仍在发送的已关闭套接字（孤儿）的上限；超出即被重置。TIME_WAIT 套接字不属于其中",
			}),
			judge: judgeOrphans, refs: []string{"ip-sysctl: tcp_max_orphans"},
		},
	}
}

func judgeFin(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	const length = 60
	not := sayf("TIME_WAIT is no shorter", "TIME_WAIT 并不会变短")
	switch v := c.numbers[0]; {
	case v > 1<<31/1000: // INT_MAX over HZ for HZ=1000
		return is(Useless, sayf("so many seconds are more than the kernel can count in its ticks: it refuses them (EINVAL) or waits for weeks", "秒数超出内核节拍计数的范围：要么被拒绝（EINVAL），要么等上几周"))
	case v == length:
		return isDefault()
	case v < length:
		o := is(Useless, sayf("TIME_WAIT is no shorter; only a peer that takes longer than %d s to close finds its FIN answered by a reset", "TIME_WAIT 不会变短；只是对端若超过 %d 秒才关闭，其 FIN 会得到 RST", max(v, 0)))
		if v <= 0 {
			o.reason = sayf("TIME_WAIT is no shorter; a closed socket leaves FIN_WAIT2 after 3.5 retransmission timeouts, and its peer's later FIN is answered by a reset", "TIME_WAIT 不会变短；已关闭的套接字在 3.5 个重传超时后离开 FIN_WAIT2，对端之后的 FIN 会得到 RST")
		}
		return o.do(sayf("leave it at 60, and look at who closes first: linger explain who-closes-first", "保持 60，并看看是哪一端先关闭：linger explain who-closes-first"))
	case v < length+length/2:
		return is(Harmful, sayf("it does the opposite of what is wanted: above 60 a closed socket lives %[1]d s as a full socket and %[1]d s as a mini-socket, %[2]d s in all, which is less than with 60",
			"效果与期望相反：大于 60 时，已关闭的套接字先以完整套接字存活 %[1]d 秒，再以 mini-socket 存活 %[1]d 秒，合计 %[2]d 秒，比设为 60 还短", v-length, 2*(v-length))).note(not).
			do(sayf("set it to 60", "设为 60"))
	default:
		return is(Harmless, sayf("a closed socket waits %d s in FIN_WAIT2", "已关闭的套接字在 FIN_WAIT2 中等待 %d 秒", 2*(v-length))).note(not)
	}
}

func judgeRFC1337(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 0:
		return isDefault()
	}
	return is(Harmless, sayf("it is the RFC's advice, and there is no TIME_WAIT less for it", "这正是 RFC 的建议，TIME_WAIT 并不会因此减少")).
		note(sayf("a client whose SYN is refused in TIME_WAIT answers with a reset, which then no longer clears the way: it can wait for the whole minute", "若客户端的 SYN 在 TIME_WAIT 中被拒绝，它会以 RST 回应，而此时 RST 不再能清除 TIME_WAIT：客户端可能要等满一分钟"))
}

func judgeOrphans(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] < 4096:
		return is(Harmful, sayf("closed sockets are reset with data still unsent as soon as there are %s; ip-sysctl says it must not be lowered", "已关闭的套接字达到 %s 个就会被重置，未发送的数据随之丢失；ip-sysctl 说明不得调低", n(c.numbers[0])))
	}
	return unrelated()(c)
}

// unrelated is the judgement of a key that does another job, well enough.
func unrelated() func(*question) opinion {
	return func(c *question) opinion {
		if c.numbers != nil && c.entry.fresh != nil && sameValue(c.Value, c.entry.fresh(c.kernel)) {
			return isDefault()
		}
		return is(Harmless, sayf("it has nothing to do with TIME_WAIT, and does its own job", "与 TIME_WAIT 无关，只做它自己的事"))
	}
}

// from is a default that changed in a release.
func from(r release, after, before string) func(evidence.Kernel) string {
	return func(k evidence.Kernel) string {
		if r.in(k) {
			return after
		}
		return before
	}
}
