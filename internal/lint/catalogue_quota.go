package lint

const (
	keyQuota = "net.ipv4.tcp_max_tw_buckets"
	keyEhash = "net.ipv4.tcp_ehash_entries"
)

// lowQuota is below the default of any host with 4 GiB of memory or more.
const lowQuota = 16384

// quotaEntries are the keys that bound how many sockets can be in TIME_WAIT.
func quotaEntries() []entry {
	return []entry{
		{
			key: keyQuota, netns: release{4, 11},
			believed: Message{
				EN: "fewer sockets in TIME_WAIT free ports and memory, so it should be low",
				ZH: "TIME_WAIT 套接字越少，占用的端口和内存越少，所以应当调低",
			},
			does: always(Message{
				EN: "beyond so many a closing socket skips TIME_WAIT; those there are stay as they are, and FIN_WAIT2 of closed sockets counts too",
				ZH: "超过该数目后，正在关闭的套接字会跳过 TIME_WAIT；已有的保持不变，已关闭套接字的 FIN_WAIT2 也计入其中",
			}),
			judge:  judgeQuota,
			refs:   []string{"net/ipv4/inet_timewait_sock.c, inet_twsk_alloc", "ip-sysctl: tcp_max_tw_buckets"},
			claims: []string{"quota-refuses-the-new", "no-quota-no-last-ack", "old-duplicate-without-time-wait", "memory-of-a-time-wait"},
		},
		{
			key: keyEhash, since: release{6, 1}, netns: release{6, 1}, kind: readOnly,
			believed: Message{EN: "a larger table makes room for more TIME_WAIT", ZH: "更大的哈希表能容纳更多 TIME_WAIT"},
			does: always(Message{
				EN: "only tells the size of the hash table of connections; it is set at boot (thash_entries=) or by tcp_child_ehash_entries",
				ZH: "只显示连接哈希表的大小；它在启动时（thash_entries=）或由 tcp_child_ehash_entries 决定",
			}),
			judge: func(*question) opinion {
				return is(Useless, sayf("the key is read-only: writing it fails", "该键只读：写入会失败"))
			},
			refs: []string{"ip-sysctl: tcp_ehash_entries", "Linux commit d1e5e6408b30"},
		},
		{
			key: "net.ipv4.tcp_child_ehash_entries", since: release{6, 1}, netns: release{6, 1},
			limit: within(release{}, limit{0, 16 << 20}), fresh: fixed("0"),
			believed: Message{EN: "it makes room for more TIME_WAIT", ZH: "能容纳更多 TIME_WAIT"},
			does: always(Message{
				EN: "gives network namespaces made from now on a hash table of their own of that size; their default of tcp_max_tw_buckets is half of it",
				ZH: "此后新建的网络命名空间各自拥有该大小的哈希表；其 tcp_max_tw_buckets 的默认值为它的一半",
			}),
			judge: judgeChildTable,
			refs:  []string{"ip-sysctl: tcp_child_ehash_entries", "Linux commit d1e5e6408b30"},
		},
	}
}

func judgeChildTable(c *question) opinion {
	switch {
	case c.numbers == nil:
		return unknown()
	case c.numbers[0] == 0:
		return isDefault()
	case c.numbers[0] < 2*lowQuota:
		return is(Harmful, sayf("containers made from now on can hold only %s sockets in TIME_WAIT by default", "此后创建的容器默认最多只能有 %s 个 TIME_WAIT 套接字", n(c.numbers[0]/2)))
	}
	return is(Harmless, sayf("it does not act on this namespace, only on those made from now on", "不影响当前命名空间，只影响此后新建的"))
}

func judgeQuota(c *question) opinion {
	if c.numbers == nil {
		return unknown()
	}
	v := c.numbers[0]
	skips := sayf("a connection that skips TIME_WAIT answers its peer's repeated FIN with a reset, and its old segments may hit a new connection; no port is freed sooner, and each socket saved is 256 to 512 bytes",
		"跳过 TIME_WAIT 的连接会以 RST 回应对端重传的 FIN，其旧报文段还可能落到新连接上；端口不会更早释放，而每个套接字只省下 256 到 512 字节")
	raise := sayf("leave it to the kernel, which takes half of its hash table: %s", "交给内核自己决定，即哈希表的一半：%s", c.quotaDefault())
	switch table, known := c.usualQuota(); {
	case v < 0:
		return is(Harmless, sayf("a negative value is no limit at all: nothing bounds the memory that TIME_WAIT takes", "负值表示没有限制：TIME_WAIT 占用的内存不再受约束"))
	case v == 0:
		return is(Harmful, sayf("nothing enters TIME_WAIT, and closed sockets in FIN_WAIT2 vanish too", "任何连接都不会进入 TIME_WAIT，已关闭套接字的 FIN_WAIT2 也会消失")).note(skips).do(raise)
	case c.live != nil && c.live.TimeWait > 0 && v <= c.live.TimeWait:
		return is(Harmful, sayf("%s sockets are in TIME_WAIT here now, so new ones are refused", "此刻有 %s 个套接字处于 TIME_WAIT，新的会被拒绝", n(c.live.TimeWait))).note(skips).do(raise)
	case v < lowQuota && (!known || v < table):
		return is(Harmful, sayf("it is reached at about %s closes a second, and then connections skip TIME_WAIT", "每秒约关闭 %s 个连接就会达到上限，此后连接会跳过 TIME_WAIT", n(max(1, v/61)))).note(skips).do(raise)
	case known && v < table:
		return is(Useless, sayf("it is below the kernel's own choice of %s: it wins nothing, and is reached sooner", "低于内核自己选定的 %s：没有好处，只会更早触及上限", n(table))).do(raise)
	case known && v == table:
		return isDefault()
	}
	return is(Harmless, sayf("enough for about %s closes a second; %s MiB of memory at most", "足够每秒约 %s 次关闭；最多占用 %s MiB 内存", n(v/61), n(v/2048+1))).
		note(sayf("raising it is right only where TCPTimeWaitOverflow grows", "只有当 TCPTimeWaitOverflow 在增长时，调高才有意义"))
}

// usualQuota is what the kernel chose on this host, if that can be told.
func (c *question) usualQuota() (int64, bool) {
	table := c.with(keyEhash)
	if c.live == nil || len(table) == 0 || table[0] == 0 {
		return 0, false
	}
	return max(table[0], -table[0]) / 2, true
}

func (c *question) quotaDefault() Message {
	if table, ok := c.usualQuota(); ok {
		return both(n(table))
	}
	return sayf("4,096 with 1 GiB of memory, 131,072 with 23 GiB", "1 GiB 内存时为 4,096，23 GiB 内存时为 131,072")
}
